/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conformance samples of the data folder (SLIPWAY_SHARED_DATA, else ../shared/data): messages
 * in a feature file, events in YAML. Of YAML only what they use is read: names, plain and quoted
 * values, blocks.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_CLOUDEVENT_SAMPLE_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_CLOUDEVENT_SAMPLE_H

#include "tests/unit/events/event_world.h"

#include "core/file.h"
#include "events/cloudevent.h"

/* The text of a sample file, NULL if it is not there; the arena's. */
static inline char *sample_file(const char *name)
{
	const char *set = getenv("SLIPWAY_SHARED_DATA");
	AUTO(freep) char *path = xasprintf("%s/cloudevents/%s", set ? set : "../shared/data", name);
	AUTO(buf_done) struct buf text;
	struct err err = ERR_INIT;

	buf_init(&text, 1 << 20);
	if (file_read(path, &text, &err) < 0) {
		(void)printf("cloudevent: no %s, skipped\n", name);
		return NULL;
	}
	return arena_strdup(world, buf_text(&text));
}

/* An event of a sample: its headers as a binary request has them, and its body. */
struct sample {
	struct header headers[32];
	size_t count;
	const char *body;
};

static inline size_t sample_indent(const char *line)
{
	return strspn(line, " ");
}

/* The line at *at, cut off there; *at moves to the next one. */
static inline char *sample_line(char **at)
{
	char *line = *at;
	size_t len = strcspn(line, "\n");

	*at = line + len + (line[len] == '\n');
	line[len] = '\0';
	return line;
}

/* The lines that stand deeper than @indent, joined. */
static inline const char *sample_block(char **at, size_t indent)
{
	char *text = arena_strdup(world, "");

	while (**at != '\0' && sample_indent(*at) > indent) {
		char *line = sample_line(at);

		text = arena_printf(world, "%s%s\n", text, line + sample_indent(line));
	}
	return text;
}

static inline void sample_take(struct sample *sample, const char *name, const char *value)
{
	struct header *header = &sample->headers[sample->count++];
	size_t len = strlen(value);

	if (len > 1 && value[0] == '"')
		value = arena_strndup(world, value + 1, len - 2);
	header->name = strcmp(name, "datacontenttype") == 0 ? "content-type"
							    : arena_printf(world, "ce-%s", name);
	header->value = value;
}

/* The next event of a YAML file; false at its end. */
static inline bool sample_next(char **at, struct sample *ret)
{
	bool inside = false;

	*ret = (struct sample){.body = ""};
	while (**at != '\0') {
		char *line = sample_line(at);
		size_t indent = sample_indent(line);
		char *colon = strchr(line, ':');
		char *value;

		if (strcmp(line, "---") == 0)
			return true;
		if (line[0] == '#' || !colon)
			continue;
		value = colon + 1 + sample_indent(colon + 1);
		while (colon > line && colon[-1] == ' ')
			colon--;
		*colon = '\0';
		if (indent == 0)
			inside = strcmp(line, "ContextAttributes") == 0;
		if (strcmp(value, "|") == 0)
			value = (char *)(uintptr_t)sample_block(at, indent);
		if (strcmp(line, "Data") == 0)
			ret->body = value;
		else if (inside && indent > 0 && value[0] != '\0')
			sample_take(ret, line + indent, value);
	}
	return ret->count > 0;
}

#endif
