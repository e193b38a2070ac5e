/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names by table; hours by one division. The rest of the division is carried digit by digit, so
 * that any number of decimals is exact but for the last one.
 */
#include "billing/usage_type.h"

#include <stdio.h>
#include <string.h>

typedef unsigned __int128 wide;

enum { X86, ARM, ARCHITECTURES };

static const char *const names[2][ARCHITECTURES][METER_COUNT] = {
	{{"Fargate-vCPU-Hours:perCPU", "Fargate-GB-Hours", "Fargate-EphemeralStorage-GB-Hours"},
	 {"Fargate-ARM-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours",
	  "Fargate-EphemeralStorage-GB-Hours"}},
	{{"SpotUsage-Fargate-vCPU-Hours:perCPU", "SpotUsage-Fargate-GB-Hours",
	  "SpotUsage-Fargate-EphemeralStorage-GB-Hours"},
	 {"SpotUsage-Fargate-ARM-vCPU-Hours:perCPU", "SpotUsage-Fargate-ARM-GB-Hours",
	  "SpotUsage-Fargate-EphemeralStorage-GB-Hours"}},
};

static const char *const hour_units[METER_COUNT] = {
	[METER_VCPU] = "vCPU-Hours",
	[METER_MEMORY] = "GB-Hours",
	[METER_STORAGE] = "GB-Hours",
};

/* quantity x seconds of one unit's hour: 1000 milli-vCPU, 1024 MiB, 1 GiB. */
static const int64_t amount_per_hour[METER_COUNT] = {
	[METER_VCPU] = 1000 * 3600LL,
	[METER_MEMORY] = 1024 * 3600LL,
	[METER_STORAGE] = 3600LL,
};

const char *usage_type_name(const struct ledger_task *task, enum meter meter)
{
	return names[task->spot][strcmp(task->architecture, "ARM64") == 0 ? ARM : X86][meter];
}

const char *usage_type_unit(enum meter meter)
{
	return hour_units[meter];
}

/* The decimals of rest / by into @digits; returns what is left of the rest. */
static wide write_decimals(wide rest, wide by, int decimals, char *digits)
{
	for (int i = 0; i < decimals; i++) {
		rest *= 10;
		digits[i] = (char)('0' + (int)(rest / by));
		rest %= by;
	}
	return rest;
}

/* Adds one to the last decimal; true: it went through to the whole. */
static bool count_up(char *digits, int decimals)
{
	for (int i = decimals - 1; i >= 0; i--) {
		if (digits[i] != '9') {
			digits[i]++;
			return false;
		}
		digits[i] = '0';
	}
	return true;
}

char *usage_hours_text(enum meter meter, __int128 amount, int decimals, char *ret)
{
	wide size = amount < 0 ? -(wide)amount : (wide)amount;
	wide by = (wide)amount_per_hour[meter];
	uint64_t whole = (uint64_t)(size / by);
	char digits[20] = "";
	wide rest = write_decimals(size % by, by, decimals, digits);
	bool odd = decimals > 0 && (digits[decimals - 1] - '0') % 2 == 1;

	if ((2 * rest > by || (2 * rest == by && odd)) && count_up(digits, decimals))
		whole++;
	while (decimals > 0 && digits[decimals - 1] == '0')
		decimals--;
	(void)snprintf(ret, USAGE_TEXT_SIZE, "%s%llu%s%.*s", amount < 0 ? "-" : "",
		       (unsigned long long)whole, decimals > 0 ? "." : "", decimals, digits);
	return ret;
}
