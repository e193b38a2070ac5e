/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One scan; each piece of a charge is added to the row of its bucket and keys, which is
 * found by a hash. Memory grows with the rows of the answer, not with the charges,
 * and the rows have a limit.
 */
#include "billing/summary.h"

#include <string.h>

#include "billing/usage_type.h"
#include "core/buf.h"
#include "store/record.h"

#define ROW_LIMIT_USUAL 100000
#define KEY_MAX		256 /* the longest tag value, and room */

struct summary_sums {
	const struct summary_question *question;
	struct arena *arena;
	struct buf rows;   /* struct summary_row */
	size_t *slots;	   /* index of a row, plus one; 0: free */
	size_t slot_count; /* a power of two, more than twice the rows */
	size_t limit;
	struct arena *scratch; /* values of tags of some charges */
	size_t scratch_charges;
	struct summary_row total;
};

/* --- values of keys --- */

static const char *tag_value(const struct charge *charge, const char *key, struct arena *arena)
{
	struct err err = ERR_INIT;
	struct charge_tag *tags;
	size_t count;

	/* What cannot be read has no tags: verify says so. */
	if (charge_tags(charge, arena, &tags, &count, &err) < 0)
		return "";
	for (size_t i = 0; i < count; i++) {
		if (strcmp(tags[i].key, key) == 0)
			return tags[i].value;
	}
	return "";
}

const char *summary_value(const struct summary_group *group, const struct charge *charge,
			  enum meter meter, struct arena *arena)
{
	switch (group->key) {
	case SUMMARY_ACCOUNT:
		return charge->task.account;
	case SUMMARY_CLUSTER:
		return charge->task.cluster;
	case SUMMARY_SERVICE:
		return charge_service(charge);
	case SUMMARY_FAMILY:
		return charge->task.family;
	case SUMMARY_TASK:
		return charge->task.task;
	case SUMMARY_STARTER:
		return charge->task.started_by;
	case SUMMARY_RULE:
		return charge_rule(charge);
	case SUMMARY_ARCHITECTURE:
		return charge->task.architecture;
	case SUMMARY_PURCHASE:
		return charge->task.spot ? "Spot" : "On Demand";
	case SUMMARY_USAGE_TYPE:
		return usage_type_name(&charge->task, meter);
	case SUMMARY_TAG:
		return tag_value(charge, group->tag, arena);
	case SUMMARY_KEY_COUNT:
	default:
		return "";
	}
}

/* --- rows --- */

static struct summary_row *row_at(const struct summary_sums *sums, size_t index)
{
	return (struct summary_row *)(void *)sums->rows.data + index;
}

static size_t row_count(const struct summary_sums *sums)
{
	return sums->rows.len / sizeof(struct summary_row);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	return (hash ^ 0xff) * 1099511628211u;
}

static uint64_t hash_keys(int64_t bucket_s, const char *const *keys, size_t count)
{
	uint64_t hash = 14695981039346656037u ^ (uint64_t)bucket_s * 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < count; i++)
		hash = hash_text(hash, keys[i]);
	return hash ^ hash >> 32;
}

static bool is_row(const struct summary_sums *sums, const struct summary_row *row, int64_t bucket_s,
		   const char *const *keys)
{
	if (row->from_s != bucket_s)
		return false;
	for (size_t i = 0; i < sums->question->group_count; i++) {
		if (strcmp(row->keys[i], keys[i]) != 0)
			return false;
	}
	return true;
}

static size_t *find_slot(const struct summary_sums *sums, int64_t bucket_s, const char *const *keys)
{
	size_t mask = sums->slot_count - 1;
	size_t slot = hash_keys(bucket_s, keys, sums->question->group_count) & mask;

	while (sums->slots[slot] != 0 &&
	       !is_row(sums, row_at(sums, sums->slots[slot] - 1), bucket_s, keys))
		slot = (slot + 1) & mask;
	return &sums->slots[slot];
}

static void grow(struct summary_sums *sums)
{
	free(sums->slots);
	sums->slot_count = sums->slot_count ? sums->slot_count * 2 : 256;
	sums->slots = xcalloc(sums->slot_count, sizeof(*sums->slots));
	for (size_t i = 0; i < row_count(sums); i++) {
		const struct summary_row *row = row_at(sums, i);

		*find_slot(sums, row->from_s, row->keys) = i + 1;
	}
}

static int add_row(struct summary_sums *sums, const struct summary_row *row, struct err *err)
{
	struct summary_row copy = *row;

	if (row_count(sums) >= sums->limit)
		return err_set(err, ERR_LIMIT,
			       "the answer has more than %zu rows: ask for a shorter period, a"
			       " coarser grain or fewer keys",
			       sums->limit);
	for (size_t i = 0; i < sums->question->group_count; i++) {
		copy.keys[i] = arena_strdup(sums->arena, row->keys[i]);
		if (!copy.keys[i])
			return record_full(err);
	}
	return buf_append(&sums->rows, &copy, sizeof(copy), err);
}

/* The row of a bucket and keys; made if it is not there. Borrowed until the next one is made. */
static int row_of(struct summary_sums *sums, int64_t bucket_s, int64_t bucket_end_s,
		  const char *const *keys, struct summary_row **ret_row, struct err *err)
{
	size_t *slot;

	if (sums->slot_count < 2 * (row_count(sums) + 1))
		grow(sums);
	slot = find_slot(sums, bucket_s, keys);
	if (*slot == 0) {
		struct summary_row row = {
			.from_s = bucket_s, .until_s = bucket_end_s, .invoiced = true};

		for (size_t i = 0; i < sums->question->group_count; i++)
			row.keys[i] = keys[i];
		if (add_row(sums, &row, err) < 0)
			return -1;
		*slot = row_count(sums);
	}
	*ret_row = row_at(sums, *slot - 1);
	return 0;
}

