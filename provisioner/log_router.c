/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The router gets its configuration as a file, and a volume that lies over the folder of its
 * socket, where the agent connects. Senders are told of the port, too, for those that speak
 * the protocol themselves.
 *
 * Options come from the store as the gateway checked them, and are checked again.
 */
#include "provisioner/log_router.h"

#include <string.h>

#include "provisioner/router_config.h"
#include "provisioner/runtime_id.h"
#include "store/log_router.h"

static const struct spec_container *container_at(const struct task_spec *spec, size_t index)
{
	return &((const struct spec_container *)spec->containers.items)[index];
}

bool log_router_has_sender(const struct spec_container *container)
{
	return container->log.present && container->log.driver &&
	       strcmp(container->log.driver, LOG_ROUTER_DRIVER) == 0;
}

static size_t count_routers(const struct task_spec *spec)
{
	size_t count = 0;

	for (size_t i = 0; i < spec->containers.count; i++)
		count += container_at(spec, i)->firelens.present;
	return count;
}

size_t log_router_volumes(const struct task_spec *spec)
{
	return count_routers(spec);
}

static int check_lines(const struct shape_list *options, const char *name, struct err *err)
{
	const struct shape_pair *pairs = options->items;

	for (size_t i = 0; i < options->count; i++) {
		if (!log_router_is_line(pairs[i].key) || !log_router_is_line(pairs[i].value))
			return err_set(err, ERR_INVALID, "log options of container %s", name);
	}
	return 0;
}

/* Whether a mount that the container has, by volumesFrom too, is where the configuration is
 * written: what is mounted there may be kept, and of others. @seen: a bit a container. */
static bool covers_config(const struct task_spec *spec, size_t index, enum spec_firelens_type type,
			  unsigned *seen)
{
	const struct spec_container *container = container_at(spec, index);
	const struct spec_mount *mounts = container->mounts.items;
	const struct spec_take *taken = container->taken.items;

	if (*seen & (1u << index))
		return false;
	*seen |= 1u << index;
	for (size_t i = 0; i < container->mounts.count; i++) {
		if (log_router_takes_config(type, mounts[i].path))
			return true;
	}
	for (size_t i = 0; i < container->taken.count; i++) {
		for (size_t j = 0; j < spec->containers.count; j++) {
			if (strcmp(container_at(spec, j)->name, taken[i].container) == 0 &&
			    covers_config(spec, j, type, seen))
				return true;
		}
	}
	return false;
}

static int check_config(const struct task_spec *spec, size_t index, struct err *err)
{
	const struct spec_container *router = container_at(spec, index);
	unsigned seen = 0;

	if (router->firelens.present && covers_config(spec, index, router->firelens.type, &seen))
		return err_set(err, ERR_INVALID, "a volume of log router %s is mounted over %s",
			       router->name, log_router_config(router->firelens.type));
	return 0;
}

int log_router_check(const struct task_spec *spec, struct err *err)
{
	size_t routers = count_routers(spec);

	for (size_t i = 0; i < spec->containers.count; i++) {
		const struct spec_container *container = container_at(spec, i);

		if (log_router_has_sender(container) &&
		    (routers != 1 || container->firelens.present))
			return err_set(err, ERR_INVALID, "container %s has no log router",
				       container->name);
		if ((container->firelens.present &&
		     check_lines(&container->firelens.options, container->name, err) < 0) ||
		    (log_router_has_sender(container) &&
		     check_lines(&container->log.options, container->name, err) < 0) ||
		    check_config(spec, i, err) < 0)
			return -1;
	}
	if (routers > 1)
		return err_set(err, ERR_INVALID, "a task has %zu log routers", routers);
	return 0;
}

static int err_too_large(struct err *err)
{
	return err_set(err, ERR_LIMIT, "the task's description is too large");
}

static int fill_router(const struct task_order_input *input, size_t index, struct arena *arena,
		       struct wire_container *to, struct err *err)
{
	const struct spec_container *router = container_at(input->spec, index);
	AUTO(buf_done) struct buf config;

	buf_init(&config, ROUTER_CONFIG_MAX);
	if (router_config_write(input, &router->firelens, &config, err) < 0)
		return err_wrap(err, "configuration of log router %s", router->name);
	to->file_path = log_router_config(router->firelens.type);
	to->file_text = arena_strndup(arena, (const char *)config.data, config.len);
	return to->file_text ? 0 : err_too_large(err);
}

static int fill_sender(const struct task_order_input *input, size_t index, struct arena *arena,
		       struct wire_container *to, struct err *err)
{
	const struct spec_container *sender = container_at(input->spec, index);
	char id[RUNTIME_ID_SIZE];

	runtime_id(input->task->id, index, id);
	to->route = (struct wire_route){
		.tag = arena_printf(arena, "%s-firelens-%s", sender->name, input->task->id),
		.container_id = arena_strdup(arena, id),
		.volume = (int64_t)input->spec->volumes.count,
		.socket = LOG_ROUTER_SOCKET,
	};
	if (!to->route.tag || !to->route.container_id)
		return err_too_large(err);
	if (log_router_buffer_read(&sender->log.options, &to->route.buffer_bytes, err) < 0)
		return err_wrap(err, "log options of container %s", sender->name);
	return 0;
}

int log_router_fill(const struct task_order_input *input, size_t index, struct arena *arena,
		    struct wire_container *to, struct err *err)
{
	const struct spec_container *container = container_at(input->spec, index);

	if (container->firelens.present)
		return fill_router(input, index, arena, to, err);
	if (log_router_has_sender(container))
		return fill_sender(input, index, arena, to, err);
	return 0;
}
