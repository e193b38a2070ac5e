/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS counts log-driver-buffer-limit in bytes up to 512 MiB. The memory is of the task and not of
 * its container, so no more than LOG_ROUTER_BUFFER_MAX is kept, whatever is asked.
 */
#include "store/log_router.h"

#include <string.h>

#include "core/path.h"
#include "store/log_option.h"

#define DIGITS	  "0123456789"
#define LIMIT_MAX INT64_C(536870912) /* AWS's */

static const char *const configs[] = {[SPEC_FLUENTD] = "/fluentd/etc/fluent.conf",
				      [SPEC_FLUENTBIT] = "/fluent-bit/etc/fluent-bit.conf"};
static const char *const names[] = {LOG_ROUTER_METADATA, LOG_ROUTER_FILE_TYPE, LOG_ROUTER_FILE};

bool log_router_has_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

bool log_router_is_line(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' && *text != '\t')
			return false;
	}
	return true;
}

bool log_router_takes_path(const char *path)
{
	return path_is_same(path, LOG_ROUTER_FOLDER) || path_is_same(path, "/run");
}

const char *log_router_config(enum spec_firelens_type type)
{
	return configs[type];
}

bool log_router_takes_config(enum spec_firelens_type type, const char *path)
{
	return path_is_within(configs[type], path);
}

int log_router_buffer_read(const struct shape_list *options, int64_t *ret_bytes, struct err *err)
{
	const char *text = log_option(options, LOG_ROUTER_BUFFER);
	int64_t bytes = 0;

	if (!text) {
		*ret_bytes = LOG_ROUTER_BUFFER_DEFAULT;
		return 0;
	}
	for (const char *at = text; *at && bytes <= LIMIT_MAX; at++)
		bytes = bytes * 10 + (*at - '0');
	if (text[strspn(text, DIGITS)] != '\0' || bytes > LIMIT_MAX)
		return err_set(err, ERR_INVALID,
			       LOG_ROUTER_BUFFER " must be a number from 0 to 536870912");
	if (bytes < LOG_ROUTER_BUFFER_MIN)
		bytes = LOG_ROUTER_BUFFER_MIN;
	*ret_bytes = bytes < LOG_ROUTER_BUFFER_MAX ? bytes : LOG_ROUTER_BUFFER_MAX;
	return 0;
}
