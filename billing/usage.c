/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charges, gathered into a list.
 */
#include "billing/usage.h"

#include <string.h>

#include "billing/charge.h"
#include "store/record.h"

#define MS_PER_SECOND 1000

static int copy(const struct charge *charge, struct arena *arena, struct usage *ret_usage,
		struct err *err)
{
	int64_t end_s = charge->started_s + charge->seconds;

	*ret_usage = (struct usage){
		.task = arena_strdup(arena, charge->task.task),
		.account = arena_strdup(arena, charge->task.account),
		.cluster = arena_strdup(arena, charge->task.cluster),
		.family = arena_strdup(arena, charge->task.family),
		.reason = arena_strdup(arena, charge->reason),
		.started_ms = charge->started_s * MS_PER_SECOND,
		.ended_ms = charge->running ? 0 : end_s * MS_PER_SECOND,
		.seconds = charge->seconds,
		.estimated = charge->estimated,
	};
	memcpy(ret_usage->quantity, charge->quantity, sizeof(ret_usage->quantity));
	if (!ret_usage->task || !ret_usage->account || !ret_usage->cluster || !ret_usage->family ||
	    !ret_usage->reason)
		return record_full(err);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct usage *left = a;
	const struct usage *right = b;

	if (left->started_ms != right->started_ms)
		return left->started_ms > right->started_ms ? 1 : -1;
	return strcmp(left->task, right->task);
}

int usage_read(struct db *db, const struct usage_filter *filter, struct arena *arena,
	       struct usage **ret_usages, size_t *ret_count, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	AUTO(buf_done) struct buf list;
	const struct charge_filter asked = {.account = filter->account,
					    .task = filter->task,
					    .until_s = filter->until_ms / MS_PER_SECOND};
	struct charge charge;
	int rc;

	buf_init(&list, RECORD_LIST_MAX);
	if (record_scope_begin_read(&scope, db, err) < 0 ||
	    charge_scan_open(db, &asked, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		struct usage usage;

		if (charge.started_s * MS_PER_SECOND < filter->since_ms)
			continue;
		if (copy(&charge, arena, &usage, err) < 0 ||
		    buf_append(&list, &usage, sizeof(usage), err) < 0)
			return -1;
	}
	if (rc < 0 ||
	    record_list_take(&list, sizeof(struct usage), arena, ret_usages, ret_count, err) < 0)
		return -1;
	qsort(*ret_usages, *ret_count, sizeof(**ret_usages), compare);
	return 0;
}
