/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a container's program is put together (as Docker does it):
 *
 *     definition's entryPoint   its command   arguments
 *     -                         -             image's Entrypoint + Cmd
 *     -                         given         image's Entrypoint + command
 *     given                     -             entryPoint alone: the image's Cmd is dropped
 *     given                     given         entryPoint + command
 *
 * An empty list counts as none: several tools send one for "nothing". Variables are
 * merged by name, later ones win: ours, the event's, the image's, its environmentFiles', the
 * definition's with its overrides, its secrets, and where the metadata endpoint is, which nobody
 * else can know.
 */
#include "provisioner/task_order.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/ident.h"
#include "provisioner/event_order.h"
#include "provisioner/log_order.h"
#include "provisioner/log_router.h"
#include "provisioner/share.h"
#include "provisioner/storage.h"
#include "provisioner/supervision.h"
#include "provisioner/task_mounts.h"
#include "store/capability.h"
#include "store/kernel_setting.h"
#include "store/port_range.h"

#define CPU_UNITS_MIN  256
#define CPU_UNITS_MAX  16384
#define MEMORY_MIB_MIN 512
#define MEMORY_MIB_MAX 122880
#define NAME_MAX_LEN   255
#define PORTS_MAX      NETWORK_PORTS_MAX
#define TEXTS_MAX      4096 /* arguments or variables of one container */
#define LIST_WORDS_MAX 64   /* name servers, blocked networks */
#define MTU	       1500
#define ENTROPY_BYTES  64
#define HOSTNAME_SIZE  65
#define TOKEN_BYTES    16
#define METADATA_URI   "http://169.254.170.2"
#define DEFAULT_PATH   "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct spec_container *container_at(const struct task_spec *spec, size_t index)
{
	return &((const struct spec_container *)spec->containers.items)[index];
}

static bool is_essential(const struct spec_container *container)
{
	return !container->essential_seen || container->essential;
}

/* Whether it may ask for what goes beyond Fargate is asked once, before it begins. */
static bool was_begun(const struct task *task)
{
	return task->state > TASK_PENDING;
}

static int check_size(const struct task *task, const struct extensions *extensions, struct err *err)
{
	static const struct extensions all = {
		.custom_sizes = true,
		.custom_cpu_limit = CUSTOM_CPU_LIMIT,
		.custom_memory_limit_bytes = INT64_MAX,
	};

	if (extensions_permit_size(was_begun(task) ? &all : extensions, task->cpu_units,
				   task->memory_mib))
		return 0;
	if (task->cpu_units < CPU_UNITS_MIN || task->cpu_units > CPU_UNITS_MAX)
		return err_set(err, ERR_INVALID, "cpu of the task is %lld units",
			       (long long)task->cpu_units);
	if (task->memory_mib < MEMORY_MIB_MIN || task->memory_mib > MEMORY_MIB_MAX)
		return err_set(err, ERR_INVALID, "memory of the task is %lld MiB",
			       (long long)task->memory_mib);
	return 0;
}

static int check_task(const struct task *task, const struct extensions *extensions, struct err *err)
{
	if (check_size(task, extensions, err) < 0)
		return -1;
	if (task->storage_gib < STORAGE_GIB_MIN || task->storage_gib > STORAGE_GIB_MAX)
		return err_set(err, ERR_INVALID, "ephemeral storage of the task is %lld GiB",
			       (long long)task->storage_gib);
	return 0;
}

static int check_ports(const struct spec_container *container, size_t *count, struct err *err)
{
	const struct spec_port *ports = container->ports.items;

	*count += container->ports.count;
	if (*count > PORTS_MAX)
		return err_set(err, ERR_INVALID, "a task can publish %d ports at most", PORTS_MAX);
	for (size_t i = 0; i < container->ports.count; i++) {
		uint16_t first, last;

		if (ports[i].range
			    ? port_range_read(ports[i].range, &first, &last) < 0
			    : ports[i].container_port < 1 || ports[i].container_port > UINT16_MAX)
			return err_set(err, ERR_INVALID, "port %lld of container %s",
				       (long long)ports[i].container_port, container->name);
	}
	return 0;
}

