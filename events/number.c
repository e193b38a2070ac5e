/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key = 2 * floor(number * 10^6), and one more if something remained. So keys of numbers with
 * six decimals are even, and whatever lies between two of them gets the odd key between.
 * Digits after the nineteenth only tell that something remains.
 */
#include "events/number.h"

#define DECIMALS     6
#define SCALED_MAX   5000000000000000 /* 5e9 with six decimals */
#define DIGITS_MAX   19		      /* 10^19 - 1 is below 2^64 */
#define EXPONENT_MAX 1000000	      /* further away everything is zero or too large */

struct decimal {
	uint64_t digits;
	int64_t exponent; /* of ten */
	bool negative;
	bool more; /* digits that did not fit */
};

static void take_digit(struct decimal *number, char digit, int *count)
{
	if (*count == DIGITS_MAX) {
		number->more |= digit != '0';
		number->exponent++;
		return;
	}
	number->digits = number->digits * 10 + (uint64_t)(digit - '0');
	*count += number->digits != 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int64_t exponent_of(const char *text, const char *end)
{
	bool negative = text < end && *text == '-';
	int64_t value = 0;

	if (text < end && (*text == '-' || *text == '+'))
		text++;
	for (; text < end && is_digit(*text); text++) {
		if (value < EXPONENT_MAX)
			value = value * 10 + (*text - '0');
	}
	return negative ? -value : value;
}

static void decimal_parse(const char *text, const char *end, struct decimal *ret)
{
	struct decimal number = {0};
	int count = 0;

	if (text < end && *text == '-') {
		number.negative = true;
		text++;
	}
	for (; text < end && is_digit(*text); text++)
		take_digit(&number, *text, &count);
	if (text < end && *text == '.') {
		for (text++; text < end && is_digit(*text); text++) {
			take_digit(&number, *text, &count);
			number.exponent--;
		}
	}
	if (text < end && (*text == 'e' || *text == 'E'))
		number.exponent += exponent_of(text + 1, end);
	number.exponent += DECIMALS;
	*ret = number;
}

/* Take the exponent into the digits. */
static bool scale(struct decimal *number)
{
	while (number->exponent > 0 && number->digits) {
		if (number->digits > SCALED_MAX)
			return false;
		number->digits *= 10;
		number->exponent--;
	}
	while (number->exponent < 0 && number->digits) {
		number->more |= number->digits % 10 != 0;
		number->digits /= 10;
		number->exponent++;
	}
	return number->digits < SCALED_MAX || (number->digits == SCALED_MAX && !number->more);
}

enum event_number event_number_key(const char *text, size_t len, int64_t *ret_key)
{
	struct decimal number;
	int64_t whole;

	decimal_parse(text, text + len, &number);
	if (!scale(&number)) {
		*ret_key = number.negative ? INT64_MIN : INT64_MAX;
		return EVENT_NUMBER_TOO_LARGE;
	}
	whole = (int64_t)number.digits;
	if (number.negative)
		whole = -whole - number.more;
	*ret_key = 2 * whole + number.more;
	return number.more ? EVENT_NUMBER_TOO_FINE : EVENT_NUMBER_EXACT;
}
