/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of Cost Explorer: trees of And, Or and Not over dimensions and tags, and whether a part
 * of a charge matches one.
 *
 * What a tag's or dimension's values are compared by is in MatchOptions: EQUALS (if none is
 * named), STARTS_WITH, ENDS_WITH, CONTAINS (several: any of them), ABSENT (no such tag), and
 * CASE_SENSITIVE (as a rule) or CASE_INSENSITIVE (of ASCII letters). A charge without the tag
 * equals the value "", as it is in groups.
 */
#ifndef SLIPWAY_GATEWAY_CE_EXPRESSION_H
#define SLIPWAY_GATEWAY_CE_EXPRESSION_H

#include <jansson.h>

#include "gateway/ce/ce_dimension.h"

#define CE_DEPTH_MAX  10   /* expressions inside of each other: people write three */
#define CE_PARTS_MAX  200  /* of one filter: each is looked at for every charge, */
#define CE_VALUES_MAX 1000 /* and each value of them */
#define CE_TEXT_MAX   1024 /* of a value or key: the API's */

struct ce_expression;

/* @json: an Expression, which outlives the result, as @name ("Filter") outlives the call. The
 * result is the arena's. ERR_INVALID, ERR_UNSUPPORTED and ERR_LIMIT name the member by its path. */
int ce_expression_parse(const json_t *json, const char *name, struct arena *arena,
			const struct ce_expression **ret_expression, struct err *err) MUST_CHECK;

/* Calls @each for every tag key of it until that is not 0, and returns that. */
typedef int ce_tag_key_fn(void *ctx, const char *key, struct err *err);
int ce_expression_tag_keys(const struct ce_expression *expression, ce_tag_key_fn *each, void *ctx,
			   struct err *err) MUST_CHECK;

/* Does it ask for any tag? */
bool ce_expression_has_tags(const struct ce_expression *expression);

/* What is matched. */
struct ce_subject {
	const struct ce_viewer *viewer;
	const struct charge *charge;
	enum meter meter;
	const struct charge_tag *tags; /* of the charge, if has_tags() */
	size_t tag_count;
	struct arena *arena; /* for values that are made */
};
bool ce_expression_matches(const struct ce_expression *expression,
			   const struct ce_subject *subject);

#endif
