/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person or a disk may do to a ledger, and that it is found. The campaign of ten thousand
 * changes is tests/billing/tamper.
 */
#include "tests/unit/store/place.h"

#include "billing/meter.h"
#include "billing/verify.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL
#define PRICES                                                                                     \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":1,\"x86\":[1,1,1],\"arm\":[1,1,1],\"shares\":[10000,10000],"                  \
	"\"spot\":10000}]}]}"

/* A machine of the first task, which held for ten seconds. */
#define MACHINE_SQL(task, taken, ended, vcpus, memory, cpu)                                        \
	"INSERT INTO machine_account SELECT " task ", 'm', 'b', 1, 0, " taken ", " ended           \
	", " vcpus ", " memory ", 0, 0, 0, 0, 0, 0, 0, " cpu                                       \
	", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM task WHERE stopped_ms = 11000"

static void begin(struct place *place, unsigned number)
{
	struct task task = place_task(place, number);
	struct task_change change = {.pull_started_ms = 1000};

	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	clock_fake(1000, SECOND_NS);
	ASSERT_OK(task_move(place->db, task.id, TASK_PROVISIONING, TASK_EV_CLAIMED, &change, NULL,
			    &place->err),
		  &place->err);
	ASSERT_OK(meter_open(place->db, task.id, 1000, &place->err), &place->err);
}

static void end(struct place *place, unsigned number, int64_t seconds)
{
	struct task task = place_task(place, number);

	clock_fake(1000 + seconds * 1000, (1 + seconds) * SECOND_NS);
	place_move(place, task.id, TASK_PENDING, TASK_EV_FAILED);
	place_move(place, task.id, TASK_DEPROVISIONING, TASK_EV_RELEASED);
	ASSERT_OK(meter_close(place->db, task.id, clock_wall_ms(), &place->err), &place->err);
}

/* Three that ended (one of them corrected), one that runs. */
static void fill(struct place *place)
{
	place_state(place);
	for (unsigned i = 1; i <= 4; i++)
		begin(place, i);
	for (unsigned i = 1; i <= 3; i++)
		end(place, i, 10 * i);
	ASSERT_OK(ledger_correct(place->db, "00000000000000000000000000000002", 5, "ours", 90000,
				 &place->err),
		  &place->err);
}

struct seen {
	int sources[VERIFY_SOURCE_COUNT];
	char last[256];
};

static void see(void *ctx, const struct verify_finding *finding)
{
	struct seen *seen = ctx;

	seen->sources[finding->source]++;
	(void)snprintf(seen->last, sizeof(seen->last), "%s: %s",
		       verify_source_name(finding->source), finding->what);
}

static struct verify_result verify(struct place *place, const struct ledger_head *exported,
				   struct seen *seen)
{
	AUTO(price_list_freep) struct price_list *prices = NULL;
	struct verify_options options = {.exported = exported, .found = see, .ctx = seen};
	struct verify_result result;

	*seen = (struct seen){0};
	ASSERT_OK(price_list_parse(PRICES, &prices, &place->err), &place->err);
	options.prices = prices;
	ASSERT_OK(verify_run(place->db, &options, &result, &place->err), &place->err);
	return result;
}

START_TEST(an_untouched_ledger_is_sound)
{
	AUTO(place_done) struct place place;
	struct verify_result result;
	struct ledger_head head;
	struct seen seen;

	fill(&place);
	ASSERT_OK(ledger_head_read(place.db, &head, &place.err), &place.err);
	result = verify(&place, &head, &seen);
	ck_assert_msg(result.findings == 0, "%s", seen.last);
	ck_assert_int_eq(result.records, 4 * 2 + 3 * 2 + 2);
	ck_assert_int_eq(result.tasks, 4);
	ck_assert_int_eq(result.compared_tasks, 3);
	begin(&place, 5); /* the head of an earlier time proves what was there then */
	result = verify(&place, &head, &seen);
	ck_assert_msg(result.findings == 0, "%s", seen.last);
}
END_TEST

