/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Months that were closed: for each account and month one invoice, with the head of the
 * ledger and the price list that it was made from, so that it never changes again.
 */
#ifndef SLIPWAY_BILLING_INVOICE_H
#define SLIPWAY_BILLING_INVOICE_H

#include "billing/price.h"

#define INVOICE_MONTH_SIZE 8 /* "2026-11" */

struct invoice {
	const char *id; /* "SLIPWAY-2026-11-ACCOUNT": known before the month is closed */
	const char *account;
	char month[INVOICE_MONTH_SIZE];
	int64_t from_s, until_s; /* the month, UTC */
	int64_t ledger_position;
	uint8_t ledger_hash[SHA256_SIZE];
	int64_t total_nano;
	int64_t created_ms;
	const char *currency;
	struct price_list *prices;
};

struct invoices; /* all of them, in memory: a row an account and month */

int invoices_read(struct db *db, struct invoices **ret_invoices, struct err *err) MUST_CHECK;
void invoices_free(struct invoices *invoices); /* takes NULL */
void invoices_freep(struct invoices **invoices);
/* The one of the month that @at_s lies in; NULL: it is open. Borrowed. */
const struct invoice *invoices_at(const struct invoices *invoices, const char *account,
				  int64_t at_s);
size_t invoices_count(const struct invoices *invoices);
const struct invoice *invoices_get(const struct invoices *invoices, size_t index);

/* The id that the invoice of an account's month has or will have, into @ret. */
#define INVOICE_ID_SIZE 64
char *invoice_id(const char *account, int64_t at_s, char ret[INVOICE_ID_SIZE]);

/*
 * Close the month of @account that begins at @from_s. ERR_CONFLICT: it was closed before.
 * ERR_INVALID: it is not over, tasks of it are not settled (their meters were last seen before its
 * end), or the ledger is damaged. *ret_id is written into @ret_id.
 */
int invoice_close(struct db *db, const struct price_list *prices, const char *account,
		  int64_t from_s, int64_t now_ms, char ret_id[INVOICE_ID_SIZE], struct err *err)
	MUST_CHECK;

struct tariff; /* billing/cost.h */
/* What the charges of @account come to in a period: what an invoice says of its month. In the
 * caller's transaction. */
int invoice_sum(struct db *db, const struct tariff *tariff, const char *account, int64_t from_s,
		int64_t until_s, int64_t *ret_nano, struct err *err) MUST_CHECK;

#endif
