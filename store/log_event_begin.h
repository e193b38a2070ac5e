/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's log options `awslogs-multiline-pattern` and `awslogs-datetime-format`
 * ask for: lines are joined to events, and a line that holds the expression begins a new one.
 */
#ifndef SLIPWAY_STORE_LOG_EVENT_BEGIN_H
#define SLIPWAY_STORE_LOG_EVENT_BEGIN_H

#include "core/buf.h"
#include "core/shape.h"

/* Of either option; an expression that comes of a format is longer. */
#define LOG_EVENT_BEGIN_MAX	    1024u
#define LOG_EVENT_BEGIN_PATTERN_MAX (8u * 1024)

/*
 * *pattern, which the caller has begun and frees, becomes the expression as a text; NULL of
 * buf_text() or "" means that each line is an event. Whether the expression can be understood
 * is not looked at. @options: struct shape_pair. ERR_INVALID names the option.
 */
int log_event_begin_read(const struct shape_list *options, struct buf *pattern, struct err *err)
	MUST_CHECK;
/* The name of the option that asks for it; NULL if none does. */
const char *log_event_begin_option(const struct shape_list *options);

#endif
