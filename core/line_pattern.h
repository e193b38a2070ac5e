/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular expression of a user, and whether a line holds it. The syntax is PCRE2's,
 * of which what Go's and RE2's users write is a part. What a match may cost is bounded
 * by the line's length, whatever expression and line are.
 */
#ifndef SLIPWAY_CORE_LINE_PATTERN_H
#define SLIPWAY_CORE_LINE_PATTERN_H

#include "core/err.h"

/* An expression of one byte more is refused. */
#define LINE_PATTERN_MAX (8u * 1024)

struct line_pattern;

enum line_match {
	LINE_MATCH_NO,
	LINE_MATCH_YES,
	LINE_MATCH_TOO_COSTLY, /* it was given up: nobody knows */
};

/* ERR_INVALID says what is wrong and where, in words that follow a name. */
int line_pattern_new(const char *text, struct line_pattern **ret_pattern, struct err *err)
	MUST_CHECK;
void line_pattern_free(struct line_pattern *pattern); /* takes NULL */
void line_pattern_freep(struct line_pattern **pattern);

/* @line: without its newline; any bytes, those that are not UTF-8 match nothing. */
enum line_match line_pattern_match(struct line_pattern *pattern, const void *line, size_t len);

#endif
