/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of what is billed, as Fargate's own bill has them (Cost and Usage Report,
 * lineItem/UsageType): "Fargate-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours",
 * "SpotUsage-Fargate-vCPU-Hours:perCPU", "Fargate-EphemeralStorage-GB-Hours".
 */
#ifndef SLIPWAY_BILLING_USAGE_TYPE_H
#define SLIPWAY_BILLING_USAGE_TYPE_H

#include "billing/charge.h"

/* For ever. */
const char *usage_type_name(const struct ledger_task *task, enum meter meter);
/* The unit of a usage quantity in bills: "vCPU-Hours", "GB-Hours". For ever. */
const char *usage_type_unit(enum meter meter);

/* Hours of one unit (1 vCPU, 1 GiB) of quantity x seconds, with @decimals (1 to 18) decimals,
 * rounded half to even, zeros at the end left out, into @ret (USAGE_TEXT_SIZE bytes); returns
 * @ret. Negative amounts have their sign. */
#define USAGE_TEXT_SIZE 48
char *usage_hours_text(enum meter meter, __int128 amount, int decimals, char *ret);

#endif
