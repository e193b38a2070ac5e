/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event that the task was launched for, as a file that containers read.
 */
#ifndef SLIPWAY_MICROVM_AGENT_EVENT_FILE_H
#define SLIPWAY_MICROVM_AGENT_EVENT_FILE_H

#include "microvm/wire/message.h"

/* A piece of it has come. One that does not follow what is there is dropped, as damaged ones are:
 * event_file_close() will miss it. */
int event_file_take(const struct frame *frame, struct err *err) MUST_CHECK;
/* All of it is there, is dated by the clock as it is now, and never changes again; ERR_CORRUPT if
 * it is not what the task's words say. Without an event nothing is done. */
int event_file_close(const struct wire_task *task, struct err *err) MUST_CHECK;

/* In a container's first process, while it still sees the agent's files: *ret_fd, -1 if the
 * container has none. */
int event_file_seize(const struct wire_container *container, int *ret_fd, struct err *err)
	MUST_CHECK;
/* In the container's root: mount it. Closes @fd. */
int event_file_put(const struct wire_container *container, int fd, struct err *err) MUST_CHECK;

#endif
