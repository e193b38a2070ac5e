/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern is compared as IAM compares actions: without regard to case, `*` for any run
 * of characters and `?` for one. What no pattern allows is denied.
 */
#include "store/role_policy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/ident.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*?:-"

const char *role_name(const char *arn)
{
	const char *slash = arn ? strrchr(arn, '/') : NULL;

	if (slash)
		return slash + 1;
	return arn ? arn : "";
}

/* The next pattern of a list and its length; NULL at the end. */
static const char *next_pattern(const char *at, size_t *ret_len)
{
	at += strspn(at, ", ");
	*ret_len = strcspn(at, ", ");
	return *ret_len > 0 ? at : NULL;
}

static int check_patterns(const struct conf_pair *role, struct err *err)
{
	size_t len;

	for (const char *at = role->value; (at = next_pattern(at, &len)) != NULL; at += len) {
		bool whole = len == 1 && *at == '*';

		if ((!whole && !memchr(at, ':', len)) || strspn(at, LETTERS) < len)
			return err_set(err, ERR_INVALID,
				       "role.%s: %.*s is no pattern of actions like ecs:List*",
				       role->name, (int)len, at);
	}
	return 0;
}

int role_policies_check(const struct conf_map *roles, struct err *err)
{
	for (size_t i = 0; i < roles->count; i++) {
		if (!ident_is_name(roles->pairs[i].name, ROLE_NAME_SIZE - 1))
			return err_set(err, ERR_INVALID,
				       "role.%s: a role's name has 1 to %d letters, digits, - "
				       "and _",
				       roles->pairs[i].name, ROLE_NAME_SIZE - 1);
		if (check_patterns(&roles->pairs[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Goes back to the last star only, so the work is bounded by the product of the lengths. */
static bool matches(const char *pattern, size_t len, const char *text)
{
	size_t at = 0;
	size_t star = SIZE_MAX;
	const char *resume = text;

	while (*text) {
		if (at < len && pattern[at] == '*') {
			star = at++;
			resume = text;
		} else if (at < len &&
			   (pattern[at] == '?' ||
			    tolower((unsigned char)pattern[at]) == tolower((unsigned char)*text))) {
			at++;
			text++;
		} else if (star != SIZE_MAX) {
			at = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (at < len && pattern[at] == '*')
		at++;
	return at == len;
}

bool role_policy_allows(const char *patterns, const char *service, const char *action)
{
	AUTO(freep) char *text = xasprintf("%s:%s", service, action);
	size_t len;

	for (const char *at = patterns; at && (at = next_pattern(at, &len)) != NULL; at += len) {
		if (matches(at, len, text))
			return true;
	}
	return false;
}
