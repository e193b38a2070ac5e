/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection for several threads that write, commits that do not wait for the disk, programs
 * that write without a pause, and the keeper of the journal.
 */
#include "tests/unit/store/place.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "store/account.h"
#include "store/db_private.h"
#include "store/journal_keeper.h"

#define BLOB_SIZE     (25 * 4096)
#define LONG_WRITES   330  /* more than 8,000 pages */
#define SINGLE_WRITES 2500 /* of two pages each, or three: fewer than 16,000 in all */

static int64_t one_int(struct db *db, const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(db_query(db, sql, &query, &err), &err);
	ck_assert_int_eq(db_step(query, &err), 1);
	return db_int(query, 0);
}

static void run(struct db *db, const char *sql)
{
	struct err err = ERR_INIT;

	ASSERT_OK(db_exec(db, sql, NULL, &err), &err);
}

START_TEST(only_transactions_that_say_so_do_not_wait_for_the_disk)
{
	AUTO(place_done) struct place place;
	struct err err = ERR_INIT;

	place_state(&place);
	ASSERT_OK(db_begin_deferred(place.db, &err), &err);
	ck_assert_int_eq(one_int(place.db, "PRAGMA synchronous"), 1);
	ASSERT_OK(db_commit(place.db, &err), &err);
	ASSERT_OK(db_begin(place.db, &err), &err);
	ck_assert_int_eq(one_int(place.db, "PRAGMA synchronous"), 2);
	db_rollback(place.db);
}
END_TEST

static void *roll_back(void *ctx)
{
	db_rollback(ctx);
	return NULL;
}

static void *write_own(void *ctx)
{
	struct err err = ERR_INIT;

	ASSERT_OK(db_begin(ctx, &err), &err);
	run(ctx, "INSERT INTO account VALUES ('000000000002', 'two', 0)");
	ASSERT_OK(db_commit(ctx, &err), &err);
	return NULL;
}

START_TEST(a_shared_connection_is_the_threads_from_begin_to_commit)
{
	AUTO(place_done) struct place place;
	struct err err = ERR_INIT;
	pthread_t other;

	place_state(&place);
	db_share(place.db);
	ASSERT_OK(db_begin(place.db, &err), &err);
	run(place.db, "INSERT INTO account VALUES ('000000000001', 'one', 0)");
	ck_assert_int_eq(pthread_create(&other, NULL, roll_back, place.db), 0);
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	ck_assert(db_in_transaction(place.db));
	ck_assert_int_eq(pthread_create(&other, NULL, write_own, place.db), 0);
	clock_pause_ms(20);
	ASSERT_OK(db_commit(place.db, &err), &err);
	db_rollback(place.db); /* what is not ours any more */
	ck_assert_int_eq(pthread_join(other, NULL), 0);
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM account"), 2);
}
END_TEST

/* Writes without a pause until it is killed. */
static void write_for_ever(const char *path)
{
	struct err err = ERR_INIT;
	struct db *db;

	if (db_open_state(path, &db, &err) < 0)
		_exit(1);
	for (;;) {
		if (db_begin(db, &err) < 0 ||
		    db_exec(db, "UPDATE account SET created_ms = created_ms + 1", NULL, &err) < 0 ||
		    db_commit(db, &err) < 0)
			_exit(1);
	}
}