static int check_kernel(const struct spec_container *container, struct err *err)
{
	const struct spec_control *controls = container->controls.items;
	int64_t added = capability_set(&container->linux_parameters.capabilities.add);

	if (added & ~capability_bits("SYS_PTRACE"))
		return err_set(err, ERR_INVALID, "container %s asks for more than a capability",
			       container->name);
	for (size_t i = 0; i < container->controls.count; i++) {
		if (!kernel_setting_is_namespaced(controls[i].name) ||
		    !kernel_setting_value_ok(controls[i].value))
			return err_set(err, ERR_INVALID, "system control %s of container %s",
				       controls[i].name, container->name);
	}
	return 0;
}

static int check_container(const struct task *task, const struct task_spec *spec, size_t index,
			   struct err *err)
{
	const struct spec_container *container = container_at(spec, index);

	if (!container->name || !ident_is_name(container->name, NAME_MAX_LEN))
		return err_set(err, ERR_INVALID, "name of container %zu", index);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(container_at(spec, i)->name, container->name) == 0)
			return err_set(err, ERR_INVALID, "two containers are named %s",
				       container->name);
	}
	if (!container->image || !*container->image)
		return err_set(err, ERR_INVALID, "container %s has no image", container->name);
	if (container->memory > task->memory_mib ||
	    container->memory_reservation > task->memory_mib)
		return err_set(err, ERR_INVALID, "container %s asks for more memory than its task",
			       container->name);
	if (container->cpu > task->cpu_units)
		return err_set(err, ERR_INVALID, "container %s asks for more cpu than its task",
			       container->name);
	if (container->log.present && container->log.driver &&
	    strcmp(container->log.driver, "awslogs") != 0 && !log_router_has_sender(container))
		return err_set(err, ERR_INVALID, "log driver %s is not supported",
			       container->log.driver);
	if (check_kernel(container, err) < 0)
		return -1;
	return task_mounts_check(spec, index, err);
}

int task_order_check(const struct task *task, const struct task_spec *spec,
		     const struct extensions *extensions, struct err *err)
{
	size_t count = spec->containers.count;
	size_t ports = 0;
	bool essential = false;

	if (check_task(task, extensions, err) < 0)
		return -1;
	if (spec->pid_mode && *spec->pid_mode && strcmp(spec->pid_mode, "task") != 0)
		return err_set(err, ERR_INVALID, "pidMode %s is not supported", spec->pid_mode);
	if (count < 1 || count > TASK_CONTAINERS_MAX || count != task->container_count)
		return err_set(err, ERR_INVALID, "a task of %zu containers", count);
	for (size_t i = 0; i < count; i++) {
		if (container_at(spec, i)->privileged && !extensions->privileged_containers &&
		    !was_begun(task))
			return err_set(err, ERR_INVALID,
				       "container %s is privileged, which the configuration does "
				       "not permit",
				       container_at(spec, i)->name);
		if (check_container(task, spec, i, err) < 0 ||
		    check_ports(container_at(spec, i), &ports, err) < 0 ||
		    supervision_check(spec, i, err) < 0)
			return -1;
		essential = essential || is_essential(container_at(spec, i));
	}
	if (!essential)
		return err_set(err, ERR_INVALID, "no container is essential");
	if (shares_check(spec, err) < 0)
		return -1;
	return log_order_check(task, spec, err);
}

/* A list of texts that grows in an arena up to its maximum. */
struct texts {
	const char **items;
	size_t count, max;
};

static int texts_init(struct texts *texts, size_t max, struct arena *arena, struct err *err)
{
	texts->items = arena_alloc(arena, (max ? max : 1) * sizeof(*texts->items));
	texts->count = 0;
	texts->max = max;
	return texts->items ? 0 : err_set(err, ERR_LIMIT, "the task's description is too large");
}

static void texts_take_all(struct texts *texts, const struct shape_list *list)
{
	const char *const *items = list->items;

	for (size_t i = 0; i < list->count && texts->count < texts->max; i++)
		texts->items[texts->count++] = items[i];
}

static struct shape_list texts_list(const struct texts *texts)
{
	return (struct shape_list){.items = texts->items, .count = texts->count, .present = true};
}

static int fill_arguments(const struct spec_container *container,
			  const struct image_settings *image, struct arena *arena,
			  struct shape_list *ret_args, struct err *err)
{
	const struct shape_list *entry =
		container->entry_point.count ? &container->entry_point : &image->entrypoint;
	const struct shape_list none = {.count = 0};
	const struct shape_list *command = &none;
	struct texts texts;

