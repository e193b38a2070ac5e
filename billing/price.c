/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact arithmetic. A cost is quantity * seconds * price / (3600 * units), whose
 * numerator may need 120 bits; nothing is rounded before the one division at the end.
 * A sum of costs is the sum of what was rounded, so a bill adds up to its lines.
 */
#include "billing/price.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_PER_HOUR 3600
#define DECIMALS	 9

/* Three factors up to this have a product below 2^120. */
#define FACTOR_MAX 1000000000000LL
_Static_assert(PRICE_MAX_NANO <= FACTOR_MAX, "a price is a factor");

/* How much of a meter's quantity has the price of one unit: 1000 milli-vCPU, 1024 MiB. */
static const int64_t quantity_per_unit[METER_COUNT] = {
	[METER_VCPU] = 1000,
	[METER_MEMORY] = 1024,
	[METER_STORAGE] = 1,
};

/* Rounded to the nearest; a half goes to the even neighbour. */
static unsigned __int128 divide_half_even(unsigned __int128 numerator,
					  unsigned __int128 denominator)
{
	unsigned __int128 quotient = numerator / denominator;
	unsigned __int128 twice = 2 * (numerator % denominator);

	if (twice > denominator || (twice == denominator && quotient % 2 == 1))
		quotient++;
	return quotient;
}

static bool is_factor(int64_t value)
{
	return value >= 0 && value <= FACTOR_MAX;
}

int price_cost(enum meter meter, int64_t quantity, int64_t seconds, int64_t per_hour_nano,
	       int64_t *ret_nano, struct err *err)
{
	unsigned __int128 cost;

	assert(meter < METER_COUNT);
	if (!is_factor(quantity) || !is_factor(seconds) || !is_factor(per_hour_nano))
		return err_set(err, ERR_LIMIT, "usage is out of range");
	cost = divide_half_even((unsigned __int128)quantity * (unsigned __int128)seconds *
					(unsigned __int128)per_hour_nano,
				(unsigned __int128)SECONDS_PER_HOUR *
					(unsigned __int128)quantity_per_unit[meter]);
	if (cost > INT64_MAX)
		return err_set(err, ERR_LIMIT, "a cost is out of range");
	*ret_nano = (int64_t)cost;
	return 0;
}

static int refuse(const char *text, struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "\"%.40s\" is not a price from 0 to 1000 with at most %d decimals", text,
		       DECIMALS);
}

int price_parse(const char *text, int64_t *ret_nano, struct err *err)
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals = 0;
	int64_t nano = 0;

	if (text[whole] == '.')
		decimals = strspn(text + whole + 1, "0123456789");
	/* Four digits hold the maximum, so that nothing below can overflow. */
	if (whole == 0 || whole > 4 || decimals > DECIMALS)
		return refuse(text, err);
	if (text[whole] == '.' ? decimals == 0 || text[whole + 1 + decimals] != '\0'
			       : text[whole] != '\0')
		return refuse(text, err);
	for (size_t i = 0; i < whole; i++)
		nano = nano * 10 + (text[i] - '0');
	for (size_t i = 0; i < DECIMALS; i++)
		nano = nano * 10 + (i < decimals ? text[whole + 1 + i] - '0' : 0);
	if (nano > PRICE_MAX_NANO)
		return refuse(text, err);
	*ret_nano = nano;
	return 0;
}

char *price_text(int64_t nano, char *ret)
{
	assert(nano >= 0);
	(void)snprintf(ret, PRICE_TEXT_SIZE, "%lld.%09lld", (long long)(nano / PRICE_NANO),
		       (long long)(nano % PRICE_NANO));
	return ret;
}
