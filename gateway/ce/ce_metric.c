/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantities are summed over one denominator: an hour (3600 seconds) of a thousandth vCPU and of a
 * 1024th GB, which all units divide.
 */
#include "gateway/ce/ce_metric.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "billing/usage_type.h"
#include "gateway/json_out.h"

#define DENOMINATOR ((__int128)3600 * 1000 * 1024)
#define NO_UNIT	    "N/A"

/* What makes a meter's quantity one over 1000 x 1024. */
static const int64_t parts[METER_COUNT] = {
	[METER_VCPU] = 1024,
	[METER_MEMORY] = 1000,
	[METER_STORAGE] = (int64_t)1000 * 1024,
};

#define AS_NAME(name, text, forecast)	  text,
#define AS_FORECAST(name, text, forecast) forecast,
static const char *const names[] = {CE_METRICS(AS_NAME)};
const char *const ce_metric_forecasts[] = {CE_METRICS(AS_FORECAST) NULL};

const char *ce_metric_name(enum ce_metric metric)
{
	return names[metric];
}

bool ce_metric_is_cost(enum ce_metric metric)
{
	return metric != CE_METRIC_USAGE && metric != CE_METRIC_NORMALIZED;
}

int ce_metric_find(const char *name, enum ce_metric *ret_metric, struct err *err)
{
	char known[256] = "";
	size_t at = 0;

	for (size_t i = 0; i < CE_METRIC_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_metric = (enum ce_metric)i;
			return 0;
		}
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s", i > 0 ? ", " : "",
				       names[i]);
	}
	return err_set(err, ERR_INVALID, "metric %.100s is not one of [%s]", name, known);
}

static __int128 quantity_of(const __int128 amount[METER_COUNT])
{
	__int128 sum = 0;

	for (size_t i = 0; i < METER_COUNT; i++)
		sum += amount[i] * parts[i];
	return sum;
}

char *ce_quantity_text(const __int128 amount[METER_COUNT], char ret[CE_QUANTITY_SIZE])
{
	__int128 numerator = quantity_of(amount);
	bool negative = numerator < 0;
	__int128 scaled, rest;
	int64_t scale = 1;
	size_t len;

	for (int i = 0; i < CE_QUANTITY_DECIMALS; i++)
		scale *= 10;
	numerator = negative ? -numerator : numerator;
	scaled = numerator / DENOMINATOR * scale;
	rest = numerator % DENOMINATOR * scale;
	scaled += rest / DENOMINATOR;
	rest %= DENOMINATOR;
	if (2 * rest > DENOMINATOR || (2 * rest == DENOMINATOR && scaled % 2 == 1))
		scaled++;
	(void)snprintf(ret, CE_QUANTITY_SIZE, "%s%" PRId64 ".%0*" PRId64,
		       negative && scaled > 0 ? "-" : "", (int64_t)(scaled / scale),
		       CE_QUANTITY_DECIMALS, (int64_t)(scaled % scale));
	len = strlen(ret);
	while (ret[len - 1] == '0')
		ret[--len] = '\0';
	if (ret[len - 1] == '.')
		ret[len - 1] = '\0';
	return ret;
}

int ce_metric_compare(enum ce_metric metric, const struct summary_row *a,
		      const struct summary_row *b)
{
	__int128 left = 0, right = 0;

	if (ce_metric_is_cost(metric)) {
		left = a->total_nano;
		right = b->total_nano;
	} else if (metric == CE_METRIC_USAGE) {
		left = quantity_of(a->amount);
		right = quantity_of(b->amount);
	}
	return (left > right) - (left < right);
}

/* The unit of what is in the row, if it is one. */
static const char *usage_unit(const struct summary_row *row)
{
	const char *unit = NULL;

	for (size_t i = 0; i < METER_COUNT; i++) {
		const char *own;

		if (row->amount[i] == 0)
			continue;
		own = usage_type_unit((enum meter)i);
		if (unit && strcmp(unit, own) != 0)
			return NO_UNIT;
		unit = own;
	}
	return unit ? unit : NO_UNIT;
}

json_t *ce_metric_json(enum ce_metric metric, const struct summary_row *row, const char *currency)
{
	static const struct summary_row nothing;
	json_t *object = out_object();
	char money[PRICE_TEXT_SIZE], quantity[CE_QUANTITY_SIZE];

	row = row ? row : &nothing;
	if (ce_metric_is_cost(metric)) {
		out_text(object, "Amount", price_text(row->total_nano, money));
		out_text(object, "Unit", currency);
	} else if (metric == CE_METRIC_USAGE) {
		out_text(object, "Amount", ce_quantity_text(row->amount, quantity));
		out_text(object, "Unit", usage_unit(row));
	} else {
		out_text(object, "Amount", "0");
		out_text(object, "Unit", NO_UNIT);
	}
	return object;
}
