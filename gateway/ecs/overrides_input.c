/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overrides (see the header). Empty lists and texts change nothing: tools send
 * them for "not set". An environment variable of the same name is replaced in its
 * place, a new one is appended.
 */
#include "gateway/ecs/overrides_input.h"

#include <string.h>

#include "gateway/ecs/kept_json.h"
#include "gateway/json_out.h"

struct nothing {
	char unused;
};
static const struct shape anything_shape = {NULL, 0, sizeof(struct nothing)};

static const struct shape_field container_fields[] = {
	TEXT(struct container_override, name, "name", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct container_override, command, "command", 0, 0, 0),
	LIST(struct container_override, environment, "environment", &name_value_shape, 0, 0, 0),
	INT_SEEN(struct container_override, cpu, has_cpu, "cpu", 0, 1 << 20),
	INT_SEEN(struct container_override, memory, has_memory, "memory", 0, 1 << 30),
	INT_SEEN(struct container_override, memory_reservation, has_memory_reservation,
		 "memoryReservation", 0, 1 << 30),
	LIST(struct container_override, resources, "resourceRequirements", &anything_shape, 0, 0,
	     0),
	LIST(struct container_override, env_files, "environmentFiles", &env_file_shape, 0, 0, 0),
};
static const struct shape container_override_shape =
	SHAPE_OF(struct container_override, container_fields);

static const struct shape_field storage_fields[] = {
	INT(struct storage_input, size_gib, "sizeInGiB", 0, 0, SHAPE_REQUIRED),
};
static const struct shape storage_shape = SHAPE_OF(struct storage_input, storage_fields);

static const struct shape_field fields[] = {
	LIST(struct overrides_input, containers, "containerOverrides", &container_override_shape, 0,
	     0, 0),
	TEXT(struct overrides_input, cpu, "cpu", 0, 0, 0),
	TEXT(struct overrides_input, memory, "memory", 0, 0, 0),
	TEXT(struct overrides_input, task_role, "taskRoleArn", 0, 0, 0),
	TEXT(struct overrides_input, execution_role, "executionRoleArn", 0, 0, 0),
	OBJECT_SEEN(struct overrides_input, storage, has_storage, "ephemeralStorage",
		    &storage_shape),
	REFUSED("inferenceAcceleratorOverrides"),
};
const struct shape overrides_shape = SHAPE_OF(struct overrides_input, fields);

/* The object of @list whose "name" is @name; NULL if there is none. */
static json_t *find_named(const json_t *list, const char *name)
{
	json_t *item;
	size_t index;

	json_array_foreach (list, index, item) {
		const char *text = json_string_value(json_object_get(item, "name"));

		if (text && strcmp(text, name) == 0)
			return item;
	}
	return NULL;
}

static void apply_environment(const struct container_override *change, json_t *container)
{
	const struct name_value *variables = change->environment.items;
	json_t *list = json_object_get(container, "environment");

	for (size_t i = 0; i < change->environment.count; i++) {
		const char *value = variables[i].value ? variables[i].value : "";
		json_t *present = find_named(list, variables[i].name);

		if (present)
			out_put(present, "value", out_string(value));
		else
			out_push(list, out_pair(variables[i].name, value));
	}
}

static int check_environment(struct call *call, const struct container_override *change)
{
	const struct name_value *variables = change->environment.items;

	for (size_t i = 0; i < change->environment.count; i++) {
		if (!variables[i].name || variables[i].name[0] == '\0')
			return call_fail(call, "InvalidParameterException",
					 "Environment variable name should not be null or empty. "
					 "Container: '%.255s', environment[%zu].name",
					 change->name, i);
	}
	return 0;
}

/* They take the place of the definition's. */
static void apply_env_files(const struct container_override *change, json_t *container)
{
	const struct env_file_input *files = change->env_files.items;
	json_t *list;

	if (change->env_files.count == 0)
		return;
	list = out_list();
	for (size_t i = 0; i < change->env_files.count; i++) {
		json_t *file = out_object();

		out_text(file, "value", files[i].value);
		out_text(file, "type", "s3");
		out_push(list, file);
	}
	out_put(container, "environmentFiles", list);
}

static int apply_container(struct call *call, const struct container_override *change, json_t *list)
{
	const char *const *words = change->command.items;
	json_t *container = find_named(list, change->name);
	json_t *command;

	if (!container)
		return call_fail(call, "InvalidParameterException",
				 "Override for container named %.255s is not a container in the "
				 "TaskDefinition.",
				 change->name);
	if (change->resources.count > 0)
		return call_fail(call, "InvalidParameterException",
				 "Tasks using the Fargate launch type do not support GPU resource "
				 "requirements");
	if (check_environment(call, change) < 0)
		return -1;
	if (change->command.count > 0) {
		command = out_list();
		for (size_t i = 0; i < change->command.count; i++)
			out_push(command, out_string(words[i]));
		out_put(container, "command", command);
	}
	apply_environment(change, container);
	apply_env_files(change, container);
	if (change->has_cpu)
		out_int(container, "cpu", change->cpu);
	if (change->has_memory)
		out_int(container, "memory", change->memory);
	if (change->has_memory_reservation)
		out_int(container, "memoryReservation", change->memory_reservation);
	return 0;
}

int overrides_apply(struct call *call, const struct overrides_input *input, json_t *body)
{
	const struct container_override *changes = input->containers.items;
	json_t *containers = json_object_get(body, "containerDefinitions");
	json_t *storage;

	for (size_t i = 0; i < input->containers.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(changes[i].name, changes[j].name) == 0)
				return call_fail(call, "InvalidParameterException",
						 "overrides.containerOverrides[%zu].name is named "
						 "twice.",
						 i);
		}
		if (apply_container(call, &changes[i], containers) < 0)
			return -1;
	}
	out_text(body, "cpu", input->cpu);
	out_text(body, "memory", input->memory);
	out_text(body, "taskRoleArn", input->task_role);
	out_text(body, "executionRoleArn", input->execution_role);
	if (input->has_storage) {
		storage = out_object();
		out_int(storage, "sizeInGiB", input->storage.size_gib);
		out_put(body, "ephemeralStorage", storage);
	}
	return 0;
}

json_t *overrides_json(const json_t *given, const json_t *body)
{
	json_t *answer = json_is_object(given) ? kept_json(&overrides_shape, given) : out_object();
	AUTO(json_decrefp)
	json_t *changes = json_incref(json_object_get(answer, "containerOverrides"));
	json_t *list = out_list();
	const json_t *container;
	size_t index;

	json_array_foreach (json_object_get(body, "containerDefinitions"), index, container) {
		const char *name = json_string_value(json_object_get(container, "name"));
		json_t *change = find_named(changes, name);

		if (change) {
			json_incref(change);
		} else {
			change = out_object();
			out_text(change, "name", name);
		}
		out_push(list, change);
	}
	out_put(answer, "containerOverrides", list);
	out_put(answer, "inferenceAcceleratorOverrides", out_list());
	return answer;
}
