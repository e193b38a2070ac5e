/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A closed month stays what it was: whatever happens to prices and records later.
 */
#include "tests/unit/store/place.h"

#include "billing/cost.h"
#include "billing/meter.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL
#define DAY	  86400LL
#define JAN	  1767225600LL /* 2026-01-01 */
#define FEB	  (JAN + 31 * DAY)

#define LIST(vcpu)                                                                                 \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":1,\"x86\":[" #vcpu ",0,0],\"arm\":[" #vcpu ",0,0],"                           \
	"\"shares\":[10000,10000],\"spot\":10000}]}]}"

static void hold(struct place *place, unsigned number, int64_t from_s, int64_t until_s)
{
	struct task_change change = {.pull_started_ms = from_s * 1000};
	struct task task = place_task(place, number);

	task.cpu_units = 1024;
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	ASSERT_OK(task_update(place->db, task.id, &change, false, &place->err), &place->err);
	clock_fake(from_s * 1000, from_s * SECOND_NS);
	ASSERT_OK(meter_open(place->db, task.id, from_s * 1000, &place->err), &place->err);
	if (until_s == 0)
		return;
	clock_fake(until_s * 1000, until_s * SECOND_NS);
	ASSERT_OK(meter_close(place->db, task.id, until_s * 1000, &place->err), &place->err);
}

static struct price_list *list_of(const char *text)
{
	struct price_list *list;
	struct err err = ERR_INIT;

	ASSERT_OK(price_list_parse(text, &list, &err), &err);
	return list;
}

static int64_t cost_of(struct place *place, const struct price_list *prices, int64_t from_s,
		       int64_t until_s)
{
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter filter = {.from_s = from_s, .until_s = until_s};
	struct tariff tariff = {.prices = prices};
	struct charge charge;
	int64_t total = 0;
	int rc;

	ASSERT_OK(invoices_read(place->db, &invoices, &place->err), &place->err);
	tariff.invoices = invoices;
	ASSERT_OK(charge_scan_open(place->db, &filter, &scan, &place->err), &place->err);
	while ((rc = charge_scan_next(scan, &charge, &place->err)) == 1) {
		struct cost_walk walk;
		struct cost_piece piece;

		ASSERT_OK(cost_walk_begin(&walk, &tariff, &charge, from_s, until_s, COST_HOURS,
					  &place->err),
			  &place->err);
		while (cost_walk_next(&walk, &piece, &place->err) == 1)
			total += piece.cost_nano;
	}
	ASSERT_OK(rc, &place->err);
	return total;
}

static int close_january(struct place *place, const struct price_list *prices, int64_t now_s)
{
	char id[INVOICE_ID_SIZE];

	return invoice_close(place->db, prices, ACCOUNT, JAN, now_s * 1000, id, &place->err);
}

START_TEST(a_closed_month_keeps_its_prices_and_records)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *old = list_of(LIST(3600000));
	AUTO(price_list_freep) struct price_list *new = list_of(LIST(7200000));

	place_state(&place);
	hold(&place, 1, FEB - 100, FEB + 100); /* a thousand a second */
	ck_assert_int_eq(cost_of(&place, old, JAN, FEB), 100000);
	ASSERT_OK(close_january(&place, old, FEB + 200), &place.err);
	ck_assert_int_eq(cost_of(&place, new, JAN, FEB), 100000);
	ck_assert_int_eq(cost_of(&place, new, FEB, FEB + DAY), 200000);
	ASSERT_FAILS(close_january(&place, old, FEB + 300), ERR_CONFLICT, &place.err);
	/* What is given back later is given back in the month in which that is said. */
	ASSERT_OK(ledger_correct(place.db, "00000000000000000000000000000001", 30, "ours",
				 (FEB + 2 * DAY) * 1000, &place.err),
		  &place.err);
	ck_assert_int_eq(cost_of(&place, new, JAN, FEB), 100000);
	ck_assert_int_eq(cost_of(&place, new, FEB, FEB + DAY), 0);
	ck_assert_int_eq(cost_of(&place, new, FEB, FEB + 3 * DAY), -70000);
	ck_assert_int_eq(cost_of(&place, new, 0, INT64_MAX / 1000), 30000);
}
END_TEST

START_TEST(a_month_is_closed_when_nothing_of_it_can_change)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = list_of(LIST(3600000));

	place_state(&place);
	ck_assert_int_eq(close_january(&place, prices, FEB - 1), -1);
	ck_assert_ptr_nonnull(strstr(place.err.text, "it is not over"));
	hold(&place, 1, FEB - 100, 0);
	ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err), &place.err);
	ck_assert_int_eq(close_january(&place, prices, FEB + 50), -1);
	ck_assert_ptr_nonnull(strstr(place.err.text, "1 tasks of it are not settled"));
	clock_fake((FEB + 40) * 1000, (FEB + 40) * SECOND_NS);
	ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err), &place.err);
	ASSERT_OK(close_january(&place, prices, FEB + 50), &place.err);
	ck_assert_int_eq(cost_of(&place, prices, JAN, FEB), 100000);
}
END_TEST

START_TEST(a_damaged_ledger_closes_no_month)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = list_of(LIST(3600000));

	place_state(&place);
	hold(&place, 1, JAN, JAN + 5);
	ASSERT_OK(db_exec(place.db, "UPDATE ledger SET seconds = 4 WHERE position = 4", NULL,
			  &place.err),
		  &place.err);
	ASSERT_FAILS(close_january(&place, prices, FEB + 50), ERR_CORRUPT, &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_closed_month_keeps_its_prices_and_records,
		a_month_is_closed_when_nothing_of_it_can_change,
		a_damaged_ledger_closes_no_month,
	};

	return suite_run("billing/invoice", tests, ARRAY_LEN(tests));
}
