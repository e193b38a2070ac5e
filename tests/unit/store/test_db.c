/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database itself: schema versions, transactions, statements, and what several
 * processes do to one file at once, killed ones and ones of another user included.
 */
#include "tests/unit/store/place.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "store/account.h"
#include "store/db_private.h"
#include "store/migrations.h"

static int64_t one_int(struct db *db, const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(db_query(db, sql, &query, &err), &err);
	ck_assert_int_eq(db_step(query, &err), 1);
	return db_int(query, 0);
}

START_TEST(a_new_database_has_the_newest_schema_and_the_promised_settings)
{
	AUTO(place_done) struct place place;
	struct stat st;
	int64_t version;

	umask(0077);
	place_state(&place);
	ASSERT_OK(db_version(place.db, &version, &place.err), &place.err);
	ck_assert_int_eq(version, (int64_t)migrations_state.count);
	ck_assert_int_eq(one_int(place.db, "PRAGMA foreign_keys"), 1);
	ck_assert_int_eq(one_int(place.db, "PRAGMA synchronous"), 2);
	ck_assert_int_eq(one_int(place.db, "PRAGMA trusted_schema"), 0);
	ck_assert_int_eq(one_int(place.db, "PRAGMA journal_mode = WAL"), 0); /* "wal" as a number */
	ck_assert_int_eq(stat(place.path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0660);
}
END_TEST

START_TEST(logs_are_written_without_waiting_for_the_disk)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	ck_assert_int_eq(one_int(place.db, "PRAGMA synchronous"), 1);
}
END_TEST

START_TEST(a_database_of_another_kind_or_of_the_future_is_refused)
{
	AUTO(place_done) struct place place;
	AUTO(db_freep) struct db *other = NULL;

	place_state(&place);
	ASSERT_FAILS(db_open_logs(place.path, &other, &place.err), ERR_CORRUPT, &place.err);
	ASSERT_OK(db_set_version(place.db, (int64_t)migrations_state.count + 1, &place.err),
		  &place.err);
	ASSERT_FAILS(db_open_state(place.path, &other, &place.err), ERR_UNSUPPORTED, &place.err);
}
END_TEST

START_TEST(what_is_no_database_is_named)
{
	AUTO(place_done) struct place place;
	AUTO(db_freep) struct db *db = NULL;

	place_init(&place, "state.db");
	suite_write(place.path, "this is a text file and not a database, however long it is....");
	ASSERT_FAILS(db_open_state(place.path, &db, &place.err), ERR_CORRUPT, &place.err);
	ASSERT_FAILS(db_open_state("postgresql://host/db", &db, &place.err), ERR_UNSUPPORTED,
		     &place.err);
	ASSERT_FAILS(db_open_state("/no/such/folder/state.db", &db, &place.err), ERR_NOT_FOUND,
		     &place.err);
	ASSERT_FAILS(db_open_state(":memory:", &db, &place.err), ERR_INVALID, &place.err);
	ASSERT_FAILS(db_open_state("", &db, &place.err), ERR_INVALID, &place.err);
}
END_TEST

START_TEST(every_older_schema_is_brought_up_to_date)
{
	for (size_t from = 0; from < migrations_state.count; from++) {
		AUTO(place_done) struct place place;
		AUTO(db_freep) struct db *old = NULL;
		AUTO(freep) char *turn = NULL;

		place_init(&place, "state.db");
		turn = xasprintf("%s" DB_TURN_END, place.path);
		suite_write(place.path, "");
		suite_write(turn, "");
		ASSERT_OK(db_connect(place.path, 0x53775374, true, &old, &place.err), &place.err);
		for (size_t i = 0; i < from; i++)
			ASSERT_OK(db_script(old, migrations_state.rows[i].sql, &place.err),
				  &place.err);
		ASSERT_OK(db_set_version(old, (int64_t)from, &place.err), &place.err);
		ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
		place_insert(&place, 1);
	}
}
END_TEST

