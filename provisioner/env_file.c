/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blanks before a name are dropped, nothing else is: quotes and blanks around a value are
 * part of it. A line that is a name alone says, in Docker, that the client's own variable is
 * meant; there is no such client here, so it says nothing.
 */
#include "provisioner/env_file.h"

#include <jansson.h>
#include <string.h>

#define BLANKS "\t\n\v\f\r "

static const char mark[] = {'\xef', '\xbb', '\xbf'}; /* some editors begin UTF-8 with it */

static bool is_text(const char *line, size_t len)
{
	json_t *text = json_stringn(line, len); /* takes UTF-8 alone */

	json_decref(text);
	return text != NULL && !memchr(line, '\0', len);
}

static size_t blanks(const char *text, size_t len)
{
	size_t count = 0;

	while (count < len && text[count] != '\0' && strchr(BLANKS, text[count]))
		count++;
	return count;
}

static bool has_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr(BLANKS, text[i]))
			return true;
	}
	return false;
}

/* Without its end; adds nothing for a comment. */
static int parse_line(const char *line, size_t len, size_t number, struct arena *arena,
		      struct env_file *file, struct err *err)
{
	struct spec_variable *variable = &file->variables[file->count];
	size_t skipped;
	const char *equals;

	if (len > ENV_FILE_LINE_MAX)
		return err_set(err, ERR_INVALID, "line %zu is longer than %u bytes", number,
			       ENV_FILE_LINE_MAX);
	if (!is_text(line, len))
		return err_set(err, ERR_INVALID, "line %zu is not UTF-8", number);
	skipped = blanks(line, len);
	line += skipped;
	len -= skipped;
	if (len == 0 || line[0] == '#')
		return 0;
	equals = memchr(line, '=', len);
	if (has_blank(line, equals ? (size_t)(equals - line) : len))
		return err_set(err, ERR_INVALID, "the variable's name in line %zu has blanks",
			       number);
	if (!equals)
		return 0;
	if (equals == line)
		return err_set(err, ERR_INVALID, "line %zu has no variable's name", number);
	if (file->count == ENV_FILE_LINES_MAX)
		return err_set(err, ERR_INVALID, "more than %d variables", ENV_FILE_LINES_MAX);
	variable->name = arena_strndup(arena, line, (size_t)(equals - line));
	variable->value = arena_strndup(arena, equals + 1, len - (size_t)(equals + 1 - line));
	if (!variable->name || !variable->value)
		return err_set(err, ERR_LIMIT, "too many variables");
	file->count++;
	return 0;
}

int env_file_parse(const char *text, size_t len, struct arena *arena, struct env_file *ret_file,
		   struct err *err)
{
	struct env_file file = {.count = 0};
	size_t lines = 1;
	size_t number = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (lines > ENV_FILE_LINES_MAX)
		lines = ENV_FILE_LINES_MAX;
	file.variables = arena_alloc(arena, (lines + 1) * sizeof(*file.variables));
	if (!file.variables)
		return err_set(err, ERR_LIMIT, "too many variables");
	if (len >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0) {
		text += sizeof(mark);
		len -= sizeof(mark);
	}
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end ? (size_t)(end - text) : len;
		size_t whole = line_len + (end != NULL);

		if (line_len > 0 && text[line_len - 1] == '\r')
			line_len--;
		if (parse_line(text, line_len, number++, arena, &file, err) < 0)
			return -1;
		text += whole;
		len -= whole;
	}
	*ret_file = file;
	return 0;
}
