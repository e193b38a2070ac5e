/* SPDX-License-Identifier: Apache-2.0 */
/* Which tags there have ever been in the ledger: so a misspelt one is told from one that costs
 * nothing. */
#ifndef SLIPWAY_BILLING_TAG_USE_H
#define SLIPWAY_BILLING_TAG_USE_H

#include "store/db.h"

/* Did any task of @account ever have a tag @key? The provider's keys count as had. */
int tag_used(struct db *db, const char *account, const char *key, bool *ret_used, struct err *err)
	MUST_CHECK;

#endif