START_TEST(a_statement_in_use_is_not_shared)
{
	static const char sql[] = "SELECT ?1 UNION ALL SELECT ?1 + 1";
	AUTO(place_done) struct place place;
	AUTO(db_donep) struct db_query *a = NULL;
	AUTO(db_donep) struct db_query *b = NULL;
	struct db_query *again;

	place_state(&place);
	ASSERT_OK(db_query(place.db, sql, &a, &place.err), &place.err);
	ASSERT_OK(db_query(place.db, sql, &b, &place.err), &place.err);
	ck_assert_ptr_ne(a, b);
	db_bind_int(a, 1, 10);
	db_bind_int(b, 1, 20);
	ck_assert_int_eq(db_step(a, &place.err), 1);
	ck_assert_int_eq(db_step(b, &place.err), 1);
	ck_assert_int_eq(db_step(a, &place.err), 1);
	ck_assert_int_eq(db_int(a, 0), 11);
	ck_assert_int_eq(db_int(b, 0), 20);
	ck_assert_int_eq(db_step(a, &place.err), 0);
	ck_assert_int_eq(db_step(a, &place.err), 0); /* it does not begin anew */
	again = STEAL(a, NULL);
	db_done(again);
	ASSERT_OK(db_query(place.db, sql, &a, &place.err), &place.err);
	ck_assert_ptr_eq(a, again); /* the prepared form came from the cache */
	ck_assert_int_eq(db_step(a, &place.err), 1);
	ck_assert(db_is_null(a, 0)); /* without its old values */
}
END_TEST

START_TEST(values_come_back_as_they_went)
{
	static const uint8_t bytes[] = {0, 1, 0xff, 0};
	AUTO(place_done) struct place place;
	AUTO(db_donep) struct db_query *query = NULL;
	const void *blob;
	size_t len;

	place_state(&place);
	ASSERT_OK(db_query(place.db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6", &query, &place.err),
		  &place.err);
	db_bind_text(query, 1, "'; DROP TABLE task; --");
	db_bind_text(query, 2, NULL);
	db_bind_int(query, 3, INT64_MIN);
	db_bind_blob(query, 4, bytes, sizeof(bytes));
	db_bind_blob(query, 5, NULL, 0);
	db_bind_null(query, 6);
	ck_assert_int_eq(db_step(query, &place.err), 1);
	ck_assert_str_eq(db_text(query, 0), "'; DROP TABLE task; --");
	ck_assert_ptr_null(db_text(query, 1));
	ck_assert_int_eq(db_int(query, 2), INT64_MIN);
	blob = db_blob(query, 3, &len);
	ck_assert_uint_eq(len, sizeof(bytes));
	ck_assert_mem_eq(blob, bytes, len);
	(void)db_blob(query, 4, &len);
	ck_assert_uint_eq(len, 0);
	ck_assert(!db_is_null(query, 4) && db_is_null(query, 5));
}
END_TEST

START_TEST(a_failed_bind_is_told_by_the_step)
{
	AUTO(place_done) struct place place;
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *huge = NULL;

	place_state(&place);
	huge = xcalloc(1, 17 * 1024 * 1024);
	memset(huge, 'x', 17 * 1024 * 1024 - 1);
	ASSERT_OK(db_query(place.db, "SELECT ?1", &query, &place.err), &place.err);
	db_bind_text(query, 1, huge);
	ASSERT_FAILS(db_step(query, &place.err), ERR_LIMIT, &place.err);
}
END_TEST

START_TEST(a_snapshot_stands_still)
{
	AUTO(place_done) struct place place;
	AUTO(db_freep) struct db *writer = NULL;
	struct account account;

	place_state(&place);
	ASSERT_OK(db_open_state(place.path, &writer, &place.err), &place.err);
	ASSERT_OK(db_begin_read(place.db, &place.err), &place.err);
	ASSERT_OK(account_create(writer, "a", &account, &place.err), &place.err);
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM account"), 0);
	ASSERT_OK(db_commit(place.db, &place.err), &place.err);
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM account"), 1);
}
END_TEST

START_TEST(what_is_rolled_back_was_never_there)
{
	AUTO(place_done) struct place place;
	struct account account;

	place_state(&place);
	db_rollback(place.db);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	ASSERT_OK(account_create(place.db, "a", &account, &place.err), &place.err);
	db_rollback(place.db);
	ck_assert(!db_in_transaction(place.db));
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM account"), 0);
}
END_TEST

START_TEST(a_full_disk_is_an_error_that_leaves_nothing_half_written)
{
	AUTO(place_done) struct place place;
	char limit[64];
	int64_t before;
	int rc = 0;

	place_state(&place);
	before = one_int(place.db, "SELECT COUNT(*) FROM task");
	(void)snprintf(limit, sizeof(limit), "PRAGMA max_page_count = %d",
		       (int)one_int(place.db, "PRAGMA page_count") + 2);
	(void)one_int(place.db, limit);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	for (unsigned i = 1; rc == 0 && i < 1000; i++) {
		struct task task = place_task(&place, i);

		rc = task_insert(place.db, &task, &place.err);
	}
	ck_assert_int_eq(rc, -1);
	ck_assert_str_eq(err_code_name(place.err.code), err_code_name(ERR_NO_SPACE));
	db_rollback(place.db);
	ck_assert(!db_in_transaction(place.db));
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM task"), before);
	(void)one_int(place.db, "PRAGMA max_page_count = 1000000");
	place_insert(&place, 1); /* and once there is room, work goes on */
}
END_TEST

/* ---- several processes ---- */

#define WRITERS	      4
#define WRITES_EACH   60
#define OPENERS	      8
#define KILL_ROUNDS   25
#define BALANCE_START 1000

static int wait_for(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* In a child: libcheck's asserts would jump into the parent's test. */
static void child_need(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "child: %s\n", err->text);
	_exit(1);
}

START_TEST(programs_that_start_together_all_get_a_whole_database)
{
	AUTO(place_done) struct place place;
	pid_t pids[OPENERS];

	place_init(&place, "state.db");
	for (int i = 0; i < OPENERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			struct account account;
			char name[16];

			(void)snprintf(name, sizeof(name), "a%d", i);
			child_need(db_open_state(place.path, &place.db, &place.err), &place.err);
			child_need(account_create(place.db, name, &account, &place.err),
				   &place.err);
			db_free(place.db);
			_exit(0);
		}
	}
	for (int i = 0; i < OPENERS; i++)
		ck_assert_int_eq(wait_for(pids[i]), 0);
	ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
	ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM account"), OPENERS);
}
END_TEST

