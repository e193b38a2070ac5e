/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store is asked only if there is a container for which it matters. Blocking is what
 * no option means already, so only the other mode is written.
 */
#include "gateway/ecs/log_mode.h"

#include <string.h>

#include "gateway/ecs/account_settings.h"
#include "gateway/json_out.h"

/* The options of an awslogs driver that leaves the mode open; NULL otherwise. */
static json_t *open_options(const json_t *container)
{
	const json_t *log = json_object_get(container, "logConfiguration");
	const char *driver = json_string_value(json_object_get(log, "logDriver"));
	json_t *options = json_object_get(log, "options");

	if (!driver || strcmp(driver, "awslogs") != 0)
		return NULL;
	if (json_object_get(options, "mode") || json_object_get(options, "max-buffer-size"))
		return NULL;
	return options;
}

int log_mode_apply(struct call *call, json_t *body)
{
	const json_t *container;
	const char *mode = NULL;
	const char *owner;
	size_t index;

	json_array_foreach (json_object_get(body, "containerDefinitions"), index, container) {
		json_t *options = open_options(container);

		if (!options)
			continue;
		if (!mode && account_setting_effective(call, ACCOUNT_SETTING_LOG_MODE,
						       call->caller.arn, &mode, &owner) < 0)
			return -1;
		if (strcmp(mode, "non-blocking") == 0)
			out_text(options, "mode", mode);
	}
	return 0;
}
