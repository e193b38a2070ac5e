/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source in memory, whose n-th call fails, and a store whose n-th commit does: in the end each
 * item is one event and nothing is left anywhere, whatever failed when.
 */
#include "relay_world.h"

#include "core/log.h"
#include "store/account.h"

#define ITEMS	  150 /* several batches */
#define CALLS_MAX 40  /* more than a whole run makes */
#define ROUNDS	  20

struct memory {
	size_t first; /* those before were acknowledged */
	unsigned calls, fail_at;
};

static struct memory memory;

static int call(struct err *err)
{
	return ++memory.calls == memory.fail_at ? err_set(err, ERR_UNAVAILABLE, "it is gone") : 0;
}

static int opens_that_fail;

static int memory_open(const struct source_options *options, int wake_fd, void **ret_source,
		       struct err *err)
{
	(void)options;
	(void)wake_fd;
	if (opens_that_fail > 0 && opens_that_fail--)
		return err_set(err, ERR_NOT_FOUND, "it is not there");
	*ret_source = &memory;
	return 0;
}

static int memory_begin(void *source, struct err *err)
{
	(void)source;
	return call(err);
}

static const char *data_of(size_t number)
{
	/* One in ten can be no event. */
	return number % 10 == 3 ? "{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"aws.ecs\","
				  "\"type\":\"t\"}"
				: "{}";
}

static int memory_take(void *source, struct source_batch *batch, struct err *err)
{
	(void)source;
	if (call(err) < 0)
		return -1;
	for (size_t i = memory.first; i < ITEMS && batch->count < SOURCE_BATCH_MAX; i++) {
		struct source_item *item = &batch->items[batch->count++];

		item->name = arena_printf(batch->arena, "%zu", i);
		item->value = "v";
		item->data = data_of(i);
		item->len = strlen(item->data);
		ck_assert_ptr_nonnull(item->name);
	}
	batch->all = batch->count == 0;
	return 0;
}

/* Fails before or after it has counted. */
static int memory_acknowledge(void *source, struct source_batch *batch, struct err *err)
{
	(void)source;
	ck_assert_int_ge(world_count("SELECT COUNT(*) FROM event_inbox") + world_count(DEAD),
			 (long long)(memory.first + batch->count));
	if (call(err) < 0)
		return -1;
	memory.first += batch->count;
	return call(err);
}

static int memory_may_return(void *source, const char *item_name, bool *ret_may, struct err *err)
{
	(void)source;
	(void)err;
	*ret_may = (size_t)atol(item_name) >= memory.first;
	return 0;
}

static void memory_nothing(void *source)
{
	(void)source;
}

static const struct source_kind memory_kind = {
	.name = "memory",
	.type = "t",
	.advice = "put it there",
	.open = memory_open,
	.begin = memory_begin,
	.take = memory_take,
	.acknowledge = memory_acknowledge,
	.may_return = memory_may_return,
	.end = memory_nothing,
	.close = memory_nothing,
};
static struct source_options options = {
	.name = "m",
	.kind = &memory_kind,
	.account = "111122223333",
	.region = "us-east-1",
	.bus = "b",
	.source = "m",
	.type = "t",
};

/* --- the store's commits --- */

static unsigned commits, fail_commit;

int __real_db_commit(struct db *db, struct err *err);
int __wrap_db_commit(struct db *db, struct err *err);
int __wrap_db_commit(struct db *db, struct err *err)
{
	if (++commits == fail_commit) {
		db_rollback(db);
		return err_set(err, ERR_NO_SPACE, "the disk is full");
	}
	return __real_db_commit(db, err);
}

/* A round until an error or until there is nothing more; true: all is done. */
static bool run_round(struct carrier *carrier)
{
	struct err err = ERR_INIT;
	size_t accepted;
	int result = carrier_begin(carrier, &err);

	for (int i = 0; result == 0 && i < 10; i++)
		result = carrier_turn(carrier, &accepted, &err);
	carrier_end(carrier);
	return result == 0;
}

static void run_all(void)
{
	struct err err = ERR_INIT;
	bool done = false;

	for (int i = 0; !done && i < ROUNDS; i++) {
		/* As after a kill: nothing is remembered but what the store has. */
		struct carrier *carrier;

		ASSERT_OK(carrier_open(&options, world_open(), world_bell, &carrier, &err), &err);
		done = run_round(carrier);
		carrier_free(carrier);
	}
	ck_assert(done);
}

