/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"anything-but": ...}: texts, or numbers, or one of the operators with one or more texts.
 */
#include "events/pattern_private.h"

#include <string.h>

static int negated_value(struct event_reader *reader, const struct event_text_operator *row,
			 struct event_list *values, struct err *err)
{
	struct event_value *value;

	if (reader->token != EVENT_STRING)
		return event_reader_fail(reader, err, "%s", row->negated_not_string);
	value = event_list_add(values, sizeof(*value));
	if (event_text_value(reader, row->kind, value, err) < 0)
		return -1;
	if (value->len == 0 && (row->kind == EVENT_TEST_PREFIX || row->kind == EVENT_TEST_SUFFIX))
		return event_reader_fail(reader, err, "Null prefix/suffix not allowed");
	return 0;
}

/* [a, b, ...] of an operator inside anything-but. */
static int negated_list(struct event_reader *reader, const struct event_text_operator *row,
			struct event_list *values, struct err *err)
{
	for (;;) {
		if (event_reader_next(reader, err) < 0)
			return -1;
		if (reader->token == EVENT_ARRAY_END)
			return 0;
		if (negated_value(reader, row, values, err) < 0)
			return -1;
	}
}

static int but_value(struct event_reader *reader, struct event_list *values, struct err *err)
{
	struct event_value *value = event_list_add(values, sizeof(*value));

	return reader->token == EVENT_NUMBER
		       ? event_number_value(reader, value, err)
		       : event_text_value(reader, EVENT_TEST_TEXT, value, err);
}

/* [a, b, ...] of anything-but: texts or numbers. */
static int but_list(struct event_reader *reader, struct event_test *test, struct event_list *values,
		    struct err *err)
{
	bool numbers = false;
	bool texts = false;

	for (;;) {
		if (event_reader_next(reader, err) < 0)
			return -1;
		if (reader->token == EVENT_ARRAY_END)
			break;
		if (reader->token != EVENT_STRING && reader->token != EVENT_NUMBER)
			return event_reader_fail(
				reader, err,
				"Inside anything but list, start|null|boolean is not supported.");
		numbers |= reader->token == EVENT_NUMBER;
		texts |= reader->token == EVENT_STRING;
		if (but_value(reader, values, err) < 0)
			return -1;
	}
	if (numbers == texts)
		return event_reader_fail(reader, err,
					 "Inside anything but list, either all values are number "
					 "or string, mixed type is not supported");
	test->kind = numbers ? EVENT_TEST_RANGE : EVENT_TEST_TEXT;
	return 0;
}

/* The operator inside anything-but, on whose bracket the reader stands, and its first token. */
static int but_operator(struct event_reader *reader, const struct event_text_operator **ret,
			struct err *err)
{
	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_NAME)
		return event_reader_fail(reader, err, "Anything-But expression name not found");
	*ret = event_text_operator(reader->text);
	if (!*ret || !(*ret)->negated_not_string)
		return event_reader_fail(reader, err, "Unsupported anything-but pattern: %s",
					 reader->text);
	return event_reader_next(reader, err);
}

static int but_values(struct event_reader *reader, struct event_test *test,
		      struct event_list *values, struct err *err)
{
	const struct event_text_operator *row = NULL;
	bool list;

	if (reader->token == EVENT_OBJECT_BEGIN && but_operator(reader, &row, err) < 0)
		return -1;
	list = reader->token == EVENT_ARRAY_BEGIN;
	if (!list && reader->token != EVENT_STRING && reader->token != EVENT_NUMBER)
		return event_reader_fail(
			reader, err,
			"Value of anything-but must be an array or single string/number value.");
	if (!row) {
		if (list)
			return but_list(reader, test, values, err);
		test->kind = reader->token == EVENT_NUMBER ? EVENT_TEST_RANGE : EVENT_TEST_TEXT;
		return but_value(reader, values, err);
	}
	test->kind = row->kind;
	if ((list ? negated_list(reader, row, values, err)
		  : negated_value(reader, row, values, err)) < 0)
		return -1;
	return event_expect(reader, EVENT_OBJECT_END, "Too many elements in numeric expression",
			    err);
}

int event_but_read(struct event_reader *reader, struct event_test *test, struct err *err)
{
	AUTO(event_list_done) struct event_list values = {0};

	test->negated = true;
	if (event_reader_next(reader, err) < 0 || but_values(reader, test, &values, err) < 0)
		return -1;
	test->count = values.count;
	test->values = event_list_keep(reader, &values, sizeof(struct event_value), err);
	return test->values ? 0 : -1;
}
