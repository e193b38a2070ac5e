/* SPDX-License-Identifier: Apache-2.0 */
/* What every bill is made from: the state, the prices, the closed months. */
#ifndef SLIPWAY_CLI_BILL_SESSION_H
#define SLIPWAY_CLI_BILL_SESSION_H

#include "billing/cost.h"
#include "cli/settings.h"
#include "store/account.h"

struct bill_session {
	struct db *db; /* in a read transaction: one snapshot */
	struct tariff tariff;
	struct shared_options settings; /* of the servers */
	/* the session's own */
	struct price_list *prices;
	struct invoices *invoices;
};

/* @state, @prices: of the command's options, or NULL. */
int bill_session_open(const char *state, const char *prices, struct bill_session *ret_session,
		      struct err *err) MUST_CHECK;
void bill_session_done(struct bill_session *session);

/* An account by name or id: its id. ERR_NOT_FOUND. */
int bill_session_account(struct db *db, const char *name, char ret_id[static ACCOUNT_ID_SIZE],
			 struct err *err) MUST_CHECK;

#endif
