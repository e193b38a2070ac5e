/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task for people: when and why, each meter with what was reserved and used, and what a better
 * size would have saved.
 */
#include <inttypes.h>

#include "billing/calendar.h"
#include "billing/report_line.h"
#include "billing/task_bill.h"

#define MONEY_WIDTH 16
#define MIB	    (1024 * 1024)
#define PERCENT	    100

static void print_times(const struct charge *charge, FILE *out)
{
	char when[CALENDAR_TEXT_SIZE];

	(void)fprintf(out, "task %s (%s, cluster %s)\n  held from %s", charge->task.task,
		      charge->task.family, charge->task.cluster,
		      calendar_time_text(charge->started_s, when));
	if (!charge->running)
		(void)fprintf(out, " to %s%s%s",
			      calendar_time_text(charge->started_s + charge->held_seconds, when),
			      charge->reason[0] ? ", " : "", charge->reason);
	(void)fprintf(out, "\n  %" PRId64 " second%s%s\n", charge->held_seconds,
		      charge->held_seconds == 1 ? "" : "s",
		      charge->estimated ? " up to the last checkpoint: the host was restarted"
		      : charge->running ? " up to now: it still runs"
					: "");
	if (charge->seconds != charge->held_seconds)
		(void)fprintf(out, "  corrected by an operator to %" PRId64 " seconds\n",
			      charge->seconds);
}

/* What of a meter was used, behind its line. */
static void print_use(const struct task_bill *bill, enum meter meter, FILE *out)
{
	int64_t reserved = bill->charge->quantity[meter];
	int64_t used = meter == METER_VCPU ? task_bill_cpu_milli(bill)
					   : (bill->used.memory_peak_bytes + MIB - 1) / MIB;

	if (bill->use_known && meter != METER_STORAGE)
		(void)fprintf(out, "  used %" PRId64 " %s (%" PRId64 " %%)", used,
			      meter == METER_VCPU ? "on average" : "at most",
			      used * PERCENT / reserved);
	(void)fputc('\n', out);
}

static void print_meters(const struct task_bill *bill, const char *currency, FILE *out)
{
	char cost[PRICE_TEXT_SIZE];

	for (int i = 0; i < METER_COUNT; i++) {
		enum meter meter = (enum meter)i;

		if (bill->charge->quantity[meter] == 0)
			continue;
		(void)fprintf(out, "  %-8s %9" PRId64 " %-22s x %9" PRId64 " s  %*s %s",
			      meter_name(meter), bill->charge->quantity[meter], meter_unit(meter),
			      bill->billed_seconds, MONEY_WIDTH,
			      price_text(bill->meter_nano[meter], cost), currency);
		print_use(bill, meter, out);
	}
	(void)fprintf(out, "  %-56s %*s %s\n", "total", MONEY_WIDTH,
		      price_text(bill->total_nano, cost), currency);
}

static void print_advice(const struct task_bill *bill, const char *currency, FILE *out)
{
	const struct machine_counts *used = &bill->used;
	char saving[PRICE_TEXT_SIZE];

	if (bill->use_known)
		(void)fprintf(out,
			      "  disks: %" PRId64 " bytes read, %" PRId64
			      " written; network: %" PRId64 " received, %" PRId64 " sent\n",
			      used->read_bytes, used->write_bytes, used->receive_bytes,
			      used->transmit_bytes);
	if (bill->better_known)
		(void)fprintf(out,
			      "  it would have fitted into cpu %" PRId64 ", memory %" PRId64
			      ", for %s %s less\n",
			      bill->better.cpu_units, bill->better.memory_mib,
			      price_text(bill->saving_nano, saving), currency);
}

static void print_bill(const struct task_bill *bill, const char *currency, FILE *out)
{
	print_times(bill->charge, out);
	if (bill->billed_seconds > bill->charge->seconds)
		(void)fprintf(out, "  the shortest time that is billed is %" PRId64 " seconds\n",
			      bill->billed_seconds);
	print_meters(bill, currency, out);
	print_advice(bill, currency, out);
}

int report_task(const struct report *report, FILE *out, bool *ret_found, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct task_bill bill;
	struct charge charge;
	int rc;

	if (charge_scan_open(report->db, report->question.filter, &scan, err) < 0)
		return -1;
	rc = charge_scan_next(scan, &charge, err);
	if (rc == 1) {
		if (task_bill_make(report->db, report->tariff, &charge, &bill, err) < 0)
			return -1;
		print_bill(&bill, report_currency(report), out);
	}
	if (rc < 0 || report_flushed(out, err) < 0)
		return -1;
	*ret_found = rc == 1;
	return 0;
}
