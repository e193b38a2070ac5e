/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"numeric": [">", 0, "<=", 5]}: one comparison, or a lower bound and an upper one, as a range
 * of keys. Keys between those of two numbers are those of numbers with more decimals, so
 * "above 5" begins with the key after that of 5.
 */
#include "events/pattern_private.h"

#include <string.h>

#include "events/number.h"

#define TOO_MANY "Too many elements in numeric expression"

static const struct comparison {
	const char *name;
	const char *title; /* in messages */
	bool low;	   /* sets the range's beginning */
	bool high;	   /* sets its end */
	bool open;	   /* without the number itself */
} COMPARISONS[] = {
	{"=", "equals", true, true, false}, {">=", ">=", true, false, false},
	{">", ">", true, false, true},	    {"<=", "<=", false, true, false},
	{"<", "<", false, true, true},
};

static const struct comparison *comparison(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(COMPARISONS); i++) {
		if (strcmp(COMPARISONS[i].name, name) == 0)
			return &COMPARISONS[i];
	}
	return NULL;
}

int event_number_read(struct event_reader *reader, event_key *ret, struct err *err)
{
	int64_t key;

	switch (event_number_key(reader->text, reader->text_len, &key)) {
	case EVENT_NUMBER_EXACT:
		*ret = event_key_of_number(key);
		return 0;
	case EVENT_NUMBER_TOO_FINE:
		return event_reader_fail(reader, err, "Only values upto 6 decimals are supported");
	case EVENT_NUMBER_TOO_LARGE:
	default:
		return event_reader_fail(reader, err,
					 "Value must be between -5.0E9 and 5.0E9, inclusive");
	}
}

/* The number behind an row, into @range. */
static int read_bound(struct event_reader *reader, const struct comparison *row,
		      struct event_range *range, struct err *err)
{
	event_key key = 0;

	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_NUMBER)
		return event_reader_fail(reader, err, "Value of %s must be numeric", row->title);
	if (event_number_read(reader, &key, err) < 0)
		return -1;
	if (row->low)
		range->low = key + row->open;
	if (row->high)
		range->high = key - row->open;
	return 0;
}

/* What may follow a lower bound, up to the bracket. */
static int read_upper(struct event_reader *reader, struct event_range *range, struct err *err)
{
	const struct comparison *row;

	if (reader->token != EVENT_STRING)
		return event_reader_fail(reader, err, "Bad value in numeric range: %.*s",
					 reader->text_len > 64 ? 64 : (int)reader->text_len,
					 reader->text);
	if (event_reader_text(reader, err) < 0)
		return -1;
	row = comparison(reader->text);
	if (!row || row->low)
		return event_reader_fail(reader, err, "Bad numeric range operator: %s",
					 reader->text);
	if (read_bound(reader, row, range, err) < 0 || event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_ARRAY_END)
		return event_reader_fail(reader, err, "Too many terms in numeric range expression");
	if (range->low > range->high)
		return event_reader_fail(reader, err, "Bottom must be less than top");
	return 0;
}

int event_numeric_read(struct event_reader *reader, struct event_range *ret_range, struct err *err)
{
	struct event_range range = {EVENT_NUMBERS, 0, ~(event_key)0};
	const struct comparison *row;

	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_ARRAY_BEGIN)
		return event_reader_fail(reader, err, "Value of numeric must be an array.");
	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_STRING)
		return event_reader_fail(reader, err, "Invalid member in numeric match: %.*s",
					 reader->text_len > 64 ? 64 : (int)reader->text_len,
					 reader->text);
	if (event_reader_text(reader, err) < 0)
		return -1;
	row = comparison(reader->text);
	if (!row)
		return event_reader_fail(reader, err, "Unrecognized numeric range operator: %s",
					 reader->text);
	if (read_bound(reader, row, &range, err) < 0 || event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_ARRAY_END) {
		if (row->high)
			return event_reader_fail(reader, err, TOO_MANY);
		if (read_upper(reader, &range, err) < 0)
			return -1;
	}
	*ret_range = range;
	return 0;
}
