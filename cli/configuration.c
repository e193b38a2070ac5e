/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See configuration.h. A key that is set twice in one file is an error of the
 * programs, so a line of ours gives way to the operator's.
 */
#include "cli/configuration.h"

#include <string.h>

/* Where the value begins if the line of @len bytes sets @key, else NULL. */
static const char *value_of_line(const char *line, size_t len, const char *key)
{
	const char *end = line + len;
	size_t key_len = strlen(key);

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	if ((size_t)(end - line) < key_len || strncmp(line, key, key_len) != 0)
		return NULL;
	line += key_len;
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	return line < end && *line == '=' ? line + 1 : NULL;
}

bool configuration_value(const char *local, const char *key, char **ret_value)
{
	for (const char *line = local; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");
		const char *value = value_of_line(line, len, key);
		if (value != NULL) {
			const char *end = line + len;
			while (value < end && (*value == ' ' || *value == '\t'))
				value++;
			*ret_value = xstrndup(value, (size_t)(end - value));
			return true;
		}
		line += len + (line[len] == '\n' ? 1 : 0);
	}
	return false;
}

static bool is_joined(const struct configuration_line *lines, size_t count, const char *line,
		      size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (lines[i].joined && value_of_line(line, len, lines[i].key) != NULL)
			return true;
	}
	return false;
}

static int write_ours(const struct configuration_line *line, const char *local, struct buf *out,
		      struct err *err)
{
	AUTO(freep) char *theirs = NULL;
	bool set = configuration_value(local, line->key, &theirs);

	if (set && !line->joined)
		return 0;
	return buf_printf(out, err, "%s = %s%s%s\n", line->key, line->value, set ? ", " : "",
			  set ? theirs : "");
}

int configuration_write(const struct configuration_line *lines, size_t count, const char *local,
			struct buf *out, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (write_ours(&lines[i], local, out, err) < 0)
			return -1;
	}
	for (const char *line = local; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");
		if (!is_joined(lines, count, line, len) &&
		    (buf_append(out, line, len, err) < 0 || buf_append_text(out, "\n", err) < 0))
			return -1;
		line += len + (line[len] == '\n' ? 1 : 0);
	}
	return 0;
}
