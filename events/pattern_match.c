/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pattern against one event, without any preparation: a field's values are looked for in the
 * event; with each that passes, the next field is tried, under what the values before chose of
 * the event's arrays. Fields that may be absent are tried last. Steps are counted: events can be
 * made whose arrays allow more choices than anybody wants to try.
 */
#include "events/pattern.h"

#include <stdio.h>
#include <string.h>

#include "events/flat.h"
#include "events/letter_case.h"
#include "events/number.h"

#define STEPS_MAX   (1u << 20)
#define CHOICES_MAX 1024 /* of one match */

struct choice {
	const json_t *array;
	size_t element;
};

struct search {
	const struct event_field **fields; /* in the order of trying */
	size_t count;
	size_t at; /* the field that is looked for */
	struct choice *choices;
	size_t choice_count;
	size_t chosen_before; /* by the fields before */
	bool bare_failed;     /* a value of this field passed that chose nothing, in vain */
	bool only_presence;
	bool present;
	unsigned int steps;
	char *scratch; /* for folding; grows */
	size_t scratch_size;
};

enum found { NOT_FOUND, FOUND, GIVEN_UP };

static enum found try_field(struct search *search, size_t at);

static bool is_in(const struct event_range *range, enum event_family family, event_key key)
{
	return range->family == family && range->low <= key && key <= range->high;
}

static bool begins(const struct event_value *value, const char *text, size_t len)
{
	return value->len <= len && (!value->len || memcmp(value->text, text, value->len) == 0);
}

static bool ends(const struct event_value *value, const char *text, size_t len)
{
	return value->len <= len &&
	       (!value->len || memcmp(value->text, text + len - value->len, value->len) == 0);
}

static bool in_range(const struct event_range *range, const struct event_leaf *leaf)
{
	struct event_range one;
	int64_t key;

	if (leaf->type == EVENT_LEAF_STRING)
		return event_address_parse(leaf->text, leaf->len, &one) &&
		       is_in(range, one.family, one.low);
	if (leaf->type != EVENT_LEAF_NUMBER)
		return false;
	(void)event_number_key(leaf->text, leaf->len, &key);
	return is_in(range, EVENT_NUMBERS, event_key_of_number(key));
}

/* The tests that look at a string; folded where case does not count. */
static bool string_passes(const struct event_value *value, enum event_test_kind kind,
			  const char *text, size_t len)
{
	switch (kind) {
	case EVENT_TEST_TEXT:
	case EVENT_TEST_TEXT_ANY_CASE:
		return value->len == len && begins(value, text, len);
	case EVENT_TEST_PREFIX:
	case EVENT_TEST_PREFIX_ANY_CASE:
		return begins(value, text, len);
	case EVENT_TEST_SUFFIX:
	case EVENT_TEST_SUFFIX_ANY_CASE:
		return ends(value, text, len);
	case EVENT_TEST_WILDCARD:
		return event_glob_match(&value->glob, text, len);
	case EVENT_TEST_LITERAL:
	case EVENT_TEST_RANGE:
	case EVENT_TEST_EXISTS:
	case EVENT_TEST_ABSENT:
	case EVENT_TEST_KIND_COUNT:
	default:
		return false;
	}
}

static bool value_passes(struct search *search, const struct event_value *value,
			 enum event_test_kind kind, const struct event_leaf *leaf)
{
	if (kind == EVENT_TEST_RANGE)
		return in_range(&value->range, leaf);
	if (kind == EVENT_TEST_LITERAL)
		return leaf->type != EVENT_LEAF_STRING && value->len == leaf->len &&
		       begins(value, leaf->text, leaf->len);
	if (leaf->type != EVENT_LEAF_STRING)
		return false;
	if (kind != EVENT_TEST_TEXT_ANY_CASE && kind != EVENT_TEST_PREFIX_ANY_CASE &&
	    kind != EVENT_TEST_SUFFIX_ANY_CASE)
		return string_passes(value, kind, leaf->text, leaf->len);
	if (search->scratch_size < EVENT_CASE_ROOM((size_t)leaf->len)) {
		free(search->scratch);
		search->scratch_size = EVENT_CASE_ROOM((size_t)leaf->len);
		search->scratch = xcalloc(1, search->scratch_size);
	}
	return string_passes(value, kind, search->scratch,
			     event_case_fold(leaf->text, leaf->len, search->scratch));
}

static bool test_passes(struct search *search, const struct event_test *test,
			const struct event_leaf *leaf)
{
	if (test->kind == EVENT_TEST_EXISTS)
		return true;
	if (test->kind == EVENT_TEST_ABSENT)
		return false;
	for (size_t i = 0; i < test->count; i++) {
		if (value_passes(search, &test->values[i], test->kind, leaf))
			return !test->negated;
	}
	return test->negated;
}

/* A value as the event's text would have it; @number is room for one. */
static struct event_leaf leaf_of(const json_t *value, char *number, size_t size)
{
	struct event_leaf leaf = {.type = EVENT_LEAF_WORD, .text = "null"};

	if (json_is_string(value)) {
		leaf.type = EVENT_LEAF_STRING;
		leaf.text = json_string_value(value);
		leaf.len = (uint32_t)json_string_length(value);
		return leaf;
	}
	if (json_is_boolean(value))
		leaf.text = json_is_true(value) ? "true" : "false";
	if (json_is_number(value)) {
		leaf.type = EVENT_LEAF_NUMBER;
		leaf.text = number;
		if (json_is_integer(value))
			(void)snprintf(number, size, "%" JSON_INTEGER_FORMAT,
				       json_integer_value(value));
		else
			(void)snprintf(number, size, "%.15g", json_real_value(value));
	}
	leaf.len = (uint32_t)strlen(leaf.text);
	return leaf;
}

