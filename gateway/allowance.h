/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an HTTP/2 peer may do besides asking for things. Every frame that makes
 * work and moves no request forward has a price; a peer pays from an allowance that grows with
 * time and with the data that it is sent. Debian's nghttp2 1.52 counts resets and
 * acknowledgements only, so this counts the rest.
 */
#ifndef SLIPWAY_GATEWAY_ALLOWANCE_H
#define SLIPWAY_GATEWAY_ALLOWANCE_H

#include "core/common.h"

/* A hundred requests that are all taken back at once (a client that was
 * interrupted) cost half of it. */
#define ALLOWANCE_MAX 1000
#define ALLOWANCE_A_S 50

#define PRICE_RESET    5  /* rapid reset: RST_STREAM after a request */
#define PRICE_FAULT    20 /* a frame that makes us reset a stream: MadeYouReset */
#define PRICE_SETTINGS 10 /* each is acknowledged */
#define PRICE_PING     2  /* the same, but clients do use it */
#define PRICE_EMPTY    5  /* DATA without data and without an end */
#define PRICE_PRIORITY 1  /* nothing is done with it */
#define PRICE_WINDOW   1  /* WINDOW_UPDATE: see allowance_earn() */
#define PRICE_REFUSED  2  /* a stream beyond the limit, perhaps before it was known */

struct allowance {
	int64_t left_milli; /* thousandths */
	int64_t at_ms;
};

void allowance_init(struct allowance *allowance, int64_t now_ms);
/* false: it is used up, the connection must end. */
bool allowance_spend(struct allowance *allowance, int64_t price, int64_t now_ms) MUST_CHECK;
/* @bytes of data were sent to the peer, which must open its windows again. */
void allowance_earn(struct allowance *allowance, size_t bytes);

#endif
