/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host knows names, ARNs, labels and addresses; states, times and exit codes change
 * while the task runs, and are asked for here. Members that have no value yet are left
 * out, as the real endpoint does.
 */
#include "microvm/agent/metadata_json.h"

#include "core/clock.h"

#define MIB (INT64_C(1024) * 1024)

/* As the endpoint's clients know them, in the order of a container's life. */
static const char *const known_states[CONTAINER_STATE_COUNT] = {
	[CONTAINER_WAITING] = "PULLED",	 [CONTAINER_STARTING] = "CREATED",
	[CONTAINER_RUNNING] = "RUNNING", [CONTAINER_ENDING] = "STOPPED",
	[CONTAINER_ENDED] = "STOPPED",
};

static json_t *part_of_container(const struct wire_task *task, unsigned index)
{
	return json_array_get(json_object_get(task->metadata, "Containers"), index);
}

const char *metadata_json_text(const struct wire_task *task, unsigned index, const char *member)
{
	const char *text =
		json_string_value(json_object_get(part_of_container(task, index), member));

	return text ? text : "";
}

static json_t *copy_of(json_t *part)
{
	return json_is_object(part) ? json_copy(part) : json_object();
}

static void put_text(json_t *object, const char *name, const char *text)
{
	(void)json_object_set_new(object, name, json_string(text)); /* else it is left out */
}

static void put_time(json_t *object, const char *name, int64_t wall_ms)
{
	char text[CLOCK_ISO_SIZE];

	if (wall_ms != 0)
		put_text(object, name, clock_iso(wall_ms, text));
}

static bool has_ended(const struct container_view *view)
{
	return view->state == CONTAINER_ENDING || view->state == CONTAINER_ENDED;
}

json_t *metadata_json_container(const struct wire_task *task, const struct metadata_facts *facts,
				unsigned index)
{
	const struct container_view *view = &facts->containers[index];
	json_t *object = copy_of(part_of_container(task, index));
	bool ended = has_ended(view);

	put_text(object, "DesiredStatus", view->stopping || ended ? "STOPPED" : "RUNNING");
	put_text(object, "KnownStatus", known_states[view->state]);
	put_time(object, "CreatedAt", view->created_ms);
	put_time(object, "StartedAt", view->started_ms);
	put_time(object, "FinishedAt", view->finished_ms);
	if (ended && view->started_ms != 0)
		(void)json_object_set_new(object, "ExitCode", json_integer(view->exit_code));
	if (view->restarts > 0)
		(void)json_object_set_new(object, "RestartCount", json_integer(view->restarts));
	if (view->has_check)
		(void)json_object_set_new(
			object, "Health",
			json_pack("{s:s}", "status", wire_health_names[view->health]));
	return object;
}

/* As far as the container that has come least far; those that have ended hold nobody up. */
static const char *known_state_of_task(const struct wire_task *task,
				       const struct metadata_facts *facts)
{
	enum container_state least = CONTAINER_ENDED;

	for (size_t i = 0; i < task->containers.count; i++) {
		if (facts->containers[i].state < least)
			least = facts->containers[i].state;
	}
	return known_states[least];
}

json_t *metadata_json_task(const struct wire_task *task, const struct metadata_facts *facts)
{
	json_t *object = copy_of(json_object_get(task->metadata, "Task"));
	json_t *containers = json_array();
	json_t *storage = copy_of(json_object_get(object, "EphemeralStorageMetrics"));

	put_text(object, "DesiredStatus", facts->stopping ? "STOPPED" : "RUNNING");
	put_text(object, "KnownStatus", known_state_of_task(task, facts));
	(void)json_object_set_new(storage, "Utilized",
				  json_integer(facts->storage_used_bytes / MIB));
	(void)json_object_set_new(object, "EphemeralStorageMetrics", storage);
	for (unsigned i = 0; i < task->containers.count; i++)
		(void)json_array_append_new(containers, metadata_json_container(task, facts, i));
	(void)json_object_set_new(object, "Containers", containers);
	return object;
}

json_t *metadata_json_credentials(const struct wire_task *task)
{
	const struct wire_credentials *keys = &task->credentials;
	json_t *object = json_object();

	put_text(object, "RoleArn", keys->role_arn);
	put_text(object, "AccessKeyId", keys->access_key);
	put_text(object, "SecretAccessKey", keys->secret);
	put_text(object, "Token", keys->token);
	put_time(object, "Expiration", keys->expires_s * 1000);
	return object;
}
