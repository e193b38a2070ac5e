/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Without a log configuration output goes where awslogs without options would send it.
 */
#include "provisioner/log_order.h"

#include <assert.h>

#include "provisioner/log_router.h"
#include "store/log_buffer.h"
#include "store/log_event_begin.h"
#include "store/log_router.h"

static_assert(LOG_BUFFER_MIN == WIRE_OUTPUT_BUFFER_MIN, "what the agent holds");

static const struct spec_container *container_at(const struct task_spec *spec, size_t index)
{
	return &((const struct spec_container *)spec->containers.items)[index];
}

static int buffer_read(const struct spec_container *container, int64_t *ret_bytes, struct err *err)
{
	const struct shape_list *options = &container->log.options;

	return log_router_has_sender(container) ? log_router_buffer_read(options, ret_bytes, err)
						: log_buffer_read(options, ret_bytes, err);
}

/* Output's buffers are of the task's memory. */
static int check_buffers(const struct task *task, const struct task_spec *spec, struct err *err)
{
	int64_t sum = 0;

	for (size_t i = 0; i < spec->containers.count; i++) {
		int64_t bytes;

		if (buffer_read(container_at(spec, i), &bytes, err) < 0)
			return err_wrap(err, "log options of container %s",
					container_at(spec, i)->name);
		sum += bytes;
	}
	if (!log_buffer_fits(sum, task->memory_mib))
		return err_set(err, ERR_INVALID,
			       "max-buffer-size and log-driver-buffer-limit of all containers are "
			       "more than half of the task's memory");
	return 0;
}

int log_order_check(const struct task *task, const struct task_spec *spec, struct err *err)
{
	if (log_router_check(spec, err) < 0)
		return -1;
	return check_buffers(task, spec, err);
}

/* The task's definition was checked, so what cannot be read was stored by somebody else. */
static int fill_awslogs(const struct spec_container *from, struct arena *arena,
			struct wire_container *to, struct err *err)
{
	AUTO(buf_done) struct buf pattern;

	buf_init(&pattern, LOG_EVENT_BEGIN_PATTERN_MAX);
	if (log_buffer_read(&from->log.options, &to->output_buffer_bytes, err) < 0 ||
	    log_event_begin_read(&from->log.options, &pattern, err) < 0)
		return err_wrap(err, "log options of container %s", from->name);
	to->event_begin = arena_strndup(arena, (const char *)pattern.data, pattern.len);
	return to->event_begin ? 0 : err_set(err, ERR_LIMIT, "the task's description is too large");
}

int log_order_fill(const struct task_order_input *input, size_t index, struct arena *arena,
		   struct wire_container *to, struct err *err)
{
	const struct spec_container *from = container_at(input->spec, index);

	if (!log_router_has_sender(from) && fill_awslogs(from, arena, to, err) < 0)
		return -1;
	return log_router_fill(input, index, arena, to, err);
}
