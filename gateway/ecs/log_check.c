/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and their values; what the API leaves for the launch to find out, and would never
 * work, is refused here as well.
 */
#include "gateway/ecs/log_check.h"

#include <string.h>

#include "core/line_pattern.h"
#include "gateway/logs/log_names.h"
#include "store/log_buffer.h"
#include "store/log_event_begin.h"
#include "store/log_option.h"
#include "store/task.h"

bool log_check_is_awslogs(const struct container_input *container)
{
	return container->has_log && strcmp(container->log.driver, "awslogs") == 0;
}

static bool is_one_of_two(const char *text, const char *one, const char *two)
{
	return !text || strcmp(text, one) == 0 || strcmp(text, two) == 0;
}

/* The API does not look: the expression would be refused when the task starts. */
static int check_event_begin(const struct shape_list *options, struct err *err)
{
	AUTO(line_pattern_freep) struct line_pattern *pattern = NULL;
	AUTO(buf_done) struct buf text;
	struct err inner = ERR_INIT;

	buf_init(&text, LOG_EVENT_BEGIN_PATTERN_MAX);
	if (log_event_begin_read(options, &text, err) < 0)
		return -1;
	if (text.len == 0 || line_pattern_new(buf_text(&text), &pattern, &inner) == 0)
		return 0;
	return err_set(err, ERR_INVALID, "%s %s", log_event_begin_option(options), inner.text);
}

/* The stream is PREFIX/CONTAINER/TASK; what CloudWatch Logs would not take as a name
 * could never be read there. */
static int check_log_values(const struct container_input *container, struct err *err)
{
	const struct log_input *log = &container->log;
	const char *prefix = log_option(&log->options, "awslogs-stream-prefix");
	const char *group = log_option(&log->options, "awslogs-group");
	const char *wrong = NULL;
	struct err inner = ERR_INIT;
	int64_t buffer_bytes;
	size_t len;

	if (!prefix || !group)
		return 0; /* not checked here: log_check() names what is missing */
	len = strlen(prefix) + strlen(container->name) + strlen("//") + TASK_ID_SIZE - 1;
	if (!log_group_name_ok(group))
		wrong = "awslogs-group must be the name of a log group";
	else if (!log_stream_name_ok(prefix) || len > LOG_NAME_MAX)
		wrong = "awslogs-stream-prefix must be the beginning of a log stream's name";
	else if (!is_one_of_two(log_option(&log->options, "awslogs-create-group"), "true", "false"))
		wrong = "awslogs-create-group must be true or false";
	else if (log_buffer_read(&log->options, &buffer_bytes, &inner) < 0 ||
		 check_event_begin(&log->options, &inner) < 0)
		wrong = inner.text;
	if (wrong)
		return err_set(err, ERR_INVALID, "Log driver awslogs, container '%s': option %s.",
			       container->name, wrong);
	return 0;
}

int log_check(const struct container_input *container, struct err *err)
{
	const struct log_input *log = &container->log;
	bool has_region = log_option(&log->options, "awslogs-region") != NULL;
	bool has_group = log_option(&log->options, "awslogs-group") != NULL;

	if (!container->has_log)
		return 0;
	if (strcmp(log->driver, "splunk") == 0 || strcmp(log->driver, "awsfirelens") == 0)
		return 0;
	if (strcmp(log->driver, "awslogs") != 0)
		return err_set(err, ERR_INVALID,
			       "%.64s is not a valid log driver. Must be one of "
			       "[awslogs,splunk,awsfirelens]",
			       log->driver);
	if (!has_region || !has_group)
		return err_set(err, ERR_INVALID, "Log driver awslogs requires options: %s%s%s",
			       has_region ? "" : "awslogs-region",
			       has_region || has_group ? "" : ", ",
			       has_group ? "" : "awslogs-group");
	if (!log_option(&log->options, "awslogs-stream-prefix"))
		return err_set(err, ERR_INVALID,
			       "Fargate requires log configuration options to include "
			       "awslogs-stream-prefix to support log driver awslogs.");
	return check_log_values(container, err);
}

/* What the awslogs driver does here; the first four the API wants or offers, the
 * others choose between losing output and waiting, and what an event is: see
 * store/log_buffer.h and store/log_event_begin.h. */
static const char *const log_options[] = {
	"awslogs-group", "awslogs-region",  "awslogs-stream-prefix",	 "awslogs-create-group",
	"mode",		 "max-buffer-size", "awslogs-multiline-pattern", "awslogs-datetime-format",
};

/* Of awslogs. */
static int check_options(const struct log_input *log, size_t index, const char *region,
			 struct err *err)
{
	const struct shape_pair *options = log->options.items;
	const char *wanted = log_option(&log->options, "awslogs-region");

	for (size_t i = 0; i < log->options.count; i++) {
		size_t known = 0;

		while (known < ARRAY_LEN(log_options) &&
		       strcmp(log_options[known], options[i].key) != 0)
			known++;
		if (known == ARRAY_LEN(log_options))
			return err_set(err, ERR_UNSUPPORTED,
				       "containerDefinitions[%zu].logConfiguration.options.%.64s "
				       "is not supported",
				       index, options[i].key);
	}
	if (wanted && strcmp(wanted, region) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "containerDefinitions[%zu].logConfiguration.options.awslogs-region "
			       "other than %.64s, the region of the configuration, is not "
			       "supported",
			       index, region);
	return 0;
}

int log_check_supported(const struct container_input *container, size_t index, const char *region,
			struct err *err)
{
	if (!container->has_log)
		return 0;
	if (strcmp(container->log.driver, "splunk") == 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "containerDefinitions[%zu].logConfiguration.logDriver splunk is not "
			       "supported",
			       index);
	if (!log_check_is_awslogs(container))
		return 0;
	return check_options(&container->log, index, region, err);
}
