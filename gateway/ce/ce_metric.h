/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics of Cost Explorer. Nothing is bought ahead and nothing is shared between accounts here, so
 * the five kinds of cost are one. UsageQuantity adds up hours of vCPUs and of GB, as AWS does; its
 * unit is said where only one of them is in it. NormalizedUsageAmount compares sizes of EC2's
 * instances and is 0 for all else.
 */
#ifndef SLIPWAY_GATEWAY_CE_METRIC_H
#define SLIPWAY_GATEWAY_CE_METRIC_H

#include <jansson.h>

#include "billing/summary.h"

#define CE_METRICS(X) /* X(metric, its name, its name in forecasts) */                             \
	X(AMORTIZED, "AmortizedCost", "AMORTIZED_COST")                                            \
	X(BLENDED, "BlendedCost", "BLENDED_COST")                                                  \
	X(NET_AMORTIZED, "NetAmortizedCost", "NET_AMORTIZED_COST")                                 \
	X(NET_UNBLENDED, "NetUnblendedCost", "NET_UNBLENDED_COST")                                 \
	X(UNBLENDED, "UnblendedCost", "UNBLENDED_COST")                                            \
	X(USAGE, "UsageQuantity", "USAGE_QUANTITY")                                                \
	X(NORMALIZED, "NormalizedUsageAmount", "NORMALIZED_USAGE_AMOUNT")
#define CE_METRIC_AS_ENUM(name, text, forecast) CE_METRIC_##name,
enum ce_metric { CE_METRICS(CE_METRIC_AS_ENUM) CE_METRIC_COUNT };

/* For ever. */
const char *ce_metric_name(enum ce_metric metric);
extern const char *const ce_metric_forecasts[]; /* as words of a shape */
bool ce_metric_is_cost(enum ce_metric metric);
/* ERR_INVALID names @name and says which there are. */
int ce_metric_find(const char *name, enum ce_metric *ret_metric, struct err *err) MUST_CHECK;

/* Hours of a row's units, all added up, exact to @CE_QUANTITY_DECIMALS decimals, the last rounded
 * half to even, without zeros at the end. */
#define CE_QUANTITY_DECIMALS 10
#define CE_QUANTITY_SIZE     64
char *ce_quantity_text(const __int128 amount[METER_COUNT], char ret[CE_QUANTITY_SIZE]);

/* -1, 0, 1: by which of the rows has more of it. */
int ce_metric_compare(enum ce_metric metric, const struct summary_row *a,
		      const struct summary_row *b);

/* {"Amount": "0.000138750", "Unit": "USD"}; @row: NULL for nothing. */
json_t *ce_metric_json(enum ce_metric metric, const struct summary_row *row, const char *currency);

#endif