	if (container->command.count)
		command = &container->command;
	else if (!container->entry_point.count)
		command = &image->command;
	if (entry->count + command->count == 0)
		return err_set(err, ERR_INVALID,
			       "CannotCreateContainerError: no command is given by the task "
			       "definition or the image of container %s",
			       container->name);
	if (entry->count + command->count > TEXTS_MAX)
		return err_set(
			err, ERR_LIMIT,
			"CannotCreateContainerError: container %s has more than %d arguments",
			container->name, TEXTS_MAX);
	if (texts_init(&texts, entry->count + command->count, arena, err) < 0)
		return -1;
	texts_take_all(&texts, entry);
	texts_take_all(&texts, command);
	*ret_args = texts_list(&texts);
	return 0;
}

/* Add "K=V", or put it in the place of an earlier one with this K. */
static int put_variable(struct texts *texts, const char *text, struct err *err)
{
	const char *equals = text ? strchr(text, '=') : NULL;
	size_t name_len;

	if (!text)
		return err_set(err, ERR_LIMIT, "the task's variables are too large");
	if (!equals || equals == text) /* an image may hold anything: no variable, no harm */
		return 0;
	name_len = (size_t)(equals - text) + 1;
	for (size_t i = 0; i < texts->count; i++) {
		if (strncmp(texts->items[i], text, name_len) == 0) {
			texts->items[i] = text;
			return 0;
		}
	}
	if (texts->count == texts->max)
		return err_set(err, ERR_LIMIT, "a container has more than %zu variables",
			       texts->max);
	texts->items[texts->count++] = text;
	return 0;
}

/* NAME=VALUE of each; @count variables. */
static int put_variables(struct texts *texts, const struct spec_variable *variables, size_t count,
			 struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = variables[i].value ? variables[i].value : "";

		if (!variables[i].name)
			continue;
		if (put_variable(texts, arena_printf(arena, "%s=%s", variables[i].name, value),
				 err) < 0)
			return -1;
	}
	return 0;
}

static int put_event(struct texts *texts, const struct task_payload *event, const char *path,
		     struct arena *arena, struct err *err)
{
	const char *variables[EVENT_ORDER_VARIABLES_MAX];
	size_t count = 0;

	if (event && event_order_variables(event, path, arena, variables, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (put_variable(texts, variables[i], err) < 0)
			return -1;
	}
	return 0;
}

static int put_files(struct texts *texts, const struct container_secrets *secrets,
		     struct arena *arena, struct err *err)
{
	for (size_t i = 0; secrets && i < secrets->file_count; i++) {
		if (put_variables(texts, secrets->files[i].variables, secrets->files[i].count,
				  arena, err) < 0)
			return -1;
	}
	return 0;
}

static int fill_variables(const struct task_order_input *input, size_t index,
			  const struct image_settings *image, const struct wire_task *order,
			  const struct wire_container *to, struct arena *arena,
			  struct shape_list *ret_env, struct err *err)
{
	const struct spec_container *container = container_at(input->spec, index);
	const struct container_secrets *secrets = task_secrets_of(input->secrets, index);
	const char *const *image_variables = image->environment.items;
	const char *ours[] = {
		DEFAULT_PATH,
		"TERM=xterm",
		arena_printf(arena, "HOSTNAME=%s", order->hostname),
		"AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
		arena_printf(arena, "AWS_REGION=%s", input->region),
		arena_printf(arena, "AWS_DEFAULT_REGION=%s", input->region),
	};
	const char *endpoint[] = {
		arena_printf(arena, "ECS_CONTAINER_METADATA_URI_V4=" METADATA_URI "/v4/%s",
			     to->token),
		arena_printf(arena, "ECS_CONTAINER_METADATA_URI=" METADATA_URI "/v3/%s", to->token),
		arena_printf(arena, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/%s",
			     order->credentials_id),
	};
	const char *router[] = {"FLUENT_HOST=127.0.0.1", "FLUENT_PORT=24224"};
	size_t endpoint_count = ARRAY_LEN(endpoint) - (input->credentials ? 0 : 1);
	size_t most = ARRAY_LEN(ours) + ARRAY_LEN(endpoint) + ARRAY_LEN(router) +
		      EVENT_ORDER_VARIABLES_MAX + image->environment.count +
		      container->environment.count + (secrets ? secrets->count : 0);
	struct texts texts;

