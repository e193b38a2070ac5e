/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list never changes while the program runs, so all threads read it. Who finds no place
 * is sent away instead of waiting, as whoever waits would hold a worker.
 */
#include "gateway/billing_state.h"

#include <stdatomic.h>

#include "core/clock.h"
#include "core/log.h"

struct billing_state {
	struct price_list *prices;
	int limit;
	atomic_int running;
};

struct billing_state *billing_state_new(struct price_list *prices, int64_t workers)
{
	struct billing_state *state = xcalloc(1, sizeof(*state));

	state->prices = prices;
	state->limit = workers > 2 ? (int)(workers / 2) : 1;
	atomic_init(&state->running, 0);
	return state;
}

int billing_state_open(const struct shared_options *options, int64_t workers,
		       struct billing_state **ret_state, struct err *err)
{
	AUTO(freep) char *path = shared_prices(options);
	struct price_list *prices = NULL;

	if (!path)
		log_warn("no price list in %s: what things cost cannot be answered",
			 options->state_dir);
	else if (price_list_read(path, &prices, err) < 0)
		return -1;
	/* How long a task runs is known by this boot's clock, and the sandbox hides its name. */
	(void)clock_boot_id();
	*ret_state = billing_state_new(prices, workers);
	return 0;
}

void billing_state_free(struct billing_state *state)
{
	if (!state)
		return;
	price_list_free(state->prices);
	free(state);
}

const struct price_list *billing_state_prices(const struct billing_state *state)
{
	return state->prices;
}

bool billing_state_enter(struct billing_state *state)
{
	if (atomic_fetch_add(&state->running, 1) < state->limit)
		return true;
	billing_state_leave(state);
	return false;
}

void billing_state_leave(struct billing_state *state)
{
	(void)atomic_fetch_sub(&state->running, 1);
}
