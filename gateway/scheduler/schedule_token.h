/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client tokens. Clients make one for each call and send it with each of its tries, so a call
 * that comes again is known and only answered again.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_TOKEN_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_TOKEN_H

#include "gateway/api.h"

struct schedule_token {
	const char *text; /* NULL: the call has none */
	const char *call; /* a digest of all that was asked; the arena's */
};

/* Check @given, which may be NULL, as the token of a call of @operation. */
int schedule_token_read(struct call *call, const char *given, const char *operation,
			struct schedule_token *ret_token) MUST_CHECK;
/* In the transaction of the call's writes. *ret_again: all is done already. Fails for a token that
 * was used for something else. */
int schedule_token_use(struct call *call, const struct schedule_token *token, bool *ret_again)
	MUST_CHECK;

#endif
