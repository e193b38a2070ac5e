/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report holds whole lines, or a piece of a line that is longer than WIRE_LINE_MAX;
 * each line and each piece becomes one event, without its line end. Or it holds an event that
 * the agent has joined, which stays as it is. Reports are handled one by one, each of them
 * belongs to one container, so events of one report go to one stream in one call.
 *
 * Times come from the guest's clock and are therefore bounded: not before the
 * task was created, not after now.
 */
#include "provisioner/output.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "provisioner/log_router.h"
#include "store/log_option.h"

#define LOGGER_ARGS "ResourceInitializationError: failed to validate logger args: "

static int plan_one(const struct task *task, const struct spec_container *container,
		    struct output_target *target, bool *make_group, struct err *err)
{
	const char *group = LOGS_TASKS_GROUP;
	const char *prefix = NULL;
	int len;

	*make_group = true;
	if (log_router_has_sender(container))
		return 0;
	if (container->log.present) {
		const struct shape_list *options = &container->log.options;
		const char *create = log_option(options, "awslogs-create-group");

		group = log_option(options, "awslogs-group");
		prefix = log_option(options, "awslogs-stream-prefix");
		*make_group = create && strcmp(create, "true") == 0;
		if (!group)
			return err_set(err, ERR_INVALID,
				       LOGGER_ARGS "missing required option awslogs-group");
	}
	if (snprintf(target->group, sizeof(target->group), "%s", group) >=
	    (int)sizeof(target->group))
		return err_set(err, ERR_INVALID, LOGGER_ARGS "awslogs-group is too long");
	if (prefix)
		len = snprintf(target->stream, sizeof(target->stream), "%s/%s/%s", prefix,
			       container->name, task->id);
	else
		len = snprintf(target->stream, sizeof(target->stream), "%s/%s", container->name,
			       task->id);
	if (len >= (int)sizeof(target->stream))
		return err_set(err, ERR_INVALID, LOGGER_ARGS "awslogs-stream-prefix is too long");
	return 0;
}

int output_plan(const struct task *task, const struct task_spec *spec, struct output *ret_output,
		struct err *err)
{
	const struct spec_container *containers = spec->containers.items;
	struct output *output = ret_output;

	memset(output, 0, sizeof(*output));
	(void)snprintf(output->task, sizeof(output->task), "%s", task->id);
	(void)snprintf(output->account, sizeof(output->account), "%s", task->account);
	output->created_ms = task->created_ms;
	for (size_t i = 0; i < spec->containers.count && i < TASK_CONTAINERS_MAX; i++) {
		if (plan_one(task, &containers[i], &output->targets[i], &output->make_group[i],
			     err) < 0)
			return -1;
		output->count++;
	}
	return 0;
}

static int prepare_one(struct db *logs, const struct output *output, size_t index, int64_t now_ms,
		       struct err *err)
{
	const struct output_target *target = &output->targets[index];
	struct err inner = ERR_INIT;

	if (!*target->group) /* the log router has it */
		return 0;
	if (output->make_group[index] &&
	    log_group_create(logs, output->account, target->group, now_ms, &inner) < 0 &&
	    inner.code != ERR_EXISTS) {
		*err = inner;
		return -1;
	}
	err_clear(&inner);
	if (log_stream_create(logs, output->account, target->group, target->stream, now_ms,
			      &inner) == 0 ||
	    inner.code == ERR_EXISTS)
		return 0;
	if (inner.code == ERR_NOT_FOUND)
		return err_set(err, ERR_INVALID,
			       LOGGER_ARGS
			       "create stream has been retried 1 times: failed to create "
			       "Cloudwatch log stream: ResourceNotFoundException: The "
			       "specified log group does not exist. : exit status 1");
	*err = inner;
	return -1;
}

int output_prepare(struct db *logs, const struct output *output, int64_t now_ms, struct err *err)
{
	if (db_begin(logs, err) < 0)
		return -1;
	for (size_t i = 0; i < output->count; i++) {
		if (prepare_one(logs, output, i, now_ms, err) < 0) {
			db_rollback(logs);
			return -1;
		}
	}
	return db_commit(logs, err);
}

static int64_t bounded(int64_t value, int64_t low, int64_t high)
{
	if (value > high)
		return high;
	return value < low ? low : value;
}

/* How many events cut_lines() makes at most. */
static size_t count_lines(const struct wire_output *output)
{
	size_t count = 1;

	if (output->flags & WIRE_OUTPUT_EVENT)
		return count;
	for (size_t i = 0; i < output->len; i++)
		count += output->bytes[i] == '\n';
	return count;
}

/* Cut @output into events at @events. */
static size_t cut_lines(const struct wire_output *output, int64_t wall_ms, struct log_event *events)
{
	const char *at = (const char *)output->bytes;
	size_t left = output->len;
	bool whole = output->flags & WIRE_OUTPUT_EVENT;
	size_t count = 0;

	while (left > 0) {
		const char *end = whole ? NULL : memchr(at, '\n', left);
		size_t len = end ? (size_t)(end - at) : left;

		events[count++] = (struct log_event){
			.timestamp_ms = wall_ms, .message = at, .message_len = len};
		if (!end)
			break;
		at += len + 1;
		left -= len + 1;
	}
	return count;
}

static int write_one(struct db *logs, const struct output *output, const struct report *report,
		     int64_t now_ms, struct err *err)
{
	struct frame frame = {.type = report->type,
			      .seq = report->seq,
			      .payload = report->payload,
			      .len = report->len};
	const struct output_target *target;
	struct wire_output said;
	AUTO(freep) struct log_event *events = NULL;
	struct err inner = ERR_INIT;
	size_t count;

	if (wire_output_read(&frame, &said, err) < 0)
		return err_set(err, ERR_INVALID, "the agent sent output that breaks the rules");
	if (said.container >= output->count)
		return err_set(err, ERR_INVALID, "the agent sent output of no container");
	target = &output->targets[said.container];
	if (!*target->group)
		return err_set(err, ERR_INVALID, "the agent sent output of a log router's sender");
	events = xcalloc(count_lines(&said), sizeof(*events)); /* a frame's length is bounded */
	count = cut_lines(&said, bounded(said.wall_ms, output->created_ms, now_ms), events);
	if (count == 0)
		return 0;
	if (log_append(logs, output->account, target->group, target->stream, events, count, now_ms,
		       &inner) == 0 ||
	    inner.code == ERR_NOT_FOUND)
		return 0;
	*err = inner;
	return -1;
}

int output_write(struct db *logs, const struct output *output, const struct report *reports,
		 int64_t now_ms, struct err *err)
{
	uint64_t last = 0;

	if (db_begin(logs, err) < 0)
		return -1;
	for (const struct report *report = reports; report; report = report->next) {
		if (write_one(logs, output, report, now_ms, err) < 0) {
			db_rollback(logs);
			return -1;
		}
		last = report->seq;
	}
	if (log_agent_seq_put(logs, output->task, (int64_t)last, err) < 0) {
		db_rollback(logs);
		return -1;
	}
	return db_commit(logs, err);
}
