/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that take a text, each a row of one table.
 */
#include "events/pattern_private.h"

#include <string.h>

#include "events/letter_case.h"

#define ONE_KEY	   "Only one key allowed in match expression"
#define NOT_STRING "match pattern must be a string"

static const struct event_text_operator TEXT_OPERATORS[] = {
	{"exactly", EVENT_TEST_TEXT, EVENT_TEST_TEXT, "", "exact " NOT_STRING, NULL},
	{"prefix", EVENT_TEST_PREFIX, EVENT_TEST_PREFIX_ANY_CASE, "Prefix", "prefix " NOT_STRING,
	 "prefix/suffix " NOT_STRING},
	{"suffix", EVENT_TEST_SUFFIX, EVENT_TEST_SUFFIX_ANY_CASE, "Suffix", "suffix " NOT_STRING,
	 "prefix/suffix " NOT_STRING},
	{"equals-ignore-case", EVENT_TEST_TEXT_ANY_CASE, EVENT_TEST_TEXT_ANY_CASE, "",
	 "equals-ignore-case " NOT_STRING,
	 "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not "
	 "supported."},
	{"wildcard", EVENT_TEST_WILDCARD, EVENT_TEST_WILDCARD, "", "wildcard " NOT_STRING,
	 "wildcard " NOT_STRING},
};

const struct event_text_operator *event_text_operator(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(TEXT_OPERATORS); i++) {
		if (strcmp(TEXT_OPERATORS[i].name, name) == 0)
			return &TEXT_OPERATORS[i];
	}
	return NULL;
}

bool event_name_is_reserved(const char *name)
{
	static const char *const others[] = {
		"anything-but",
		"exists",
		"numeric",
		"cidr",
		"html",
		"=",
		"<",
		"<=",
		">",
		">=",
		"regex",
		"not-wildcard",
		"date-after",
		"not-equals-ignore-case",
		"date-on-or-after",
		"date-before",
		"date-on-or-before",
		"in-date-range",
		"ip-address-in-range",
		"ip-address-not-in-range",
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (strcmp(name, others[i]) == 0)
			return true;
	}
	return event_text_operator(name) != NULL;
}

/* The next token ends the object (or list), else what is said is wrong. */
int event_expect(struct event_reader *reader, enum event_token token, const char *message,
		 struct err *err)
{
	if (event_reader_next(reader, err) < 0)
		return -1;
	return reader->token == token ? 0 : event_reader_fail(reader, err, "%s", message);
}

/* Cut a wildcard, which was checked, at its stars. */
static int glob_cut(struct event_reader *reader, struct event_value *value, struct err *err)
{
	char *text = arena_alloc(reader->arena, value->len + 1);
	struct event_glob *glob = &value->glob;
	const char **pieces;
	uint32_t *lens;
	size_t piece = 0;

	glob->count = 1;
	for (size_t i = 0; i < value->len; i++) {
		glob->count += value->text[i] == '*';
		i += value->text[i] == '\\';
	}
	pieces = arena_alloc(reader->arena, glob->count * sizeof(*pieces));
	lens = arena_alloc(reader->arena, glob->count * sizeof(*lens));
	if (!text || !pieces || !lens)
		return event_pattern_too_complex(err);
	pieces[0] = text;
	for (size_t i = 0; i < value->len; i++) {
		if (value->text[i] == '*') {
			pieces[++piece] = text;
			continue;
		}
		i += value->text[i] == '\\';
		*text++ = value->text[i];
		lens[piece]++;
	}
	glob->pieces = pieces;
	glob->piece_lens = lens;
	return 0;
}

/* The present string as a value of @kind. */
int event_text_value(struct event_reader *reader, enum event_test_kind kind,
		     struct event_value *value, struct err *err)
{
	struct err why = ERR_INIT;
	char *folded;

	if (event_reader_text(reader, err) < 0)
		return -1;
	value->text = reader->text;
	value->len = reader->text_len;
	if (kind == EVENT_TEST_WILDCARD) {
		if (event_wildcard_check(value->text, value->len, &why) < 0)
			return event_reader_fail(reader, err, "%s", why.text);
		return glob_cut(reader, value, err);
	}
	if (kind != EVENT_TEST_TEXT_ANY_CASE && kind != EVENT_TEST_PREFIX_ANY_CASE &&
	    kind != EVENT_TEST_SUFFIX_ANY_CASE)
		return 0;
	folded = arena_alloc(reader->arena, EVENT_CASE_ROOM(value->len));
	if (!folded)
		return event_pattern_too_complex(err);
	value->len = event_case_fold(value->text, value->len, folded);
	value->text = folded;
	return 0;
}

/* {"prefix": "text"} or {"prefix": {"equals-ignore-case": "text"}}, from behind the name. */
int event_text_test(struct event_reader *reader, const struct event_text_operator *row,
		    struct event_test *test, struct err *err)
{
	const char *not_string = row->not_string;
	bool nested = false;

	test->kind = row->kind;
	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token == EVENT_OBJECT_BEGIN && row->title[0]) {
		nested = true;
		test->kind = row->any_case;
		not_string = "equals-ignore-case " NOT_STRING;
		if (event_reader_next(reader, err) < 0)
			return -1;
		if (reader->token != EVENT_NAME)
			return event_reader_fail(reader, err, "%s expression name not found",
						 row->title);
		if (strcmp(reader->text, "equals-ignore-case") != 0)
			return event_reader_fail(reader, err, "Unsupported %s pattern: %s",
						 row->name, reader->text);
		if (event_reader_next(reader, err) < 0)
			return -1;
	}
	if (reader->token != EVENT_STRING)
		return event_reader_fail(reader, err, "%s", not_string);
	test->values = arena_alloc(reader->arena, sizeof(*test->values));
	test->count = 1;
	if (!test->values)
		return event_pattern_too_complex(err);
	if (event_text_value(reader, test->kind, test->values, err) < 0)
		return -1;
	return nested ? event_expect(reader, EVENT_OBJECT_END, ONE_KEY, err) : 0;
}
