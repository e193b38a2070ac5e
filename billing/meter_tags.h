/* SPDX-License-Identifier: Apache-2.0 */
/* What of a task the ledger labels it with. For the meter*.c files only. */
#ifndef SLIPWAY_BILLING_METER_TAGS_H
#define SLIPWAY_BILLING_METER_TAGS_H

#include "billing/ledger.h"

/* The processor that this host gives tasks, as the API calls it. For ever. */
const char *meter_architecture(void);

/* The tags of @task as they are now: those of its definition, its service and its own, of which the
 * later ones win, whether or not the launch asked for propagation. A JSON object in the
 * arena. */
int meter_tags(struct db *db, const struct ledger_task *task, struct arena *arena,
	       const char **ret_json, struct err *err) MUST_CHECK;

#endif
