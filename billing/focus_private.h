/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of a FOCUS file, and the fields of its rows: shared by focus*.c only. */
#ifndef SLIPWAY_BILLING_FOCUS_PRIVATE_H
#define SLIPWAY_BILLING_FOCUS_PRIVATE_H

#include <string.h>

#include "billing/focus.h"

/* --- texts --- */

/* A text that is made once and written often. What does not fit makes it `full`. */
struct focus_text {
	char *bytes; /* owned; a few more than `max` */
	size_t len, max;
	bool full;
};

void focus_text_init(struct focus_text *text, size_t max);
void focus_text_done(struct focus_text *text);
void focus_text_clear(struct focus_text *text);
void focus_text_add(struct focus_text *text, const char *bytes, size_t len);
void focus_text_put(struct focus_text *text, const char *more);
/* As a field of a CSV file (RFC 4180), quoted where that is needed. */
void focus_text_field(struct focus_text *text, const char *field);
/* As a JSON string, with its quotes. */
void focus_text_json(struct focus_text *text, const char *string);
/* As focus_number(). */
void focus_text_number(struct focus_text *text, __int128 value, int decimals);
/* The shortest text that is read as this double. */
void focus_text_double(struct focus_text *text, double value);
/* With a zero at its end. Borrowed until it is changed. */
const char *focus_text_end(struct focus_text *text);

/* Copied to @to; returns the end there. Behind it FOCUS_COPY_SLACK bytes may be overwritten: most
 * texts are shorter, and copied at once. */
#define FOCUS_COPY_SLACK 32
static inline char *focus_text_copy(const struct focus_text *text, char *to)
{
	if (text->len <= FOCUS_COPY_SLACK)
		memcpy(to, text->bytes, FOCUS_COPY_SLACK);
	else
		memcpy(to, text->bytes, text->len);
	return to + text->len;
}

/* @value / 10^decimals without needless zeros, at most 38 digits, into @ret; returns its length. */
#define FOCUS_NUMBER_SIZE 48
size_t focus_number(__int128 value, int decimals, char ret[FOCUS_NUMBER_SIZE]);

/* All tags of @charge, the provider's with them, as a JSON object. */
#define FOCUS_TAGS_MAX 32768 /* fifty tags of the longest kind, every character escaped */
int focus_tags(const struct charge *charge, struct focus_text *text, struct err *err) MUST_CHECK;

/* --- fields --- */

/* What a column is filled with, and how long that may get. */
#define FOCUS_USUAL 128
#define FOCUS_PRICE 256
#define FOCUS_NAMES 2048 /* a cluster's and a family's of 255 bytes, every character escaped */
#define FOCUS_SOURCES(X)                                                                           \
	X(FIXED, 0) /* the text of the column's row */                                             \
	X(CURRENCY, FOCUS_USUAL)                                                                   \
	X(REGION, FOCUS_NAMES)                                                                     \
	/* of an account and a month */                                                            \
	X(ACCOUNT, FOCUS_USUAL)                                                                    \
	X(ACCOUNT_NAME, FOCUS_NAMES)                                                               \
	X(INVOICE, FOCUS_USUAL)                                                                    \
	X(PERIOD_START, FOCUS_USUAL)                                                               \
	X(PERIOD_END, FOCUS_USUAL)                                                                 \
	/* of a charge */                                                                          \
	X(RESOURCE_ID, FOCUS_NAMES)                                                                \
	X(RESOURCE_NAME, FOCUS_NAMES)                                                              \
	X(TAGS, 2 * FOCUS_TAGS_MAX)                                                                \
	/* of a piece */                                                                           \
	X(HOUR_START, FOCUS_USUAL)                                                                 \
	X(HOUR_END, FOCUS_USUAL)                                                                   \
	X(DESCRIPTION, FOCUS_USUAL)                                                                \
	X(CLASS, FOCUS_USUAL)                                                                      \
	X(COST, FOCUS_USUAL)                                                                       \
	X(LIST_COST, FOCUS_USUAL)                                                                  \
	X(CONTRACTED_COST, FOCUS_USUAL)                                                            \
	X(QUANTITY, FOCUS_USUAL)                                                                   \
	/* of a price */                                                                           \
	X(CATEGORY, FOCUS_PRICE)                                                                   \
	X(UNIT, FOCUS_PRICE)                                                                       \
	X(SKU, FOCUS_PRICE)                                                                        \
	X(SKU_METER, FOCUS_PRICE)                                                                  \
	X(SKU_DETAILS, FOCUS_PRICE)                                                                \
	X(SKU_PRICE, FOCUS_PRICE)                                                                  \
	X(LIST_PRICE, FOCUS_PRICE)                                                                 \
	X(CONTRACTED_PRICE, FOCUS_PRICE)
#define FOCUS_AS_ENUM(name, size) FOCUS_##name,
enum focus_source { FOCUS_SOURCES(FOCUS_AS_ENUM) FOCUS_SOURCE_COUNT };
size_t focus_field_max(enum focus_source source);

/* The texts of a meter's price. */
#define FOCUS_CARD_FIRST FOCUS_CATEGORY
#define FOCUS_CARD_COUNT (FOCUS_SOURCE_COUNT - FOCUS_CARD_FIRST)
struct focus_card {
	int64_t list_nano, share;
	char architecture[16]; /* empty: none was made yet */
	struct focus_text texts[FOCUS_CARD_COUNT];
};

/* The fields of one row after the other. */
#define FOCUS_CARDS	   ((size_t)METER_COUNT * 2 * 2) /* spot or not, ARM or not */
#define FOCUS_ACCOUNT_SIZE 64
struct focus_fields {
	const struct focus_options *options;		  /* borrowed */
	const struct focus_text *now[FOCUS_SOURCE_COUNT]; /* each field of the row */
	/* its own */
	struct account *accounts; /* for their names */
	size_t account_count;
	char account[FOCUS_ACCOUNT_SIZE]; /* that texts are there for */
	int64_t month_s, month_end_s, hour_s;
	bool has_invoice; /* its text is that of the account and month */
	struct focus_text own[FOCUS_SOURCE_COUNT], scratch, empty;
	struct focus_card cards[FOCUS_CARDS];
};

int focus_fields_init(struct focus_fields *fields, struct db *db,
		      const struct focus_options *options, const char *currency, struct err *err)
	MUST_CHECK;
void focus_fields_done(struct focus_fields *fields); /* also where init failed */
/* Once a charge, then once each of its pieces. ERR_LIMIT: names that are too long. */
int focus_fields_charge(struct focus_fields *fields, const struct charge *charge, struct err *err)
	MUST_CHECK;
void focus_fields_piece(struct focus_fields *fields, const struct charge *charge,
			const struct cost_piece *piece);

#endif
