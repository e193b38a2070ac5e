/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proving a bill: that no record of the ledger was changed, taken away, put in or moved; that each
 * record makes sense beside its fellows; that sums and invoices come out again; and that
 * three who do not know of each other agree: the ledger, the records of tasks, and what the
 * hypervisor saw of their machines.
 *
 * The chain alone does not show that its end is missing: for that give the head that was
 * exported at an earlier time.
 */
#ifndef SLIPWAY_BILLING_VERIFY_H
#define SLIPWAY_BILLING_VERIFY_H

#include "billing/price.h"

#define VERIFY_SLACK_MS 1000 /* by which sources may differ about a task's time */

enum verify_source {
	VERIFY_FILE,	/* the database itself */
	VERIFY_CHAIN,	/* hashes, positions, the head */
	VERIFY_RECORDS, /* records that do not fit each other */
	VERIFY_SUMS,
	VERIFY_INVOICES,
	VERIFY_TASKS,	 /* the ledger against the records of tasks */
	VERIFY_MACHINES, /* the ledger against the hypervisor's account */
	VERIFY_SOURCE_COUNT
};
const char *verify_source_name(enum verify_source source); /* "chain" */

struct verify_finding {
	enum verify_source source;
	int64_t position; /* of the record; 0: of none */
	const char *task; /* id; "" where it is of none */
	const char *what; /* a sentence */
};
typedef void verify_found_fn(void *ctx, const struct verify_finding *finding);

struct verify_options {
	const struct ledger_head *exported; /* a head of an earlier time; NULL: none */
	const struct price_list *prices;    /* of months that are open */
	verify_found_fn *found;
	void *ctx;
};

struct verify_result {
	int64_t records, tasks;	   /* that were looked at */
	int64_t seals;		   /* damage that an operator has looked at */
	int64_t compared_tasks;	   /* with their own records */
	int64_t compared_machines; /* with the hypervisor's account */
	int64_t invoices;
	int64_t findings;
	int64_t first_broken; /* the first record behind the last seal that the chain breaks at; 0:
				 none */
	struct ledger_head head;
};

/* In one read transaction of its own. 0 also where something was found: see findings. */
int verify_run(struct db *db, const struct verify_options *options,
	       struct verify_result *ret_result, struct err *err) MUST_CHECK;

#endif