/* --- adding up --- */

static int add_piece(struct summary_row *row, const struct charge *charge,
		     const struct cost_piece *piece, struct err *err)
{
	if (cost_add(&row->meter_nano[piece->meter], piece->cost_nano, err) < 0 ||
	    cost_add(&row->total_nano, piece->cost_nano, err) < 0)
		return -1;
	row->amount[piece->meter] += piece->amount;
	/* All pieces of a charge come one after the other. */
	row->tasks += row->last_task != charge->task.number;
	row->last_task = charge->task.number;
	row->running = row->running || charge->running;
	row->estimated = row->estimated || charge->estimated;
	row->invoiced = row->invoiced && piece->invoice;
	return 0;
}

static int64_t max_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t min_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct visit {
	struct summary_sums *sums;
	const struct charge *charge;
	/* Of each meter, so that they are made once a charge. */
	const char *keys[METER_COUNT][SUMMARY_GROUPS_MAX];
	bool wanted[METER_COUNT];
};

static int visit_begin(struct visit *visit, struct err *err)
{
	const struct summary_question *question = visit->sums->question;
	bool any = false;

	for (int meter = 0; meter < METER_COUNT; meter++) {
		visit->wanted[meter] =
			visit->charge->quantity[meter] > 0 &&
			(!question->wanted ||
			 question->wanted(question->ctx, visit->charge, (enum meter)meter));
		any = any || visit->wanted[meter];
		for (size_t i = 0; visit->wanted[meter] && i < question->group_count; i++)
			visit->keys[meter][i] =
				summary_value(&question->groups[i], visit->charge,
					      (enum meter)meter, visit->sums->scratch);
	}
	(void)err;
	return any;
}

static int add_charge(struct summary_sums *sums, const struct tariff *tariff,
		      const struct charge *charge, struct err *err)
{
	const struct summary_question *question = sums->question;
	struct visit visit = {.sums = sums, .charge = charge};
	struct cost_walk walk;
	struct cost_piece piece;
	int rc = visit_begin(&visit, err);

	if (rc != 1)
		return rc;
	if (cost_walk_begin(&walk, tariff, charge, question->filter->from_s,
			    question->filter->until_s, question->grain, err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		int64_t begin_s = max_of(cost_grain_begin(question->grain, piece.from_s),
					 question->filter->from_s);
		int64_t end_s = min_of(cost_grain_end(question->grain, piece.from_s),
				       question->filter->until_s);
		struct summary_row *row;

		if (!visit.wanted[piece.meter])
			continue;
		if (row_of(sums, begin_s, end_s, visit.keys[piece.meter], &row, err) < 0 ||
		    add_piece(row, charge, &piece, err) < 0 ||
		    add_piece(&sums->total, charge, &piece, err) < 0)
			return -1;
	}
	return rc;
}

/* Values of tags are parsed anew for each charge: their memory is given back from time to time. */
#define SCRATCH_MAX	(16u * 1024 * 1024)
#define SCRATCH_CHARGES 256

int summary_sums_add(struct summary_sums *sums, const struct tariff *tariff,
		     const struct charge *charge, struct err *err)
{
	if (sums->scratch_charges++ % SCRATCH_CHARGES == 0) {
		arena_freep(&sums->scratch);
		sums->scratch = arena_new(SCRATCH_MAX);
	}
	return add_charge(sums, tariff, charge, err);
}

static int compare_rows(const void *a, const void *b)
{
	const struct summary_row *left = a;
	const struct summary_row *right = b;
	int order = 0;

	if (left->from_s != right->from_s)
		return left->from_s > right->from_s ? 1 : -1;
	for (size_t i = 0; order == 0 && i < SUMMARY_GROUPS_MAX && left->keys[i]; i++)
		order = strcmp(left->keys[i], right->keys[i]);
	return order;
}

struct summary_sums *summary_sums_new(const struct summary_question *question, struct arena *arena)
{
	struct summary_sums *sums = xcalloc(1, sizeof(*sums));

	sums->question = question;
	sums->arena = arena;
	sums->limit = question->row_limit ? question->row_limit : ROW_LIMIT_USUAL;
	sums->total = (struct summary_row){.from_s = question->filter->from_s,
					   .until_s = question->filter->until_s,
					   .invoiced = true};
	buf_init(&sums->rows, sums->limit * sizeof(struct summary_row));
	return sums;
}

int summary_sums_take(struct summary_sums *sums, struct summary *ret_summary, struct err *err)
{
	struct summary summary = {.total = sums->total};

	if (sums->rows.len > 0)
		qsort(sums->rows.data, row_count(sums), sizeof(struct summary_row), compare_rows);
	if (record_list_take(&sums->rows, sizeof(struct summary_row), sums->arena, &summary.rows,
			     &summary.count, err) < 0)
		return -1;
	*ret_summary = summary;
	return 0;
}

void summary_sums_free(struct summary_sums *sums)
{
	if (!sums)
		return;
	buf_done(&sums->rows);
	free(sums->slots);
	arena_free(sums->scratch);
	free(sums);
}

void summary_sums_freep(struct summary_sums **sums)
{
	summary_sums_free(*sums);
}

int summary_make(struct db *db, const struct tariff *tariff,
		 const struct summary_question *question, struct arena *arena,
		 struct summary *ret_summary, struct err *err)
{
	AUTO(summary_sums_freep)
	struct summary_sums *sums = summary_sums_new(question, arena);
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct charge charge;
	int rc;

	if (charge_scan_open(db, question->filter, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		if (summary_sums_add(sums, tariff, &charge, err) < 0)
			return -1;
	}
	return rc < 0 ? -1 : summary_sums_take(sums, ret_summary, err);
}
