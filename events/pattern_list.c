/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of a field: values and operators. What is refused, and in which words, is what the
 * service's compiler does; where one message serves two operators, it does so there.
 */
#include "events/pattern_private.h"

#include <string.h>

#include "events/growing.h"
#include "events/number.h"

#define ONE_KEY "Only one key allowed in match expression"

/* Room for one more, zeroed. Bounded by the text's length. */
void *event_list_add(struct event_list *list, size_t size)
{
	uint8_t *item;

	if (list->count == list->room)
		list->items = event_grow(list->items, &list->room, list->count + 1, size);
	item = (uint8_t *)list->items + list->count++ * size;
	memset(item, 0, size);
	return item;
}

void *event_list_keep(struct event_reader *reader, const struct event_list *list, size_t size,
		      struct err *err)
{
	void *kept = arena_alloc(reader->arena, list->count * size + 1);

	if (!kept) {
		(void)event_pattern_too_complex(err);
		return NULL;
	}
	if (list->count)
		memcpy(kept, list->items, list->count * size);
	return kept;
}

void event_list_done(struct event_list *list)
{
	free(list->items);
}

int event_number_value(struct event_reader *reader, struct event_value *value, struct err *err)
{
	value->range.family = EVENT_NUMBERS;
	if (event_number_read(reader, &value->range.low, err) < 0)
		return -1;
	value->range.high = value->range.low;
	return 0;
}

/* What is compared by itself: "text", 5, true, null. */
static int plain_test(struct event_reader *reader, struct event_test *test, struct err *err)
{
	struct event_value value = {0};
	struct err ignored = ERR_INIT;

	test->kind = EVENT_TEST_LITERAL;
	if (event_reader_text(reader, err) < 0)
		return -1;
	value.text = reader->text; /* of a string: in the arena */
	if (reader->token != EVENT_STRING)
		value.text = arena_strndup(reader->arena, reader->text, reader->text_len);
	if (!value.text)
		return event_pattern_too_complex(err);
	value.len = reader->text_len;
	if (reader->token == EVENT_STRING) {
		test->kind = event_address_parse(value.text, value.len, &value.range)
				     ? EVENT_TEST_RANGE
				     : EVENT_TEST_TEXT;
	} else if (reader->token == EVENT_NUMBER) {
		/* Numbers without a key are compared as they are written. */
		if (event_number_value(reader, &value, &ignored) == 0)
			test->kind = EVENT_TEST_RANGE;
	} else if (reader->token != EVENT_TRUE && reader->token != EVENT_FALSE &&
		   reader->token != EVENT_NULL) {
		return event_reader_fail(
			reader, err, "Match value must be String, number, true, false, or null");
	}
	test->values = arena_alloc(reader->arena, sizeof(value));
	if (!test->values)
		return event_pattern_too_complex(err);
	test->values[0] = value;
	test->count = 1;
	return 0;
}

static int exists_test(struct event_reader *reader, struct event_test *test, struct err *err)
{
	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_TRUE && reader->token != EVENT_FALSE)
		return event_reader_fail(reader, err,
					 "exists match pattern must be either true or false.");
	test->kind = reader->token == EVENT_TRUE ? EVENT_TEST_EXISTS : EVENT_TEST_ABSENT;
	return 0;
}

/* This one message has no place: the service makes it without knowing one. */
static int cidr_test(struct event_reader *reader, struct event_test *test, struct err *err)
{
	struct err why = ERR_INIT;

	test->kind = EVENT_TEST_RANGE;
	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_STRING)
		return event_reader_fail(reader, err, "prefix match pattern must be a string");
	if (event_reader_text(reader, err) < 0)
		return -1;
	test->values = arena_alloc(reader->arena, sizeof(*test->values));
	test->count = 1;
	if (!test->values)
		return event_pattern_too_complex(err);
	if (event_cidr_parse(reader->text, reader->text_len, &test->values->range, &why) < 0)
		return err_set(err, ERR_INVALID, "Event pattern is not valid. Reason: %s",
			       why.text);
	return 0;
}

static int numeric_test(struct event_reader *reader, struct event_test *test, struct err *err)
{
	test->kind = EVENT_TEST_RANGE;
	test->values = arena_alloc(reader->arena, sizeof(*test->values));
	test->count = 1;
	return test->values ? event_numeric_read(reader, &test->values->range, err)
			    : event_pattern_too_complex(err);
}

/* An operator's object, on whose bracket the reader stands, to its end. */
static int operator_test(struct event_reader *reader, struct event_test *test, struct err *err)
{
	static const struct {
		const char *name;
		int (*read)(struct event_reader *, struct event_test *, struct err *);
		const char *too_many;
	} operators[] = {
		{"numeric", numeric_test, "Too many elements in numeric expression"},
		{"anything-but", event_but_read, "Too many elements in numeric expression"},
		{"exists", exists_test, ONE_KEY},
		{"cidr", cidr_test, ONE_KEY},
	};
	const struct event_text_operator *text;

	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_NAME)
		return event_reader_fail(reader, err, "Match expression name not found");
	text = event_text_operator(reader->text);
	if (text)
		return event_text_test(reader, text, test, err) < 0
			       ? -1
			       : event_expect(reader, EVENT_OBJECT_END, ONE_KEY, err);
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (strcmp(reader->text, operators[i].name) == 0)
			return operators[i].read(reader, test, err) < 0
				       ? -1
				       : event_expect(reader, EVENT_OBJECT_END,
						      operators[i].too_many, err);
	}
	return event_reader_fail(reader, err, "Unrecognized match type %s", reader->text);
}

/* The service's limit on what wildcards may cost together. */
static int check_wildcards(const struct event_test *tests, size_t count, struct err *err)
{
	AUTO(event_list_done) struct event_list wildcards = {0};

	for (size_t i = 0; i < count; i++) {
		if (tests[i].kind != EVENT_TEST_WILDCARD)
			continue;
		for (size_t j = 0; j < tests[i].count; j++) {
			struct event_wildcard *one = event_list_add(&wildcards, sizeof(*one));

			one->text = tests[i].values[j].text;
			one->len = tests[i].values[j].len;
			one->pattern = (unsigned int)i;
		}
	}
	if (wildcards.count && event_wildcards_too_complex(wildcards.items, wildcards.count))
		return event_pattern_too_complex(err);
	return 0;
}

int event_tests_read(struct event_reader *reader, struct event_field *field, struct err *err)
{
	AUTO(event_list_done) struct event_list tests = {0};

	for (;;) {
		struct event_test *test;

		if (event_reader_next(reader, err) < 0)
			return -1;
		if (reader->token == EVENT_ARRAY_END)
			break;
		test = event_list_add(&tests, sizeof(*test));
		if ((reader->token == EVENT_OBJECT_BEGIN ? operator_test(reader, test, err)
							 : plain_test(reader, test, err)) < 0)
			return -1;
	}
	if (tests.count == 0)
		return event_reader_fail(reader, err, "Empty arrays are not allowed");
	if (check_wildcards(tests.items, tests.count, err) < 0)
		return -1;
	field->count = tests.count;
	field->tests = event_list_keep(reader, &tests, sizeof(struct event_test), err);
	return field->tests ? 0 : -1;
}