/* Reads first and writes what follows from it: two at once must not both have read. */
static void transfer(struct db *db, struct err *err)
{
	struct db_query *query;
	int rc = db_begin(db, err);
	int64_t left = one_int(db, "SELECT n FROM side WHERE id = 1");

	rc = rc < 0 ? rc : db_query(db, "UPDATE side SET n = ?1 WHERE id = 1", &query, err);
	child_need(rc, err);
	db_bind_int(query, 1, left - 1);
	rc = db_run(query, NULL, err);
	rc = rc < 0 ? rc : db_exec(db, "UPDATE side SET n = n + 1 WHERE id = 2", NULL, err);
	rc = rc < 0 ? rc : db_commit(db, err);
	child_need(rc, err);
}

static void make_sides(struct place *place)
{
	ASSERT_OK(db_exec(place->db, "CREATE TABLE side (id INTEGER PRIMARY KEY, n BIGINT)", NULL,
			  &place->err),
		  &place->err);
	ASSERT_OK(
		db_exec(place->db, "INSERT INTO side VALUES (1, 1000), (2, 0)", NULL, &place->err),
		&place->err);
}

START_TEST(many_writers_wait_for_each_other_and_none_is_refused)
{
	AUTO(place_done) struct place place;
	pid_t pids[WRITERS];

	place_state(&place);
	make_sides(&place);
	db_free(STEAL(place.db, NULL));
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0) {
			child_need(db_open_state(place.path, &place.db, &place.err), &place.err);
			for (int j = 0; j < WRITES_EACH; j++) {
				transfer(place.db, &place.err);
				if (one_int(place.db, "SELECT SUM(n) FROM side") != BALANCE_START)
					_exit(2);
			}
			db_free(place.db);
			_exit(0);
		}
	}
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(wait_for(pids[i]), 0);
	ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
	ck_assert_int_eq(one_int(place.db, "SELECT n FROM side WHERE id = 2"),
			 WRITERS * WRITES_EACH);
}
END_TEST

/* Tells through @ack the number of each commit that returned. */
static void write_until_killed(struct place *place, int ack)
{
	child_need(db_open_state(place->path, &place->db, &place->err), &place->err);
	for (;;) {
		int64_t done;

		transfer(place->db, &place->err);
		done = one_int(place->db, "SELECT n FROM side WHERE id = 2");
		if (write(ack, &done, sizeof(done)) != sizeof(done))
			_exit(1);
	}
}

static int64_t last_acknowledged(int fd, int64_t before)
{
	int64_t done;

	while (read(fd, &done, sizeof(done)) == sizeof(done))
		before = done;
	return before;
}

