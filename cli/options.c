/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See options.h. `--name VALUE` and `--name=VALUE` are the same.
 */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void options_usage(const char *usage, FILE *out)
{
	const char *head = "Usage:";

	for (const char *form = usage; form != NULL;) {
		const char *end = strstr(form, " | ");
		size_t len = end != NULL ? (size_t)(end - form) : strlen(form);

		fprintf(out, "%-6s slipway %.*s\n", head, (int)len, form);
		form = end != NULL ? end + strlen(" | ") : NULL;
		head = "";
	}
}

static void print_help(const char *usage, const struct option_row *rows, size_t count, FILE *out)
{
	options_usage(usage, out);
	if (count > 0)
		fprintf(out, "\n");
	for (size_t i = 0; i < count; i++) {
		char name[64];
		snprintf(name, sizeof(name), "--%s%s%s", rows[i].name,
			 rows[i].value != NULL ? " " : "",
			 rows[i].value != NULL ? rows[i].value : "");
		fprintf(out, "  %-22s %s\n", name, rows[i].help);
	}
}

static const struct option_row *find_row(const struct option_row *rows, size_t count,
					 const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0)
			return &rows[i];
	}
	return NULL;
}

static bool take(const struct option_row *row, const char *value)
{
	if (row->kind == OPTION_TEXT) {
		*(const char **)row->target = value;
		return true;
	}
	if (row->kind == OPTION_INT) {
		char *end = NULL;
		errno = 0;
		long long number = strtoll(value, &end, 10);
		if (errno != 0 || end == value || *end != '\0')
			return false;
		*(int64_t *)row->target = number;
		return true;
	}
	struct option_texts *texts = row->target;
	if (texts->count == OPTION_TEXTS_MAX)
		return false;
	texts->items[texts->count++] = value;
	return true;
}

int options_read(const char *usage, const struct option_row *rows, size_t count, int argc,
		 char **argv)
{
	int i = 1;
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help(usage, rows, count, stdout);
			return -2;
		}
		const char *name = argv[i] + (strncmp(argv[i], "--", 2) == 0 ? 2 : 1);
		size_t len = strcspn(name, "=");
		const struct option_row *row = find_row(rows, count, name, len);
		if (row == NULL) {
			fprintf(stderr, "slipway: there is no option %s\n", argv[i]);
			print_help(usage, rows, count, stderr);
			return -1;
		}
		if (row->kind == OPTION_FLAG) {
			*(bool *)row->target = true;
			continue;
		}
		const char *value = name[len] == '=' ? name + len + 1 : NULL;
		if (value == NULL && i + 1 < argc)
			value = argv[++i];
		if (value == NULL || !take(row, value)) {
			fprintf(stderr, "slipway: --%s needs a %s\n", row->name, row->value);
			return -1;
		}
	}
	return i;
}
