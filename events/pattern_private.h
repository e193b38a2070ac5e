/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of a pattern's grammar know of each other. Each function that reads begins
 * behind the operator's name and ends with what belongs to it.
 */
#ifndef SLIPWAY_EVENTS_PATTERN_PRIVATE_H
#define SLIPWAY_EVENTS_PATTERN_PRIVATE_H

#include "events/json_reader.h"
#include "events/pattern.h"

/* Read a field's list, of which the reader stands on the bracket, to its end. */
int event_tests_read(struct event_reader *reader, struct event_field *field, struct err *err)
	MUST_CHECK;

/* Items while they are read: copied to the arena when the list has ended. */
struct event_list {
	void *items;
	size_t count;
	size_t room;
};

/* Room for one more, zeroed; a pattern's length bounds how many. */
void *event_list_add(struct event_list *list, size_t size);
/* The items in the reader's arena; NULL: they are too many. */
void *event_list_keep(struct event_reader *reader, const struct event_list *list, size_t size,
		      struct err *err) MUST_CHECK;
void event_list_done(struct event_list *list);

/* An operator that takes a text. */
struct event_text_operator {
	const char *name;
	enum event_test_kind kind;
	enum event_test_kind any_case; /* with {"equals-ignore-case": text} */
	const char *title;	       /* in messages about that object; "": it takes none */
	const char *not_string;
	const char *negated_not_string; /* of its anything-but; NULL: there is none */
};

const struct event_text_operator *event_text_operator(const char *name); /* NULL: is none */

/* The present string as a value of @kind. */
int event_text_value(struct event_reader *reader, enum event_test_kind kind,
		     struct event_value *value, struct err *err) MUST_CHECK;

/* The present number as a value. */
int event_number_read(struct event_reader *reader, event_key *ret, struct err *err) MUST_CHECK;
int event_number_value(struct event_reader *reader, struct event_value *value, struct err *err)
	MUST_CHECK;

/* "text" or {"equals-ignore-case": "text"} of prefix and suffix, "text" of the others. */
int event_text_test(struct event_reader *reader, const struct event_text_operator *row,
		    struct event_test *test, struct err *err) MUST_CHECK;
int event_numeric_read(struct event_reader *reader, struct event_range *ret_range, struct err *err)
	MUST_CHECK;
int event_but_read(struct event_reader *reader, struct event_test *test, struct err *err)
	MUST_CHECK;

/* Go on; what comes is @token, or ERR_INVALID with @message. */
int event_expect(struct event_reader *reader, enum event_token token, const char *message,
		 struct err *err) MUST_CHECK;

/* An operator's name, or one that the service keeps for itself. */
bool event_name_is_reserved(const char *name);

/* ERR_INVALID: more than what is given to one pattern. Returns -1. */
int event_pattern_too_complex(struct err *err);

#endif
