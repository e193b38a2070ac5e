/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of a pattern, one token after the other, with the place of each: people look for their
 * mistake by the line and column of the service's message.
 */
#ifndef SLIPWAY_EVENTS_JSON_READER_H
#define SLIPWAY_EVENTS_JSON_READER_H

#include "core/arena.h"
#include "core/err.h"

#define EVENT_READER_DEPTH_MAX 256 /* objects and arrays within each other */

enum event_token {
	EVENT_OBJECT_BEGIN,
	EVENT_OBJECT_END,
	EVENT_ARRAY_BEGIN,
	EVENT_ARRAY_END,
	EVENT_NAME, /* of an object's member */
	EVENT_STRING,
	EVENT_NUMBER,
	EVENT_TRUE,
	EVENT_FALSE,
	EVENT_NULL,
	EVENT_END, /* of the text */
};

struct event_reader {
	struct arena *arena; /* borrowed: texts without escapes live there */
	const char *bytes;   /* borrowed */
	size_t len;
	size_t at;		/* the next byte that is not read */
	enum event_token token; /* the present one */
	const char *text;	/* its text: of a name or string what it means */
	size_t text_len;

	/* The rest is the reader's own. */
	bool string_open; /* of the present string only the quote was read */
	bool value_ready; /* the value behind the present name was begun already */
	enum event_token value;
	size_t number_at; /* where the token that was begun last begins */
	size_t depth;
	bool in_array[EVENT_READER_DEPTH_MAX];
	bool first[EVENT_READER_DEPTH_MAX]; /* nothing stands in it yet */
};

void event_reader_init(struct event_reader *reader, struct arena *arena, const char *bytes,
		       size_t len);

/* Go to the next token; a name is followed by its value. ERR_INVALID with the place, ERR_LIMIT. */
int event_reader_next(struct event_reader *reader, struct err *err) MUST_CHECK;

/* Read the present string (or number) to its end: @text is its. */
int event_reader_text(struct event_reader *reader, struct err *err) MUST_CHECK;

/* ERR_INVALID: the reason, and how far was read, in the service's words. Returns -1. */
int event_reader_fail(const struct event_reader *reader, struct err *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
