/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the containers used is the guest's word where it gave one, which its machine bounds; else
 * what the host saw of the machine, its kernel with it. The saving is the difference of two exact
 * costs: of the charge, and of the same charge with other quantities.
 */
#include "billing/task_bill.h"

#include <string.h>

#include "billing/right_size.h"

#define NS_PER_SECOND 1000000000LL
#define MILLI	      1000
#define ACCOUNTS_MAX  (1024u * 1024) /* a task has few machines */
#define MIB	      (1024 * 1024)

/* --- what it costs --- */

static int add_pieces(const struct tariff *tariff, struct task_bill *bill, struct err *err)
{
	struct cost_walk walk;
	struct cost_piece piece;
	int rc;

	if (cost_billed_seconds(tariff, bill->charge, &bill->billed_seconds, err) < 0 ||
	    cost_walk_begin(&walk, tariff, bill->charge, 0, INT64_MAX, COST_WHOLE, err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		if (bill->amount[piece.meter] == 0)
			bill->rate[piece.meter] = piece.rate;
		bill->amount[piece.meter] += piece.amount;
		if (cost_add(&bill->meter_nano[piece.meter], piece.cost_nano, err) < 0 ||
		    cost_add(&bill->total_nano, piece.cost_nano, err) < 0)
			return -1;
	}
	return rc;
}

/* --- what it used --- */

static void add_counts(struct machine_counts *sum, const struct machine_account *account)
{
	bool told = account->guest.memory_peak_bytes > 0;
	const struct machine_counts *counts = told ? &account->guest : &account->host;
	int64_t peak = sum->memory_peak_bytes > counts->memory_peak_bytes
			       ? sum->memory_peak_bytes
			       : counts->memory_peak_bytes;

#define ADD(name) sum->name += counts->name;
	MACHINE_COUNTS(ADD)
#undef ADD
	sum->memory_peak_bytes = peak;
}

static int read_use(struct db *db, struct task_bill *bill, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ACCOUNTS_MAX);
	struct machine_account *accounts;
	size_t count;

	if (machine_account_list(db, bill->charge->task.task, arena, &accounts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		add_counts(&bill->used, &accounts[i]);
	bill->use_known = bill->used.memory_peak_bytes > 0;
	return 0;
}

int64_t task_bill_cpu_milli(const struct task_bill *bill)
{
	int64_t seconds = bill->charge->held_seconds;

	return seconds > 0 ? (int64_t)((__int128)bill->used.cpu_ns * MILLI /
				       ((__int128)seconds * NS_PER_SECOND))
			   : 0;
}

/* --- a better size --- */

static int find_better(const struct tariff *tariff, struct task_bill *bill, struct err *err)
{
	struct right_size_question question = {
		.vcpu_milli = bill->charge->quantity[METER_VCPU],
		.memory_mib = bill->charge->quantity[METER_MEMORY],
		.seconds = bill->charge->held_seconds,
		.cpu_ns = bill->used.cpu_ns,
		.memory_peak_bytes = bill->used.memory_peak_bytes,
		.vcpu = bill->rate[METER_VCPU],
		.memory = bill->rate[METER_MEMORY],
	};
	struct charge other = *bill->charge;
	int64_t other_nano;

	if (!bill->use_known)
		return 0;
	if (!right_size_find(&question, &bill->better))
		return 0;
	other.quantity[METER_VCPU] = right_size_vcpu_milli(&bill->better);
	other.quantity[METER_MEMORY] = bill->better.memory_mib;
	if (cost_total(tariff, &other, &other_nano, err) < 0)
		return -1;
	bill->saving_nano = bill->total_nano - other_nano;
	bill->better_known = bill->saving_nano > 0;
	return 0;
}

int task_bill_make(struct db *db, const struct tariff *tariff, const struct charge *charge,
		   struct task_bill *ret_bill, struct err *err)
{
	struct task_bill bill = {.charge = charge};

	if (add_pieces(tariff, &bill, err) < 0 || read_use(db, &bill, err) < 0 ||
	    find_better(tariff, &bill, err) < 0)
		return -1;
	*ret_bill = bill;
	return 0;
}

/* --- as JSON --- */

/* What was used of a meter, in its unit; false: that is not known. */
static bool used_of(const struct task_bill *bill, enum meter meter, int64_t *ret_used)
{
	if (!bill->use_known || meter == METER_STORAGE)
		return false;
	*ret_used = meter == METER_VCPU ? task_bill_cpu_milli(bill)
					: (bill->used.memory_peak_bytes + MIB - 1) / MIB;
	return true;
}

static json_t *meters_json(const struct task_bill *bill)
{
	json_t *meters = json_array();

	for (int i = 0; i < METER_COUNT; i++) {
		enum meter meter = (enum meter)i;
		char cost[PRICE_TEXT_SIZE];
		json_t *json;
		int64_t used;

		if (bill->charge->quantity[meter] == 0)
			continue;
		json = json_pack("{s:s, s:s, s:I, s:s}", "meter", meter_name(meter), "unit",
				 meter_unit(meter), "reserved",
				 (json_int_t)bill->charge->quantity[meter], "cost",
				 price_text(bill->meter_nano[meter], cost));
		if (used_of(bill, meter, &used))
			(void)json_object_set_new(json, "used", json_integer(used));
		(void)json_array_append_new(meters, json);
	}
	return meters;
}

static void set_use(json_t *json, const struct task_bill *bill)
{
	const struct machine_counts *used = &bill->used;

	if (!bill->use_known)
		return;
	(void)json_object_set_new(json, "used",
				  json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "cpuNanoseconds",
					    (json_int_t)used->cpu_ns, "memoryPeakBytes",
					    (json_int_t)used->memory_peak_bytes, "readBytes",
					    (json_int_t)used->read_bytes, "writeBytes",
					    (json_int_t)used->write_bytes, "receiveBytes",
					    (json_int_t)used->receive_bytes, "transmitBytes",
					    (json_int_t)used->transmit_bytes));
}

static void set_better(json_t *json, const struct task_bill *bill)
{
	char saving[PRICE_TEXT_SIZE];

	if (!bill->better_known)
		return;
	(void)json_object_set_new(json, "betterSize",
				  json_pack("{s:I, s:I, s:s}", "cpu",
					    (json_int_t)bill->better.cpu_units, "memory",
					    (json_int_t)bill->better.memory_mib, "saving",
					    price_text(bill->saving_nano, saving)));
}

void task_bill_say_use(const struct task_bill *bill, json_t *json)
{
	set_use(json, bill);
	set_better(json, bill);
}

json_t *task_bill_json(const struct task_bill *bill, const char *currency)
{
	char cost[PRICE_TEXT_SIZE];
	json_t *json = json_pack("{s:I, s:I, s:b, s:b, s:o, s:s, s:s}", "seconds",
				 (json_int_t)bill->charge->seconds, "billedSeconds",
				 (json_int_t)bill->billed_seconds, "running", bill->charge->running,
				 "estimated", bill->charge->estimated, "meters", meters_json(bill),
				 "cost", price_text(bill->total_nano, cost), "currency", currency);

	task_bill_say_use(bill, json);
	return json;
}
