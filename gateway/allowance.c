/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket that fills with time.
 */
#include "gateway/allowance.h"

/* A peer that reads opens two windows for each so many bytes, at the least. */
#define BYTES_A_WINDOW 2048

static void add(struct allowance *allowance, int64_t milli)
{
	allowance->left_milli += milli;
	if (allowance->left_milli > ALLOWANCE_MAX * INT64_C(1000))
		allowance->left_milli = ALLOWANCE_MAX * INT64_C(1000);
}

void allowance_init(struct allowance *allowance, int64_t now_ms)
{
	*allowance = (struct allowance){
		.left_milli = ALLOWANCE_MAX * INT64_C(1000),
		.at_ms = now_ms,
	};
}

bool allowance_spend(struct allowance *allowance, int64_t price, int64_t now_ms)
{
	add(allowance, (now_ms - allowance->at_ms) * ALLOWANCE_A_S);
	allowance->at_ms = now_ms;
	allowance->left_milli -= price * 1000;
	return allowance->left_milli >= 0;
}

void allowance_earn(struct allowance *allowance, size_t bytes)
{
	add(allowance, (int64_t)bytes * 1000 * PRICE_WINDOW / BYTES_A_WINDOW);
}
