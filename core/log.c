/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines: "TIME LEVEL PROGRAM text". The line is formatted and escaped in the
 * caller's frame and leaves with a single write(2), so lines of several threads,
 * and of several programs that share the descriptor, do not mix, and logging
 * takes no lock and no memory.
 */
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

/* Twice an error's text: room for one with the words around it. */
#define LOG_TEXT_MAX ((size_t)4096)
/* Each byte of the text may become four. */
#define LOG_HEAD_MAX ((size_t)256)
#define LOG_LINE_MAX (LOG_HEAD_MAX + LOG_TEXT_MAX * 4)

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* Written by log_open() before threads start, only read afterwards. */
static const char *log_program = "slipway";
static enum log_level log_most = LOG_LEVEL_INFO;

void log_open(const char *program, enum log_level most)
{
	log_program = program;
	log_most = most;
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

/* Append @text to @line at @at with control characters as \xNN; the new end. */
static size_t put_escaped(char *line, size_t at, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p >= 0x20 && *p != 0x7f) {
			line[at++] = (char)*p;
			continue;
		}
		line[at++] = '\\';
		line[at++] = 'x';
		line[at++] = hex[*p >> 4];
		line[at++] = hex[*p & 0xf];
	}
	return at;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX];
	char line[LOG_LINE_MAX];
	char time[CLOCK_ISO_SIZE];
	int saved = errno; /* callers log between a failed call and the look at errno */
	va_list args;
	int head;
	size_t len;
	ssize_t wrote;

	if (level > log_most)
		return;
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	head = snprintf(line, LOG_HEAD_MAX - 1, "%s %s %.64s ", clock_iso(clock_wall_ms(), time),
			level_names[level], log_program);
	len = put_escaped(line, head < 0 ? 0 : (size_t)head, text);
	line[len++] = '\n';
	do {
		wrote = write(STDERR_FILENO, line, len);
	} while (wrote < 0 && errno == EINTR);
	/* A log that cannot be written has nowhere to be reported. */
	errno = saved;
}