	for (size_t i = 0; secrets && i < secrets->file_count; i++)
		most += secrets->files[i].count;
	if (texts_init(&texts, most < TEXTS_MAX ? most : TEXTS_MAX, arena, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (!container->terminal && strncmp(ours[i], "TERM=", 5) == 0)
			continue;
		if (put_variable(&texts, ours[i], err) < 0)
			return -1;
	}
	if (put_event(&texts, input->event, to->event_path, arena, err) < 0)
		return -1;
	for (size_t i = 0; i < image->environment.count; i++) {
		if (put_variable(&texts, image_variables[i], err) < 0)
			return -1;
	}
	if (put_files(&texts, secrets, arena, err) < 0 ||
	    put_variables(&texts, container->environment.items, container->environment.count, arena,
			  err) < 0 ||
	    (secrets && put_variables(&texts, secrets->variables, secrets->count, arena, err) < 0))
		return -1;
	for (size_t i = 0; i < endpoint_count; i++) {
		if (put_variable(&texts, endpoint[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(router) && log_router_has_sender(container); i++) {
		if (put_variable(&texts, router[i], err) < 0)
			return -1;
	}
	*ret_env = texts_list(&texts);
	return 0;
}

static int fill_ulimits(const struct spec_container *container, struct arena *arena,
			struct shape_list *ret_list, struct err *err)
{
	const struct spec_ulimit *from = container->ulimits.items;
	size_t count = container->ulimits.count;
	struct wire_ulimit *to = arena_alloc(arena, (count ? count : 1) * sizeof(*to));

	if (!to)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	for (size_t i = 0; i < count; i++)
		to[i] = (struct wire_ulimit){
			.name = from[i].name, .soft = from[i].soft, .hard = from[i].hard};
	*ret_list = (struct shape_list){.items = to, .count = count, .present = true};
	return 0;
}

static int fill_controls(const struct spec_container *container, struct arena *arena,
			 struct shape_list *ret_list, struct err *err)
{
	const struct spec_control *from = container->controls.items;
	size_t count = container->controls.count;
	struct wire_control *to = arena_alloc(arena, (count ? count : 1) * sizeof(*to));

	if (!to)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	for (size_t i = 0; i < count; i++)
		to[i] = (struct wire_control){.name = from[i].name, .value = from[i].value};
	*ret_list = (struct shape_list){.items = to, .count = count, .present = true};
	return 0;
}

/* The first of two texts that is given; else "". */
static const char *either(const char *first, const char *second)
{
	if (first && *first)
		return first;
	return second ? second : "";
}

/* At most ENTROPY_BYTES, as hex digits. */
static char *make_secret(size_t size, struct arena *arena)
{
	uint8_t bytes[ENTROPY_BYTES];
	char *text = arena_alloc(arena, 2 * size + 1);

	ident_random(bytes, size);
	if (text)
		hex_encode(bytes, size, text);
	return text;
}

static int fill_container(const struct task_order_input *input, size_t index,
			  const struct wire_task *order, struct arena *arena,
			  struct wire_container *to, struct err *err)
{
	const struct spec_container *from = container_at(input->spec, index);
	const struct image_settings *image = input->images[index];
	const char *signal = either(image->stop_signal, "SIGTERM");

	to->name = from->name;
	to->disk = arena_printf(arena, WIRE_IMAGE_SERIAL, (unsigned)input->disks[index]);
	to->directory = either(from->directory, image->working_dir);
	to->user = either(from->user, image->user);
	to->stop_signal = signal;
	to->stop_timeout_s = from->stop_timeout_s ? from->stop_timeout_s : SUPERVISION_GRACE_S;
	to->essential = is_essential(from);
	to->readonly_root = from->readonly_root;
	to->interactive = from->interactive;
	to->terminal = from->terminal;
	to->privileged = from->privileged;
	to->init = from->linux_parameters.init_process;
	to->capabilities_dropped = capability_set(&from->linux_parameters.capabilities.drop);
	to->capabilities_added = capability_set(&from->linux_parameters.capabilities.add);
	to->cpu_units = from->cpu;
	to->memory_mib = from->memory;
	to->memory_reservation_mib = from->memory_reservation;
	to->token = make_secret(TOKEN_BYTES, arena);
	if (!to->disk || !to->token)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	if (log_order_fill(input, index, arena, to, err) < 0 ||
	    supervision_fill(input->spec, index, arena, to, err) < 0)
		return -1;
	if (task_mounts_fill(input->spec, index, image, arena, &to->mounts, err) < 0)
		return -1;
	to->event_path = input->event ? event_order_path(&to->mounts) : "";
	if (fill_arguments(from, image, arena, &to->args, err) < 0 ||
	    fill_variables(input, index, image, order, to, arena, &to->env, err) < 0 ||
	    fill_controls(from, arena, &to->controls, err) < 0)
		return -1;
	return fill_ulimits(from, arena, &to->ulimits, err);
}

/* "a, b" as texts. */
static int split(const char *text, struct arena *arena, struct shape_list *ret_list,
		 struct err *err)
{
	struct texts texts;

	if (texts_init(&texts, LIST_WORDS_MAX, arena, err) < 0)
		return -1;
	while (*text && texts.count < texts.max) {
		size_t len = strcspn(text, ", ");

		if (len > 0) {
			const char *word = arena_strndup(arena, text, len);

			if (!word)
				return err_set(err, ERR_LIMIT,
					       "the task's description is too large");
			texts.items[texts.count++] = word;
		}
		text += len;
		text += strspn(text, ", ");
	}
	*ret_list = texts_list(&texts);
	return 0;
}

/* The volumes that the machine was given. */
static int fill_shares(const struct task_spec *spec, struct arena *arena,
		       struct shape_list *ret_list, struct err *err)
{
	const struct spec_volume *volumes = spec->volumes.items;
	int64_t *items = arena_alloc(arena, (spec->volumes.count + 1) * sizeof(*items));
	size_t count = 0;

	if (!items)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	for (size_t i = 0; i < spec->volumes.count; i++) {
		if (volumes[i].is_shared)
			items[count++] = (int64_t)i;
	}
	*ret_list = (struct shape_list){.items = items, .count = count, .present = true};
	return 0;
}

static int fill_network(const struct task_order_input *input, struct arena *arena,
			struct wire_network *to, struct err *err)
{
	char address[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &input->lease->address, address, sizeof(address));
	inet_ntop(AF_INET, &input->lease->gateway, gateway, sizeof(gateway));
	to->mac = input->lease->mac;
	to->address = arena_printf(arena, "%s/%u", address, input->lease->prefix_len);
	to->gateway = arena_strdup(arena, gateway);
	to->mtu = MTU;
	if (!to->address || !to->gateway)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	if (split(input->dns, arena, &to->dns, err) < 0)
		return -1;
	return split(input->blocked, arena, &to->blocked, err);
}

/* As on Fargate: ip-10-0-0-5.REGION.compute.internal, or without the domain if that is too long. */
static const char *make_hostname(const struct task_order_input *input, struct arena *arena)
{
	const uint8_t *parts = (const uint8_t *)&input->lease->address;
	char *name = arena_printf(arena, "ip-%u-%u-%u-%u.%s.compute.internal", parts[0], parts[1],
				  parts[2], parts[3], input->region);

	if (name && strlen(name) >= HOSTNAME_SIZE)
		name[strcspn(name, ".")] = '\0';
	return name;
}

int task_order_fill(const struct task_order_input *input, struct arena *arena,
		    struct wire_task *ret_order, struct err *err)
{
	size_t count = input->spec->containers.count;
	struct wire_container *containers = arena_alloc(arena, count * sizeof(*containers));
	struct wire_task order = {
		.task = input->task->id,
		.wall_time_us = clock_wall_us(),
		.entropy = make_secret(ENTROPY_BYTES, arena),
		.hostname = make_hostname(input, arena),
		.memory_mib = input->task->memory_mib,
		.cpu_units = input->guest_limits_cpu ? input->task->cpu_units : 0,
		.scratch = WIRE_SCRATCH_SERIAL,
		.volumes = (int64_t)(input->spec->volumes.count + log_router_volumes(input->spec)),
		.one_process_space = input->spec->pid_mode && *input->spec->pid_mode,
		.containers = {.items = containers, .count = count, .present = true},
		.credentials_id = input->credentials ? make_secret(TOKEN_BYTES, arena) : "",
		.event_bytes = input->event ? (int64_t)input->event->body_len : 0,
	};

	if (input->credentials)
		order.credentials = *input->credentials;
	if (!containers || !order.entropy || !order.hostname || !order.credentials_id)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	if (fill_network(input, arena, &order.network, err) < 0 ||
	    fill_shares(input->spec, arena, &order.shares, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (fill_container(input, i, &order, arena, &containers[i], err) < 0)
			return -1;
	}
	*ret_order = order;
	return 0;
}