START_TEST(a_writer_killed_at_any_moment_loses_nothing_it_acknowledged)
{
	AUTO(place_done) struct place place;
	int64_t acknowledged = 0;

	place_state(&place);
	make_sides(&place);
	db_free(STEAL(place.db, NULL));
	for (int round = 0; round < KILL_ROUNDS; round++) {
		struct timespec pause = {.tv_nsec = (round * 7919L % 40 + 5) * 1000000L};
		int64_t sum, moved;
		int ends[2];
		pid_t pid;

		ck_assert_int_eq(pipe(ends), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			close(ends[0]);
			write_until_killed(&place, ends[1]);
		}
		close(ends[1]);
		nanosleep(&pause, NULL);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert(WIFSIGNALED(wait_for(pid)));
		acknowledged = last_acknowledged(ends[0], acknowledged);
		close(ends[0]);

		ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
		sum = one_int(place.db, "SELECT SUM(n) FROM side");
		moved = one_int(place.db, "SELECT n FROM side WHERE id = 2");
		ck_assert_int_eq(sum, BALANCE_START);
		ck_assert_int_ge(moved, acknowledged);
		ck_assert_int_le(moved, acknowledged + 1);
		acknowledged = moved;
		db_free(STEAL(place.db, NULL));
	}
	ck_assert_int_gt(acknowledged, 0);
}
END_TEST

#define GATEWAY_UID   61234
#define GATEWAY_GROUP 61235

static pid_t as_gateway(struct place *place, const char *name)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct account account;

		if (setgroups(0, NULL) < 0 || setgid(GATEWAY_GROUP) < 0 || setuid(GATEWAY_UID) < 0)
			_exit(3);
		child_need(db_open_state(place->path, &place->db, &place->err), &place->err);
		child_need(account_create(place->db, name, &account, &place->err), &place->err);
		db_free(place->db);
		_exit(0);
	}
	return pid;
}

/*
 * Whoever comes first, and whoever leaves last: root and a user without privilege, in
 * a folder of that user's group.
 */
START_TEST(root_and_the_gateways_user_share_the_files_in_any_order)
{
	static const struct {
		bool root_first, root_stays;
		uid_t owner; /* of the folder */
	} rows[] = {{true, true, 0},
		    {true, false, 0},
		    {false, true, 0},
		    {true, true, GATEWAY_UID},
		    {false, false, GATEWAY_UID}};

	if (geteuid() != 0) {
		(void)printf("skipped: changing to another user needs root\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(place_done) struct place place;
		struct account account;
		struct stat st;

		place_init(&place, "state.db");
		ck_assert_int_eq(chown(place.folder, rows[i].owner, GATEWAY_GROUP), 0);
		ck_assert_int_eq(chmod(place.folder, 0770), 0);
		if (!rows[i].root_first)
			ck_assert_int_eq(wait_for(as_gateway(&place, "g0")), 0);
		ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
		ASSERT_OK(account_create(place.db, "root", &account, &place.err), &place.err);
		ck_assert_int_eq(stat(place.path, &st), 0);
		ck_assert_int_eq(st.st_gid, GATEWAY_GROUP);
		if (!rows[i].root_stays)
			db_free(STEAL(place.db, NULL));
		ck_assert_int_eq(wait_for(as_gateway(&place, "g1")), 0);
		if (!place.db)
			ASSERT_OK(db_open_state(place.path, &place.db, &place.err), &place.err);
		ASSERT_OK(account_create(place.db, "root2", &account, &place.err), &place.err);
		ck_assert_int_eq(wait_for(as_gateway(&place, "g2")), 0);
		ck_assert_int_eq(one_int(place.db, "SELECT COUNT(*) FROM account"),
				 rows[i].root_first ? 4 : 5);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_new_database_has_the_newest_schema_and_the_promised_settings,
		logs_are_written_without_waiting_for_the_disk,
		a_database_of_another_kind_or_of_the_future_is_refused,
		what_is_no_database_is_named,
		every_older_schema_is_brought_up_to_date,
		a_statement_in_use_is_not_shared,
		values_come_back_as_they_went,
		a_failed_bind_is_told_by_the_step,
		a_snapshot_stands_still,
		what_is_rolled_back_was_never_there,
		a_full_disk_is_an_error_that_leaves_nothing_half_written,
		programs_that_start_together_all_get_a_whole_database,
		many_writers_wait_for_each_other_and_none_is_refused,
		a_writer_killed_at_any_moment_loses_nothing_it_acknowledged,
		root_and_the_gateways_user_share_the_files_in_any_order,
	};

	return suite_run("store/db", tests, ARRAY_LEN(tests));
}