START_TEST(each_change_is_found_where_it_is)
{
	static const struct {
		const char *sql;
		enum verify_source source;
		int64_t position; /* of the first break; 0: not of the chain */
	} rows[] = {
		{"UPDATE ledger SET seconds = seconds - 1 WHERE position = 9", VERIFY_CHAIN, 9},
		{"UPDATE ledger SET quantity = 1 WHERE position = 1", VERIFY_CHAIN, 1},
		{"UPDATE ledger SET reason = 'x' WHERE position = 9", VERIFY_CHAIN, 9},
		{"UPDATE ledger SET tags_json = '' WHERE position = 9", VERIFY_CHAIN, 9},
		{"UPDATE ledger SET reason = reason || char(0) WHERE position = 9", VERIFY_RECORDS,
		 0},
		{"UPDATE ledger SET hash = x'00' WHERE position = 9", VERIFY_CHAIN, 9},
		{"UPDATE ledger SET quantity = quantity + 0.25 WHERE position = 9", VERIFY_RECORDS,
		 0},
		{"UPDATE ledger SET hash = CAST(hash AS TEXT) WHERE position = 9", VERIFY_RECORDS,
		 0},
		{"UPDATE ledger SET sequence = x'01' WHERE position = 9", VERIFY_RECORDS, 9},
		{"DELETE FROM ledger WHERE position = 9", VERIFY_CHAIN, 10},
		{"UPDATE ledger SET position = 99 WHERE position = 9", VERIFY_CHAIN, 10},
		{"UPDATE ledger_task SET account = '999999999999' WHERE number = 1", VERIFY_CHAIN,
		 1},
		{"UPDATE ledger_task SET tags_json = '{\"a\":\"b\"}' WHERE number = 4",
		 VERIFY_CHAIN, 7},
		{"UPDATE ledger_task SET spot = 2 WHERE number = 4", VERIFY_RECORDS, 7},
		{"DELETE FROM ledger_task WHERE number = 1", VERIFY_RECORDS, 1},
		{"INSERT INTO ledger_task VALUES (9, 'x', '', '', '', 1, '', '', '', 0, '{}')",
		 VERIFY_RECORDS, 0},
		{"DELETE FROM meter_running", VERIFY_RECORDS, 0},
		{"DELETE FROM ledger WHERE position = 16", VERIFY_CHAIN, 16},
		{"UPDATE ledger_head SET position = 15", VERIFY_CHAIN, 15},
		{"UPDATE task SET stopped_ms = stopped_ms + 1001 WHERE stopped_ms = 11000",
		 VERIFY_TASKS, 0},
		{"UPDATE task SET memory_mib = 1 WHERE stopped_ms = 11000", VERIFY_TASKS, 0},
		{"UPDATE task SET state = 'RUNNING' WHERE stopped_ms = 11000", VERIFY_TASKS, 0},
		{"INSERT INTO task_kept VALUES ('x', '', 1, 2, 256, 512, 20, '')", VERIFY_TASKS, 0},
		{"INSERT INTO task_kept SELECT id, account, pull_started_ms, stopped_ms - 1001,"
		 " cpu_units, memory_mib, storage_gib, '' FROM task WHERE stopped_ms = 11000",
		 VERIFY_TASKS, 0},
		{"INSERT INTO task_kept SELECT id, account, pull_started_ms, stopped_ms,"
		 " cpu_units + 1, memory_mib, storage_gib, '' FROM task WHERE stopped_ms = 11000",
		 VERIFY_TASKS, 0},
		{MACHINE_SQL("'x'", "0", "5000000000", "1", "512", "0"), VERIFY_MACHINES, 0},
		{MACHINE_SQL("id", "0", "11000000001", "1", "512", "0"), VERIFY_MACHINES, 0},
		{MACHINE_SQL("id", "0", "5000000000", "1", "511", "0"), VERIFY_MACHINES, 0},
		{MACHINE_SQL("id", "0", "5000000000", "1", "512", "40000000000"), VERIFY_MACHINES,
		 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(place_done) struct place place;
		struct verify_result result;
		struct seen seen;

		fill(&place);
		ASSERT_OK(db_exec(place.db, rows[i].sql, NULL, &place.err), &place.err);
		result = verify(&place, NULL, &seen);
		ck_assert_msg(seen.sources[rows[i].source] > 0, "%s: %s", rows[i].sql, seen.last);
		ck_assert_msg(result.first_broken == rows[i].position, "%s: %lld", rows[i].sql,
			      (long long)result.first_broken);
	}
}
END_TEST

START_TEST(an_end_that_is_missing_is_found_by_the_exported_head)
{
	AUTO(place_done) struct place place;
	struct ledger_head head;
	struct seen seen;

	fill(&place);
	ASSERT_OK(ledger_head_read(place.db, &head, &place.err), &place.err);
	/* As whoever knows how the chain is made would do it. */
	ASSERT_OK(db_exec(place.db, "DELETE FROM ledger WHERE kind = 3", NULL, &place.err),
		  &place.err);
	ASSERT_OK(db_exec(place.db,
			  "UPDATE ledger_head SET position = 14,"
			  " hash = (SELECT hash FROM ledger WHERE position = 14)",
			  NULL, &place.err),
		  &place.err);
	ck_assert_int_eq(verify(&place, NULL, &seen).findings, 0);
	ck_assert_int_eq(verify(&place, &head, &seen).findings, 1);
	ck_assert_ptr_nonnull(strstr(seen.last, "exported"));
}
END_TEST

START_TEST(behind_a_seal_the_chain_goes_on)
{
	AUTO(place_done) struct place place;
	struct verify_result result;
	struct seen seen;

	fill(&place);
	ASSERT_OK(db_exec(place.db, "UPDATE ledger SET seconds = 1 WHERE position = 16", NULL,
			  &place.err),
		  &place.err);
	begin(&place, 5);
	ASSERT_OK(ledger_seal(place.db, "a bad disk", 95000, &place.err), &place.err);
	ASSERT_OK(meter_settle(place.db, 95000, NULL, &place.err), &place.err);
	result = verify(&place, NULL, &seen);
	ck_assert_int_eq(result.seals, 1);
	ck_assert_int_eq(result.first_broken, 0);
	ck_assert_int_gt(seen.sources[VERIFY_CHAIN], 0); /* what is damaged stays so */
	ASSERT_OK(db_exec(place.db, "UPDATE ledger SET quantity = 7 WHERE position = 18", NULL,
			  &place.err),
		  &place.err);
	ck_assert_int_eq(verify(&place, NULL, &seen).first_broken, 18);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_untouched_ledger_is_sound,
		each_change_is_found_where_it_is,
		an_end_that_is_missing_is_found_by_the_exported_head,
		behind_a_seal_the_chain_goes_on,
	};

	return suite_run("billing/verify", tests, ARRAY_LEN(tests));
}
