/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter patterns for unstructured events (CloudWatch Logs user guide, "Filter
 * pattern syntax"): terms that must all be there, "quoted phrases", -terms that must
 * not be there, ?terms of which one must be there. Case matters. Patterns for JSON ({...}) and for
 * columns ([...]) and regular expressions (%...%) are refused by name.
 */
#ifndef SLIPWAY_GATEWAY_LOGS_LOG_FILTER_H
#define SLIPWAY_GATEWAY_LOGS_LOG_FILTER_H

#include "core/arena.h"
#include "core/err.h"

#define LOG_FILTER_MAX	     1024 /* bytes of a pattern: the API's */
#define LOG_FILTER_TERMS_MAX 128

struct log_filter {
	struct log_term {
		const char *text;
		size_t len;
		enum { LOG_TERM_ALL, LOG_TERM_ANY, LOG_TERM_NONE } kind;
	} terms[LOG_FILTER_TERMS_MAX];
	size_t count;
};

/* @pattern NULL or empty matches everything. Texts are copied into the arena. */
int log_filter_parse(const char *pattern, struct arena *arena, struct log_filter *ret_filter,
		     struct err *err) MUST_CHECK;
bool log_filter_matches(const struct log_filter *filter, const char *bytes, size_t len);

#endif
