/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimals are read in ten-thousandths, so that no part of a unit is lost before it is refused.
 */
#include "gateway/ecs/fargate_size.h"

#include <string.h>
#include <strings.h>

#define WHOLE_DIGITS_MAX   9
#define DECIMAL_DIGITS_MAX 4 /* .0625 of a vCPU is 64 units */
#define DECIMAL_SCALE	   10000

/* "12", "0.25", ".5" in ten-thousandths; *ret_end is behind it. */
static int parse_decimal(const char *text, int64_t *ret_scaled, const char **ret_end)
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	int64_t scaled = 0;

	if (whole > WHOLE_DIGITS_MAX || decimals > DECIMAL_DIGITS_MAX || whole + decimals == 0)
		return -1;
	if (text[whole] == '.' && decimals == 0)
		return -1;
	for (size_t i = 0; i < whole; i++)
		scaled = scaled * 10 + (text[i] - '0');
	for (size_t i = 0; i < DECIMAL_DIGITS_MAX; i++)
		scaled = scaled * 10 + (i < decimals ? text[whole + 1 + i] - '0' : 0);
	*ret_end = text + whole + (text[whole] == '.' ? decimals + 1 : 0);
	*ret_scaled = scaled;
	return 0;
}

/* A number of units, or of @unit (1024 of them), in any case, with blanks or without. */
static int parse_amount(const char *text, const char *unit, int64_t *ret_amount)
{
	const char *end;
	int64_t scaled;

	text += strspn(text, " ");
	if (parse_decimal(text, &scaled, &end) < 0)
		return -1;
	end += strspn(end, " ");
	if (strncasecmp(end, unit, strlen(unit)) == 0) {
		end += strlen(unit);
		scaled *= 1024;
	}
	end += strspn(end, " ");
	if (*end != '\0' || scaled <= 0 || scaled % DECIMAL_SCALE != 0)
		return -1;
	*ret_amount = scaled / DECIMAL_SCALE;
	return 0;
}

int fargate_parse_cpu(const char *text, int64_t *ret_units)
{
	return parse_amount(text, "vCPU", ret_units);
}

int fargate_parse_memory(const char *text, int64_t *ret_mib)
{
	return parse_amount(text, "GB", ret_mib);
}
