/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of a FOCUS file: shared by focus*.c only. */
#ifndef SLIPWAY_BILLING_FOCUS_PRIVATE_H
#define SLIPWAY_BILLING_FOCUS_PRIVATE_H

#include "billing/focus.h"

/* A short text that is made once and written often. What does not fit makes it `full`. */
#define FOCUS_TEXT_MAX 32768 /* fifty tags of the longest kind, every character escaped */
struct focus_text {
	char bytes[FOCUS_TEXT_MAX];
	size_t len;
	bool full;
};

void focus_text_add(struct focus_text *text, const char *bytes, size_t len);
void focus_text_put(struct focus_text *text, const char *more);
/* As a field of a CSV file (RFC 4180), quoted where that is needed. */
void focus_text_field(struct focus_text *text, const char *field);
/* As a JSON string, with its quotes. */
void focus_text_json(struct focus_text *text, const char *string);

/* @value / 10^decimals without needless zeros, at most 38 digits, into @ret; returns its length. */
#define FOCUS_NUMBER_SIZE 48
size_t focus_number(__int128 value, int decimals, char ret[FOCUS_NUMBER_SIZE]);

/* All tags of @charge, the provider's with them, as a JSON object. */
int focus_tags(const struct charge *charge, struct focus_text *text, struct err *err) MUST_CHECK;

#endif
