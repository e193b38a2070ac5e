/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed a request, by the keys of the store.
 */
#ifndef SLIPWAY_GATEWAY_API_KEYS_H
#define SLIPWAY_GATEWAY_API_KEYS_H

#include "gateway/api.h"

struct signing_keys;

/* Check the signature of the call's request for @service, in a transaction of call->state; fills
 * in call->caller, or call->error as the API answers. @signing may be NULL. */
int api_check_caller(struct call *call, const char *service, struct signing_keys *signing)
	MUST_CHECK;

#endif
