/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As with Docker's awslogs driver each line of an event keeps its newline, the last one too; an
 * event has at most WIRE_EVENT_MAX bytes, and a line that would make it longer begins another.
 *
 * A long line comes in parts. Only the first is searched for the pattern. When the other
 * stream speaks between two parts, its line stands between them, on a line of its own.
 *
 * A line that the pattern would take too long for begins no event; the first such line of a run is
 * followed by one that says so.
 */
#include "microvm/agent/joiner.h"

#include <assert.h>
#include <string.h>

#define NOTICE                                                                                     \
	"[slipway] awslogs-multiline-pattern or awslogs-datetime-format takes too long to be "     \
	"looked for in lines as the one before: they begin no event\n"

/* The longest line, a newline before it and one behind, and the notice. */
static_assert(WIRE_LINE_MAX + 2 + sizeof(NOTICE) <= WIRE_EVENT_MAX, "a line fits into an event");

int joiner_init(struct joiner *joiner, const char *pattern, struct err *err)
{
	*joiner = (struct joiner){.pattern = NULL};
	buf_init(&joiner->event, WIRE_EVENT_MAX);
	return line_pattern_new(pattern, &joiner->pattern, err);
}

void joiner_done(struct joiner *joiner)
{
	buf_done(&joiner->event);
	line_pattern_free(STEAL(joiner->pattern, NULL));
}

void joiner_renew(struct joiner *joiner, unsigned writers)
{
	buf_clear(&joiner->event);
	joiner->unended = 0;
	joiner->told = false;
	joiner->writers = writers;
}

static void append(struct joiner *joiner, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;

	/* There is room, of the event: so it is memory that is gone. */
	if (buf_append(&joiner->event, bytes, len, &err) < 0)
		abort();
}

static bool ends(const struct wire_output *line)
{
	return line->bytes[line->len - 1] == '\n';
}

/* The first line of @piece, with its newline if it has one. */
static struct wire_output first_line(const struct wire_output *piece)
{
	const uint8_t *newline = memchr(piece->bytes, '\n', piece->len);
	struct wire_output line = *piece;

	if (newline)
		line.len = (size_t)(newline - piece->bytes) + 1;
	return line;
}

static void begin(struct joiner *joiner, const struct wire_output *line)
{
	joiner->stream = line->stream;
	joiner->wall_ms = line->wall_ms;
}

static void add(struct joiner *joiner, const struct wire_output *line, enum line_match match)
{
	bool whole = ends(line);

	if (joiner->event.len == 0)
		begin(joiner, line);
	else if (joiner->unended && joiner->unended != line->stream)
		append(joiner, "\n", 1);
	append(joiner, line->bytes, line->len);
	joiner->unended = whole ? 0 : line->stream;
	if (line->flags & WIRE_OUTPUT_NO_NEWLINE) {
		append(joiner, "\n", 1);
		joiner->unended = 0;
	}
	if (match == LINE_MATCH_TOO_COSTLY && !joiner->told && !joiner->unended) {
		append(joiner, NOTICE, sizeof(NOTICE) - 1);
		joiner->told = true;
	}
}

static enum line_match match(struct joiner *joiner, const struct wire_output *line)
{
	if (joiner->unended == line->stream)
		return LINE_MATCH_NO;
	return line_pattern_match(joiner->pattern, line->bytes, line->len - ends(line));
}

bool joiner_take(struct joiner *joiner, struct wire_output *piece)
{
	while (piece->len > 0) {
		struct wire_output line = first_line(piece);
		enum line_match found = match(joiner, &line);
		size_t most = line.len + 2 + sizeof(NOTICE);

		if (joiner->event.len > 0 &&
		    (found == LINE_MATCH_YES || joiner->event.len + most > WIRE_EVENT_MAX))
			return false;
		add(joiner, &line, found);
		piece->bytes += line.len;
		piece->len -= line.len;
	}
	return true;
}

bool joiner_held(const struct joiner *joiner, struct wire_output *ret_event)
{
	if (joiner->event.len == 0)
		return false;
	*ret_event = (struct wire_output){
		.stream = joiner->stream,
		.flags = WIRE_OUTPUT_EVENT,
		.wall_ms = joiner->wall_ms,
		.bytes = joiner->event.data,
		.len = joiner->event.len,
	};
	return true;
}

void joiner_taken(struct joiner *joiner)
{
	buf_clear(&joiner->event);
}