START_TEST(a_program_that_writes_without_a_pause_lets_others_write)
{
	AUTO(place_done) struct place place;
	struct err err = ERR_INIT;
	int64_t before;
	pid_t child;

	place_state(&place);
	run(place.db, "INSERT INTO account VALUES ('000000000001', 'one', 0)");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		write_for_ever(place.path);
	while (one_int(place.db, "SELECT created_ms FROM account") == 0)
		clock_pause_ms(1);
	before = one_int(place.db, "SELECT created_ms FROM account");
	for (int i = 0; i < 50; i++) {
		ASSERT_OK(db_begin(place.db, &err), &err);
		ASSERT_OK(db_commit(place.db, &err), &err);
	}
	/* Each of ours let some of theirs in, but not many: they wait for us as we for them. */
	ck_assert_int_lt(one_int(place.db, "SELECT created_ms FROM account") - before, 50 * 100);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* How often it has begun anew: a number in its head. */
static uint32_t journal_number(const struct place *place)
{
	AUTO(freep) char *path = xasprintf("%s-wal", place->path);
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t bytes[4];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, bytes, sizeof(bytes), 12), sizeof(bytes));
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void write_blobs(struct place *place, size_t size, int count)
{
	AUTO(freep) char *blob = xcalloc(1, size);
	struct err err = ERR_INIT;

	for (int i = 0; i < count; i++) {
		struct db_query *query;

		ASSERT_OK(db_begin(place->db, &err), &err);
		ASSERT_OK(
			db_query(place->db, "INSERT INTO blobs (bytes) VALUES (?1)", &query, &err),
			&err);
		db_bind_blob(query, 1, blob, size);
		ASSERT_OK(db_run(query, NULL, &err), &err);
		ASSERT_OK(db_commit(place->db, &err), &err);
	}
}

START_TEST(the_keeper_lets_a_long_journal_begin_anew)
{
	AUTO(place_done) struct place place;
	AUTO(db_freep) struct db *own = NULL;
	struct journal_keeper *keeper;
	struct err err = ERR_INIT;
	uint32_t number;
	int single = 0;

	place_logs(&place); /* it does not wait for the disk */
	run(place.db, "CREATE TABLE blobs (bytes BLOB)");
	ASSERT_OK(db_open_logs(place.path, &own, &err), &err);
	ASSERT_OK(journal_keeper_new(place.db, own, &keeper, &err), &err);
	number = journal_number(&place);
	/* By itself the writer would see to it after 16,000 pages: which is many of the single
	 * ones. */
	write_blobs(&place, BLOB_SIZE, LONG_WRITES);
	for (; journal_number(&place) == number && single < SINGLE_WRITES; single++) {
		write_blobs(&place, 1, 1);
		clock_pause_ms(5);
	}
	ck_assert_int_lt(single, SINGLE_WRITES);
	journal_keeper_free(keeper);
	write_blobs(&place, 1, 1); /* as without one */
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM blobs"), LONG_WRITES + single + 1);
}
END_TEST

START_TEST(a_reader_who_takes_long_does_not_stop_the_writer)
{
	AUTO(place_done) struct place place;
	AUTO(db_freep) struct db *own = NULL;
	AUTO(db_freep) struct db *reader = NULL;
	struct journal_keeper *keeper;
	struct err err = ERR_INIT;

	place_logs(&place);
	run(place.db, "CREATE TABLE blobs (bytes BLOB)");
	ASSERT_OK(db_open_logs(place.path, &own, &err), &err);
	ASSERT_OK(db_open_logs(place.path, &reader, &err), &err);
	ASSERT_OK(db_begin_read(reader, &err), &err);
	ASSERT_OK(journal_keeper_new(place.db, own, &keeper, &err), &err);
	write_blobs(&place, BLOB_SIZE, LONG_WRITES);
	journal_keeper_free(keeper);
	ck_assert_int_eq(one_int(reader, "SELECT COUNT(*) FROM blobs"), 0);
	db_rollback(reader);
	ck_assert_int_eq(one_int(reader, "SELECT COUNT(*) FROM blobs"), LONG_WRITES);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		only_transactions_that_say_so_do_not_wait_for_the_disk,
		a_shared_connection_is_the_threads_from_begin_to_commit,
		a_program_that_writes_without_a_pause_lets_others_write,
		the_keeper_lets_a_long_journal_begin_anew,
		a_reader_who_takes_long_does_not_stop_the_writer,
	};

	return suite_run("store/db_sharing", tests, ARRAY_LEN(tests));
}
