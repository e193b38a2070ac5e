/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "events/pattern.h"

#define SOURCE "source"

static bool test_may_be(const struct event_test *test, const char *source)
{
	if (test->kind != EVENT_TEST_TEXT || test->negated)
		return true;
	for (size_t i = 0; i < test->count; i++) {
		if (test->values[i].len == strlen(source) &&
		    memcmp(test->values[i].text, source, test->values[i].len) == 0)
			return true;
	}
	return false;
}

static bool branch_may_want(const struct event_branch *branch, const char *source)
{
	for (size_t i = 0; i < branch->count; i++) {
		const struct event_field *field = branch->fields[i];
		bool may = false;

		if (field->path_len != strlen(SOURCE) ||
		    memcmp(field->path, SOURCE, field->path_len) != 0)
			continue;
		for (size_t k = 0; k < field->count && !may; k++)
			may = test_may_be(&field->tests[k], source);
		return may;
	}
	return true;
}

bool event_pattern_may_want(const struct event_pattern *pattern, const char *source)
{
	size_t count;
	const struct event_branch *branches = event_pattern_branches(pattern, &count);

	for (size_t i = 0; i < count; i++) {
		if (branch_may_want(&branches[i], source))
			return true;
	}
	return false;
}
