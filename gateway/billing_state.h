/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway needs to answer what things cost: the price list, read once at the start, and
 * how many such questions are answered at once. A question reads much of the ledger and may take
 * seconds, so they never have all workers.
 */
#ifndef SLIPWAY_GATEWAY_BILLING_STATE_H
#define SLIPWAY_GATEWAY_BILLING_STATE_H

#include "billing/price.h"
#include "store/options.h"

struct billing_state;

/*
 * Before the sandbox: reads the list (shared_prices()); where there is none that is said in the
 * log, and nothing can be priced. ERR_INVALID names file and line of what is wrong with it.
 * @workers: threads that answer requests; half of them answer such questions. The caller frees.
 */
int billing_state_open(const struct shared_options *options, int64_t workers,
		       struct billing_state **ret_state, struct err *err) MUST_CHECK;
/* The same with a list that was read; takes @prices, which may be NULL. */
struct billing_state *billing_state_new(struct price_list *prices, int64_t workers);
void billing_state_free(struct billing_state *state); /* takes NULL */

const struct price_list *billing_state_prices(const struct billing_state *state); /* or NULL */

/* From any thread. false: as many as may be are being answered. */
bool billing_state_enter(struct billing_state *state) MUST_CHECK;
void billing_state_leave(struct billing_state *state);

#endif
