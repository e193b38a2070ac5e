/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_filter.h. A match is a search for each term: no backtracking, so a
 * pattern costs its terms times the message.
 */
#include "gateway/logs/log_filter.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The quoted phrase whose opening quote is at *at; \" and \\ stand for themselves. */
static int read_phrase(const char **at, char *text, size_t *ret_len, struct err *err)
{
	const char *from = *at + 1;
	size_t len = 0;

	for (; *from != '"'; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		if (*from == '\0')
			return err_set(err, ERR_INVALID,
				       "Invalid filter pattern: a quoted phrase does not end");
		text[len++] = *from;
	}
	*at = from + 1;
	*ret_len = len;
	return 0;
}

static int read_term(const char **at, struct arena *arena, struct log_term *term, struct err *err)
{
	const char *from = *at;
	char text[LOG_FILTER_MAX + 1];
	size_t len = 0;

	term->kind = LOG_TERM_ALL;
	if (*from == '-' || *from == '?')
		term->kind = *from++ == '-' ? LOG_TERM_NONE : LOG_TERM_ANY;
	if (*from == '"') {
		if (read_phrase(&from, text, &len, err) < 0)
			return -1;
	} else {
		while (*from != '\0' && !is_space(*from))
			text[len++] = *from++;
	}
	if (len == 0)
		return err_set(err, ERR_INVALID, "Invalid filter pattern: a term is empty");
	term->text = arena_strndup(arena, text, len);
	term->len = len;
	if (term->text == NULL)
		return err_set(err, ERR_LIMIT, "Invalid filter pattern: the request is too large");
	*at = from;
	return 0;
}

int log_filter_parse(const char *pattern, struct arena *arena, struct log_filter *ret_filter,
		     struct err *err)
{
	struct log_filter filter = {.count = 0};
	const char *at = pattern != NULL ? pattern : "";

	if (strlen(at) > LOG_FILTER_MAX)
		return err_set(err, ERR_INVALID, "Invalid filter pattern: longer than %d bytes",
			       LOG_FILTER_MAX);
	while (is_space(*at))
		at++;
	if (*at == '{' || *at == '[' || *at == '%')
		return err_set(err, ERR_UNSUPPORTED,
			       "filterPattern: patterns for %s are not supported by this Slipway "
			       "yet; use terms, \"phrases\", -terms and ?terms",
			       *at == '{'   ? "JSON events"
			       : *at == '[' ? "columns"
					    : "expressions");
	while (*at != '\0') {
		if (filter.count == LOG_FILTER_TERMS_MAX)
			return err_set(err, ERR_INVALID,
				       "Invalid filter pattern: more than %d terms",
				       LOG_FILTER_TERMS_MAX);
		if (read_term(&at, arena, &filter.terms[filter.count], err) < 0)
			return -1;
		filter.count++;
		while (is_space(*at))
			at++;
	}
	*ret_filter = filter;
	return 0;
}

bool log_filter_matches(const struct log_filter *filter, const char *bytes, size_t len)
{
	bool any_wanted = false, any_found = false;

	for (size_t i = 0; i < filter->count; i++) {
		const struct log_term *term = &filter->terms[i];
		bool found = memmem(bytes, len, term->text, term->len) != NULL;
		if (term->kind == LOG_TERM_ANY) {
			any_wanted = true;
			any_found = any_found || found;
		} else if (found == (term->kind == LOG_TERM_NONE)) {
			return false;
		}
	}
	return !any_wanted || any_found;
}
