/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Price lists, and texts of money. Money is counted in billionths ("nano") of the
 * currency's unit, in integers.
 */
#ifndef SLIPWAY_BILLING_PRICE_H
#define SLIPWAY_BILLING_PRICE_H

#include "billing/ledger.h"

#define PRICE_NANO	    1000000000LL
#define PRICE_MAX_NANO	    (1000 * PRICE_NANO) /* an hour of one unit: a larger one is a mistake */
#define PRICE_TEXT_SIZE	    32
#define PRICE_CURRENCY_SIZE 4	  /* three letters: ISO 4217 */
#define PRICE_PART	    10000 /* a discount is in ten thousandths, */
#define PRICE_WHOLE	    ((int64_t)PRICE_PART * PRICE_PART) /* and two may meet: ARM and spot */

/* What a second of a meter costs: an exact fraction. */
struct price_rate {
	int64_t list_nano; /* an hour of one unit (1 vCPU, 1 GiB, 1 GiB), by the list */
	int64_t share;	   /* of PRICE_WHOLE: that much of it is to be paid */
};

struct price_list;

/* ERR_INVALID names the file and the line, or the key and day, that is wrong. The caller
 * frees. */
int price_list_read(const char *path, struct price_list **ret_list, struct err *err) MUST_CHECK;
/* The same from a text that price_list_text() gave. */
int price_list_parse(const char *text, struct price_list **ret_list, struct err *err) MUST_CHECK;
void price_list_free(struct price_list *list); /* takes NULL */
void price_list_freep(struct price_list **list);

const char *price_list_currency(const struct price_list *list); /* "USD" */
/* All that was read, accounts' own lists with it, for a record. Borrowed. */
const char *price_list_text(const struct price_list *list);

/* Whose prices: texts borrowed. */
struct price_holder {
	const char *account;	  /* id */
	const char *architecture; /* "X86_64", "ARM64" */
	bool spot;
};

/* The rate of @meter at the second @at_s, and until when (exclusive; INT64_MAX: no end is
 * known) it holds. ERR_NOT_FOUND before the first price: names the list, meter and day. */
int price_rate_at(const struct price_list *list, const struct price_holder *holder,
		  enum meter meter, int64_t at_s, struct price_rate *ret_rate, int64_t *ret_until_s,
		  struct err *err) MUST_CHECK;
/* The shortest time that is billed of a task that begins at @at_s. */
int price_minimum_at(const struct price_list *list, const struct price_holder *holder, int64_t at_s,
		     int64_t *ret_seconds, struct err *err) MUST_CHECK;
/* The longest minimum of the list: a charge's slack. */
int64_t price_minimum_max(const struct price_list *list);

/* "0.04048" exactly: digits, one point, at most nine decimals, 0 to PRICE_MAX_NANO. */
int price_parse(const char *text, int64_t *ret_nano, struct err *err) MUST_CHECK;
/* "0.000138750", "-1.000000000" into @ret (PRICE_TEXT_SIZE bytes), always nine decimals; returns
 * @ret. */
char *price_text(int64_t nano, char *ret);

#endif
