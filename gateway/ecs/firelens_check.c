/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a sender's options most are settings of the router's output and mean nothing here: they
 * only have to fit on a line of its configuration.
 */
#include "gateway/ecs/firelens_check.h"

#include <string.h>

#include "gateway/json_out.h"
#include "store/log_option.h"
#include "store/log_router.h"

bool firelens_is_sender(const struct container_input *container)
{
	return container->has_log && strcmp(container->log.driver, LOG_ROUTER_DRIVER) == 0;
}

static int check_router_options(const struct container_input *container, struct err *err)
{
	const struct shape_list *options = &container->firelens.options;
	const struct shape_pair *pairs = options->items;
	const char *metadata = log_option(options, LOG_ROUTER_METADATA);
	const char *type = log_option(options, LOG_ROUTER_FILE_TYPE);
	const char *file = log_option(options, LOG_ROUTER_FILE);

	for (size_t i = 0; i < options->count; i++) {
		if (!log_router_has_option(pairs[i].key))
			return err_set(err, ERR_INVALID,
				       "Invalid firelensConfiguration option '%.64s'. Container: "
				       "'%s'",
				       pairs[i].key, container->name);
		if (!log_router_is_line(pairs[i].value))
			return err_set(err, ERR_INVALID,
				       "firelensConfiguration option '%s' must be one line. "
				       "Container: '%s'",
				       pairs[i].key, container->name);
	}
	if (metadata && strcmp(metadata, "true") != 0 && strcmp(metadata, "false") != 0)
		return err_set(err, ERR_INVALID,
			       "firelensConfiguration option '" LOG_ROUTER_METADATA
			       "' must be true or false. Container: '%s'",
			       container->name);
	if (!type != !file)
		return err_set(err, ERR_INVALID,
			       "firelensConfiguration options '" LOG_ROUTER_FILE_TYPE
			       "' and '" LOG_ROUTER_FILE
			       "' must be given together. Container: '%s'",
			       container->name);
	if (type && strcmp(type, "file") != 0 && strcmp(type, "s3") != 0)
		return err_set(err, ERR_INVALID,
			       "firelensConfiguration option '" LOG_ROUTER_FILE_TYPE
			       "' must be s3 or file. Container: '%s'",
			       container->name);
	return 0;
}

static int check_sender_options(const struct container_input *container, struct err *err)
{
	const struct shape_pair *pairs = container->log.options.items;
	struct err inner = ERR_INIT;
	int64_t limit;

	for (size_t i = 0; i < container->log.options.count; i++) {
		if (!log_router_is_line(pairs[i].key) || !log_router_is_line(pairs[i].value) ||
		    !*pairs[i].key)
			return err_set(err, ERR_INVALID,
				       "Log driver awsfirelens, container '%s': option '%.64s' "
				       "must be one line.",
				       container->name, pairs[i].key);
	}
	if (log_router_buffer_read(&container->log.options, &limit, &inner) < 0)
		return err_set(err, ERR_INVALID,
			       "Log driver awsfirelens, container '%s': option %s.",
			       container->name, inner.text);
	return 0;
}

static int check_one(const struct container_input *container, struct err *err)
{
	if (container->has_firelens && firelens_is_sender(container))
		return err_set(err, ERR_INVALID,
			       "The container that has the firelensConfiguration cannot use the "
			       "log driver awsfirelens. Container: '%s'",
			       container->name);
	if (container->has_firelens && check_router_options(container, err) < 0)
		return -1;
	return firelens_is_sender(container) ? check_sender_options(container, err) : 0;
}

int firelens_check(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	size_t routers = 0;
	size_t senders = 0;

	for (size_t i = 0; i < input->containers.count; i++) {
		routers += containers[i].has_firelens;
		senders += firelens_is_sender(&containers[i]);
		if (check_one(&containers[i], err) < 0)
			return -1;
	}
	if (senders > 0 && routers == 0)
		return err_set(err, ERR_INVALID,
			       "When awsfirelens log driver is specified in log configuration, a "
			       "firelens configuration object must be configured in one of the "
			       "containers.");
	if (routers > 0 && senders == 0)
		return err_set(err, ERR_INVALID,
			       "When a firelensConfiguration object is specified, at least one "
			       "container has to be configured with the awsfirelens log driver.");
	if (routers > 1)
		return err_set(err, ERR_INVALID,
			       "Only one container can have a firelensConfiguration object.");
	return 0;
}

int firelens_check_fargate(const struct container_input *container, struct err *err)
{
	const char *type = log_option(&container->firelens.options, LOG_ROUTER_FILE_TYPE);

	if (container->has_firelens && type && strcmp(type, "s3") == 0)
		return err_set(err, ERR_INVALID,
			       "Fargate compatible task definitions do not support the "
			       "firelensConfiguration option " LOG_ROUTER_FILE_TYPE " s3");
	return 0;
}

int firelens_check_supported(const struct container_input *container, size_t index, struct err *err)
{
	const struct mount_input *mounts = container->mounts.items;

	for (size_t i = 0; container->has_firelens && i < container->mounts.count; i++) {
		if (mounts[i].path && log_router_takes_path(mounts[i].path))
			return err_set(err, ERR_UNSUPPORTED,
				       "containerDefinitions[%zu].mountPoints[%zu].containerPath "
				       "where the log router has its socket is not supported",
				       index, i);
		if (mounts[i].path &&
		    log_router_takes_config(container->firelens.type, mounts[i].path))
			return err_set(
				err, ERR_UNSUPPORTED,
				"containerDefinitions[%zu].mountPoints[%zu].containerPath "
				"where the log router has its configuration is not supported",
				index, i);
	}
	return 0;
}

/* Its name, borrowed, or NULL. */
static const char *find_router(const json_t *containers)
{
	const json_t *container;
	size_t index;

	json_array_foreach (containers, index, container) {
		if (json_is_object(json_object_get(container, "firelensConfiguration")))
			return json_string_value(json_object_get(container, "name"));
	}
	return NULL;
}

static bool waits_for(const json_t *dependencies, const char *name)
{
	const json_t *dependency;
	size_t index;

	json_array_foreach (dependencies, index, dependency) {
		const char *other = json_string_value(json_object_get(dependency, "containerName"));

		if (other && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

static void wait_for(json_t *container, const char *name)
{
	json_t *dependencies = json_object_get(container, "dependsOn");
	json_t *dependency = out_object();

	if (!json_is_array(dependencies)) {
		dependencies = out_list();
		out_put(container, "dependsOn", dependencies);
	}
	out_text(dependency, "containerName", name);
	out_text(dependency, "condition", "START");
	out_push(dependencies, dependency);
}

void firelens_order(json_t *body)
{
	const json_t *containers = json_object_get(body, "containerDefinitions");
	const char *router = find_router(containers);
	json_t *container;
	size_t index;

	if (!router)
		return;
	json_array_foreach (containers, index, container) {
		const json_t *log = json_object_get(container, "logConfiguration");
		const char *driver = json_string_value(json_object_get(log, "logDriver"));

		if (driver && strcmp(driver, LOG_ROUTER_DRIVER) == 0 &&
		    !waits_for(json_object_get(container, "dependsOn"), router))
			wait_for(container, router);
	}
}
