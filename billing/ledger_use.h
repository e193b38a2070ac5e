/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small questions to the ledger, before a large one is asked: how much there is to read, and
 * whether anybody ever had a tag.
 */
#ifndef SLIPWAY_BILLING_LEDGER_USE_H
#define SLIPWAY_BILLING_LEDGER_USE_H

#include "billing/charge.h"

/* Records that a scan with @filter has to read (those of other accounts among them), counted up to
 * @limit. */
int ledger_use_records(struct db *db, const struct charge_filter *filter, int64_t limit,
		       int64_t *ret_count, struct err *err) MUST_CHECK;

/* Did any task of @account ever have a tag @key? The provider's keys count as had. */
int ledger_use_tag(struct db *db, const char *account, const char *key, bool *ret_used,
		   struct err *err) MUST_CHECK;

#endif