/* A value stands at the path of the present field. */
static enum found meet_leaf(struct search *search, const json_t *value)
{
	const struct event_field *field = search->fields[search->at];
	size_t chosen_before = search->chosen_before;
	bool bare_failed = search->bare_failed;
	size_t at = search->at;
	struct event_leaf leaf;
	char number[64];
	enum found found;

	if (search->only_presence) {
		search->present = true;
		return GIVEN_UP;
	}
	/* Another value that chooses nothing would end the same way. */
	if (bare_failed && search->choice_count == chosen_before)
		return NOT_FOUND;
	leaf = leaf_of(value, number, sizeof(number));
	for (size_t i = 0; i < field->count; i++) {
		if (!test_passes(search, &field->tests[i], &leaf))
			continue;
		found = try_field(search, at + 1);
		search->at = at;
		search->chosen_before = chosen_before;
		search->bare_failed = bare_failed || search->choice_count == chosen_before;
		return found;
	}
	return NOT_FOUND;
}

/* Choose an element of an array: 0 another one is chosen, 1 this one was already, 2 it is now. */
static int choose(struct search *search, const json_t *array, size_t element)
{
	for (size_t i = 0; i < search->choice_count; i++) {
		if (search->choices[i].array == array)
			return search->choices[i].element == element;
	}
	if (search->choice_count == CHOICES_MAX)
		return 0;
	search->choices[search->choice_count++] = (struct choice){array, element};
	return 2;
}

static enum found walk(struct search *search, const json_t *value, const char *path, size_t len);

static enum found walk_array(struct search *search, const json_t *array, const char *path,
			     size_t len)
{
	enum found found = NOT_FOUND;

	for (size_t i = 0; i < json_array_size(array) && found == NOT_FOUND; i++) {
		const json_t *element = json_array_get(array, i);
		int chosen = 1;

		if (json_is_object(element) || json_is_array(element))
			chosen = choose(search, array, i);
		if (chosen)
			found = walk(search, element, path, len);
		search->choice_count -= chosen == 2;
	}
	return found;
}

/* Names of members may have dots themselves, so each part of the path up to a dot is tried. */
static enum found walk_object(struct search *search, const json_t *object, const char *path,
			      size_t len)
{
	enum found found = NOT_FOUND;

	for (size_t end = 0; end <= len && found == NOT_FOUND; end++) {
		const json_t *member;

		if (end < len && path[end] != '.')
			continue;
		member = json_object_getn(object, path, end);
		if (member && end == len)
			found = walk(search, member, NULL, 0);
		else if (member)
			found = walk(search, member, path + end + 1, len - end - 1);
	}
	return found;
}

/* All values at the path below @value; NULL: it is the place. */
static enum found walk(struct search *search, const json_t *value, const char *path, size_t len)
{
	if (++search->steps > STEPS_MAX)
		return GIVEN_UP;
	if (json_is_array(value))
		return walk_array(search, value, path, len);
	if (json_is_object(value))
		return path ? walk_object(search, value, path, len) : NOT_FOUND;
	return path ? NOT_FOUND : meet_leaf(search, value);
}

static bool may_be_absent(const struct event_field *field)
{
	for (size_t i = 0; i < field->count; i++) {
		if (field->tests[i].kind == EVENT_TEST_ABSENT)
			return true;
	}
	return false;
}

/* Fields from @at on. The event is the first choice's array, which nothing else is. */
static enum found try_field(struct search *search, size_t at)
{
	const struct event_field *field = at < search->count ? search->fields[at] : NULL;
	const json_t *event = search->choices[0].array;

	if (!field)
		return FOUND;
	search->at = at;
	search->chosen_before = search->choice_count;
	if (may_be_absent(field)) {
		search->only_presence = true;
		search->present = false;
		(void)walk(search, event, field->path, field->path_len);
		search->only_presence = false;
		if (!search->present)
			return try_field(search, at + 1);
	}
	search->bare_failed = false;
	return walk(search, event, field->path, field->path_len);
}

static bool match_branch(struct search *search, const json_t *event,
			 const struct event_branch *branch)
{
	enum found found;

	search->fields = xcalloc(branch->count, sizeof(void *));
	search->count = 0;
	for (int absent = 0; absent < 2; absent++) {
		for (size_t i = 0; i < branch->count; i++) {
			if (may_be_absent(branch->fields[i]) == (absent == 1))
				search->fields[search->count++] = branch->fields[i];
		}
	}
	search->choices[0] = (struct choice){event, 0};
	search->choice_count = 1;
	found = try_field(search, 0);
	free(search->fields);
	return found == FOUND;
}

int event_pattern_match(const struct event_pattern *pattern, const json_t *event, bool *ret_match,
			struct err *err)
{
	struct choice choices[CHOICES_MAX];
	struct search search = {.choices = choices};
	bool matches = false;
	size_t count;
	const struct event_branch *branches = event_pattern_branches(pattern, &count);

	for (size_t i = 0; i < count && !matches && search.steps <= STEPS_MAX; i++)
		matches = match_branch(&search, event, &branches[i]);
	free(search.scratch);
	if (!matches && search.steps > STEPS_MAX)
		return err_set(err, ERR_LIMIT,
			       "event is too costly to match: it takes more than %u steps",
			       STEPS_MAX);
	*ret_match = matches;
	return 0;
}