static void ck_each_once(void)
{
	ck_assert_int_eq(world_count(INBOX), ITEMS - 15);
	ck_assert_int_eq(world_count(IDS), ITEMS - 15);
	ck_assert_int_eq(world_count(DEAD), 15);
	ck_assert_int_eq(world_count("SELECT COUNT(DISTINCT event_id) FROM event_dead"), 15);
	ck_assert_int_eq(world_count(MARKS), 0);
	ck_assert_uint_eq(memory.first, ITEMS);
}

START_TEST(each_item_is_one_event_whichever_call_of_the_source_fails)
{
	memory = (struct memory){.fail_at = (unsigned)_i};
	run_all();
	ck_each_once();
}
END_TEST

START_TEST(each_item_is_one_event_whichever_commit_fails)
{
	memory = (struct memory){0};
	commits = 0;
	fail_commit = (unsigned)_i;
	run_all();
	fail_commit = 0;
	ck_each_once();
}
END_TEST

START_TEST(a_thread_carries_until_it_is_stopped)
{
	struct err err = ERR_INIT;
	struct carrier *carrier;

	memory = (struct memory){.fail_at = 3};
	ASSERT_OK(carrier_open(&options, world_open(), world_bell, &carrier, &err), &err);
	ASSERT_OK(carrier_start(carrier, &err), &err);
	for (int i = 0; i < 1000 && world_count(INBOX) + world_count(DEAD) < ITEMS; i++)
		(void)usleep(10000);
	carrier_stop(carrier);
	carrier_free(carrier);
	ck_assert_int_eq(world_count(INBOX) + world_count(DEAD), ITEMS);
}
END_TEST

#define STATE "SELECT state || ' ' || tries || ' ' || account || ': ' || reason FROM event_source"

static void wait_for_state(const char *text)
{
	for (int i = 0; i < 1000 && strcmp(world_text(STATE), text) != 0; i++)
		(void)usleep(10000);
	ck_assert_str_eq(world_text(STATE), text);
}

START_TEST(a_source_that_cannot_be_opened_says_what_helps_and_is_tried_again)
{
	struct err err = ERR_INIT;
	struct carrier *carrier;

	memory = (struct memory){0};
	opens_that_fail = 3; /* after 0, 200 and 600 ms */
	ASSERT_OK(carrier_open(&options, world_open(), world_bell, &carrier, &err), &err);
	ck_assert_str_eq(world_text(STATE), "STARTS 0 111122223333: ");
	ASSERT_OK(carrier_start(carrier, &err), &err);
	wait_for_state("WAITS 2 111122223333: it is not there; put it there");
	wait_for_state("READS 0 111122223333: ");
	carrier_free(carrier);
}
END_TEST

START_TEST(an_account_that_is_not_there_is_waited_for)
{
	const struct source_options known = options;
	struct account account;
	struct err err = ERR_INIT;
	struct carrier *carrier;
	AUTO(freep) char *text = NULL;

	memory = (struct memory){0};
	options.account[0] = '\0';
	options.account_name = "later";
	ASSERT_OK(carrier_open(&options, world_open(), world_bell, &carrier, &err), &err);
	ck_assert_int_eq(carrier_begin(carrier, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "later"));
	carrier_end(carrier);
	err_clear(&err);
	ASSERT_OK(account_create(world_db, "later", &account, &err), &err);
	ASSERT_OK(carrier_start(carrier, &err), &err);
	text = xasprintf("READS 0 %s: ", account.id);
	wait_for_state(text);
	carrier_free(carrier);
	options = known;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("relay/carrier");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, relay_world_begin, relay_world_end);
	tcase_add_loop_test(all, each_item_is_one_event_whichever_call_of_the_source_fails, 0,
			    CALLS_MAX);
	tcase_add_loop_test(all, each_item_is_one_event_whichever_commit_fails, 1, 12);
	tcase_add_test(all, a_thread_carries_until_it_is_stopped);
	tcase_add_test(all, a_source_that_cannot_be_opened_says_what_helps_and_is_tried_again);
	tcase_add_test(all, an_account_that_is_not_there_is_waited_for);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
