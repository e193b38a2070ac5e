/* SPDX-License-Identifier: Apache-2.0 */
/* A price list in memory: shared by price*.c only. */
#ifndef SLIPWAY_BILLING_PRICE_PRIVATE_H
#define SLIPWAY_BILLING_PRICE_PRIVATE_H

#include "billing/price.h"

#define PRICE_ACCOUNT_SIZE 13 /* twelve digits */

enum price_architecture { PRICE_X86_64, PRICE_ARM64, PRICE_ARCHITECTURE_COUNT };

/* What holds from one day (UTC) on, until the next price begins. */
struct price {
	int64_t from_s;
	int64_t minimum_seconds;
	int64_t list_nano[PRICE_ARCHITECTURE_COUNT][METER_COUNT];
	int64_t share[PRICE_ARCHITECTURE_COUNT]; /* of the list, before spot; in ten thousandths */
	int64_t spot_share;			 /* on top of it; the same unit */
};

/* The prices of everybody, or of one account. */
struct price_table {
	char account[PRICE_ACCOUNT_SIZE]; /* "": of everybody who has none of its own */
	struct price *prices;		  /* owned; the oldest first */
	size_t count;
};

struct price_list {
	char currency[PRICE_CURRENCY_SIZE];
	struct price_table *tables; /* owned; the first is everybody's */
	size_t count;
	char *text; /* owned */
};

/* The JSON of @list; the caller frees. */
char *price_list_write(const struct price_list *list);
/* An empty table more, for @account. Borrowed until the next is added. */
struct price_table *price_list_add_table(struct price_list *list, const char *account);

#endif
