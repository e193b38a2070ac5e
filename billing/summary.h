/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums: what charges cost in a period, by up to two keys and by hour, day or month. All
 * reports and the Cost Explorer API take their numbers from here or from the pieces
 * (billing/cost.h) that are added up here.
 */
#ifndef SLIPWAY_BILLING_SUMMARY_H
#define SLIPWAY_BILLING_SUMMARY_H

#include "billing/cost.h"

#define SUMMARY_KEYS(X) /* X(key, word on the command line) */                                     \
	X(ACCOUNT, "account")                                                                      \
	X(CLUSTER, "cluster")                                                                      \
	X(SERVICE, "service")                                                                      \
	X(FAMILY, "family")                                                                        \
	X(TASK, "task")                                                                            \
	X(STARTER, "starter") /* startedBy */                                                      \
	X(RULE, "rule")	      /* event rule */                                                     \
	X(ARCHITECTURE, "architecture")                                                            \
	X(PURCHASE, "purchase")	    /* "On Demand", "Spot" */                                      \
	X(USAGE_TYPE, "usage-type") /* billing/usage_type.h */                                     \
	X(TAG, "tag")		    /* tag:KEY; its value, "" where there is none */
#define SUMMARY_AS_ENUM(name, word) SUMMARY_##name,
enum summary_key { SUMMARY_KEYS(SUMMARY_AS_ENUM) SUMMARY_KEY_COUNT };

struct summary_group {
	enum summary_key key;
	const char *tag; /* of SUMMARY_TAG */
};
#define SUMMARY_GROUPS_MAX 2

/* Is this part of a charge asked for? NULL: all are. */
typedef bool summary_wanted_fn(void *ctx, const struct charge *charge, enum meter meter);

struct summary_question {
	const struct charge_filter *filter; /* from_s and until_s are the period; until_s is set */
	summary_wanted_fn *wanted;
	void *ctx;
	enum cost_grain grain; /* buckets: hours, days, months, or one */
	struct summary_group groups[SUMMARY_GROUPS_MAX];
	size_t group_count;
	size_t row_limit; /* ERR_LIMIT above; 0: 100000 */
};

struct summary_row {
	int64_t from_s, until_s;	      /* its bucket, cut to the period */
	const char *keys[SUMMARY_GROUPS_MAX]; /* in the arena */
	int64_t tasks;			      /* different ones */
	int64_t meter_nano[METER_COUNT];
	int64_t total_nano;
	__int128 amount[METER_COUNT]; /* quantity x seconds */
	int64_t last_task;	      /* that was counted: the sum's own */
	bool running;		      /* something in it still runs */
	bool estimated;		      /* something in it has an estimated end */
	bool invoiced;		      /* all of it lies in closed months */
};

struct summary {
	struct summary_row *rows; /* by bucket, then keys; in the arena */
	size_t count;
	struct summary_row total; /* of all rows; keys NULL */
};

/* The value of a key for a charge's meter: what a group has in `keys`. Borrowed from the charge or
 * in the arena. */
const char *summary_value(const struct summary_group *group, const struct charge *charge,
			  enum meter meter, struct arena *arena);

/* In the caller's read transaction. */
int summary_make(struct db *db, const struct tariff *tariff,
		 const struct summary_question *question, struct arena *arena,
		 struct summary *ret_summary, struct err *err) MUST_CHECK;

/* The same in steps, for who asks several questions of one scan. @question and @arena stay until
 * it is freed. */
struct summary_sums;
struct summary_sums *summary_sums_new(const struct summary_question *question, struct arena *arena);
int summary_sums_add(struct summary_sums *sums, const struct tariff *tariff,
		     const struct charge *charge, struct err *err) MUST_CHECK;
/* Nothing is added afterwards. */
int summary_sums_take(struct summary_sums *sums, struct summary *ret_summary, struct err *err)
	MUST_CHECK;
void summary_sums_free(struct summary_sums *sums); /* takes NULL */
void summary_sums_freep(struct summary_sums **sums);

#endif
