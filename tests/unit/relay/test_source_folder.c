/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real folder, and what becomes of the files in it.
 */
#include "relay_world.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "core/log.h"

#define MANY	 200
#define CONTROLS 240000 /* bytes */
#define NAMES	 "SELECT group_concat(json_extract(body, '$.detail.name')) FROM event_inbox"
#define WAIT_MS	 20
#define LONG_AGO 1700000000

/* Waits are cut: a turn without a file would take a second. */
int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return __real_poll(fds, count, timeout_ms < WAIT_MS ? timeout_ms : WAIT_MS);
}

static char in[96];
static struct source_options options;
static struct carrier *carrier;

static void begin_round(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(carrier_open(&options, world_open(), world_bell, &carrier, &err), &err);
	ASSERT_OK(carrier_begin(carrier, &err), &err);
}

static void end_round(void)
{
	carrier_end(carrier);
	carrier_free(carrier);
}

static void begin(void)
{
	relay_world_begin();
	world_path("in", in);
	ck_assert_int_eq(mkdir(in, 0700), 0);
	options = (struct source_options){.name = "in",
					  .kind = &source_folder,
					  .account = "111122223333",
					  .region = "us-east-1",
					  .bus = "default",
					  .source = "in",
					  .type = "File Created",
					  .folder = in};
}

static void file_path(const char *name, char ret[400])
{
	(void)snprintf(ret, 400, "%s/%s", in, name);
}

static void write_file(const char *name, const char *text)
{
	char path[400];

	file_path(name, path);
	suite_write(path, text);
}

/* Of which nobody thinks that it is still being written. */
static void write_old(const char *name, const char *text)
{
	const struct timespec times[2] = {{.tv_sec = LONG_AGO}, {.tv_sec = LONG_AGO}};
	char path[400];

	write_file(name, text);
	file_path(name, path);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void turn(int times)
{
	struct err err = ERR_INIT;
	size_t accepted;

	for (int i = 0; i < times; i++)
		ASSERT_OK(carrier_turn(carrier, &accepted, &err), &err);
}

/* Until so many events lie in the inbox, and no more. */
static void turn_until(long long events)
{
	for (int i = 0; i < 100 && world_count(INBOX) < events; i++)
		turn(1);
	ck_assert_int_eq(world_count(INBOX), events);
}

START_TEST(a_file_that_was_there_and_one_that_is_written_are_events_once)
{
	write_old("old.txt", "was there");
	begin_round();
	turn_until(1);
	write_file("new.txt", "hello");
	turn_until(2);
	end_round();
	begin_round();
	turn(4);
	ck_assert_int_eq(world_count(INBOX), 2);
	ck_assert_str_eq(world_text(NAMES), "old.txt,new.txt");
	ck_assert_str_eq(world_text("SELECT json_extract(body, '$.detail.size') FROM event_inbox"
				    " WHERE body LIKE '%new.txt%'"),
			 "5");
	ck_assert_str_eq(world_text("SELECT json_extract(body, '$.detail.etag') FROM event_inbox"
				    " WHERE body LIKE '%new.txt%'"),
			 "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
	ck_assert_str_eq(world_text("SELECT json_extract(body, '$.detail.mtime') FROM event_inbox"
				    " WHERE body LIKE '%old.txt%'"),
			 "2023-11-14T22:13:20.000Z");
	ck_assert_str_eq(world_text("SELECT json_extract(body, '$.detail.content')"
				    " FROM event_inbox LIMIT 1"),
			 "");
	end_round();
}
END_TEST

START_TEST(a_file_that_is_written_anew_is_another_event)
{
	begin_round();
	turn(2);
	write_file("a", "1");
	turn_until(1);
	write_file("a", "22");
	turn_until(2);
	ck_assert_int_eq(world_count(IDS), 2);
	end_round();
}
END_TEST

START_TEST(a_file_that_is_moved_in_is_one_event_and_one_with_a_dot_none)
{
	char from[96];
	char to[400];

	begin_round();
	turn(2);
	world_path("outside", from);
	suite_write(from, "x");
	file_path("inside", to);
	ck_assert_int_eq(rename(from, to), 0);
	turn_until(1);
	write_file(".hidden", "x");
	file_path("folder", to);
	ck_assert_int_eq(mkdir(to, 0700), 0);
	file_path("link", to);
	ck_assert_int_eq(symlink("/etc/passwd", to), 0);
	file_path("pipe", to);
	ck_assert_int_eq(mkfifo(to, 0600), 0);
	turn(2);
	end_round();
	begin_round();
	turn(3);
	ck_assert_str_eq(world_text(NAMES), "inside");
	end_round();
}
END_TEST

START_TEST(a_fresh_file_is_looked_at_a_little_later)
{
	write_file("fresh", "x");
	begin_round();
	turn(1);
	ck_assert_int_eq(world_count(INBOX), 0);
	turn_until(1);
	end_round();
}
END_TEST

START_TEST(any_name_can_be_told)
{
	write_old("a\nb %41\xff", "x");
	write_old("\xc3\xa4", "x");
	options.content_bytes = 10;
	begin_round();
	turn_until(2);
	turn(2); /* their marks are swept, and stay */
	ck_assert_int_eq(world_count(MARKS), 2);
	ck_assert_int_eq(world_count("SELECT COUNT(*) FROM event_inbox WHERE"
				     " json_extract(body, '$.detail.name') = char(228)"),
			 1);
	ck_assert_str_eq(world_text("SELECT json_extract(body, '$.detail.name_base64')"
				    " FROM event_inbox WHERE body LIKE '%name_base64%'"),
			 "YQpiICU0Mf8=");
	ck_assert_int_eq(world_count("SELECT COUNT(*) FROM event_inbox WHERE"
				     " json_extract(body, '$.detail.content') = 'x'"),
			 2);
	end_round();
	begin_round();
	turn(4);
	ck_assert_int_eq(world_count(INBOX), 2);
	end_round();
}
END_TEST

/* In JSON it would be six times as large, which no event is; and it must not hold up the others. */
START_TEST(content_of_control_characters_is_told_in_base_64)
{
	AUTO(freep) char *content = xcalloc(1, CONTROLS + 1);

	memset(content, '\1', CONTROLS);
	write_old("controls", content);
	write_old("other", "x");
	options.content_bytes = 2L * CONTROLS;
	begin_round();
	turn_until(2);
	ck_assert_int_eq(world_count("SELECT LENGTH(json_extract(body, '$.detail.content_base64'))"
				     " FROM event_inbox WHERE"
				     " json_extract(body, '$.detail.name') = 'controls'"),
			 CONTROLS / 3 * 4);
	end_round();
}
END_TEST

START_TEST(done_moves_what_was_accepted_away)
{
	char path[400];

	options.move_done = true;
	write_old("a", "x");
	begin_round();
	turn_until(1);
	turn(1);
	file_path(".done/a", path);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(world_count(MARKS), 0);
	write_file("a", "again");
	turn_until(2);
	turn(1);
	file_path(".done/a.1", path);
	ck_assert_int_eq(access(path, F_OK), 0);
	end_round();
}
END_TEST

START_TEST(marks_of_files_that_are_gone_go)
{
	char path[400];

	write_old("a", "x");
	write_old("b", "x");
	begin_round();
	turn_until(2);
	end_round();
	file_path("a", path);
	ck_assert_int_eq(unlink(path), 0);
	begin_round();
	turn(4);
	ck_assert_int_eq(world_count(MARKS), 1);
	ck_assert_int_eq(world_count(INBOX), 2);
	end_round();
}
END_TEST

START_TEST(many_files_are_each_one_event_though_the_relay_ends_in_between)
{
	char name[32];

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "f%d", i);
		write_old(name, "x");
	}
	begin_round();
	turn(1);
	ck_assert_int_eq(world_count(INBOX), SOURCE_BATCH_MAX);
	end_round();
	begin_round();
	turn(2);
	end_round();
	begin_round();
	turn_until(MANY);
	turn(2);
	ck_assert_int_eq(world_count(INBOX), MANY);
	ck_assert_int_eq(world_count(IDS), MANY);
	end_round();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named_and_opened_once_it_is_there)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(rmdir(in), 0);
	ASSERT_OK(carrier_open(&options, world_open(), world_bell, &carrier, &err), &err);
	ck_assert_int_eq(carrier_begin(carrier, &err), -1);
	carrier_end(carrier);
	ck_assert_ptr_nonnull(strstr(err.text, in));
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	err_clear(&err);
	ck_assert_int_eq(mkdir(in, 0755), 0);
	ASSERT_OK(carrier_begin(carrier, &err), &err);
	end_round();
}
END_TEST

START_TEST(a_folder_that_is_removed_ends_the_round)
{
	struct err err = ERR_INIT;
	size_t accepted;
	int result = 0;

	begin_round();
	turn(2);
	ck_assert_int_eq(rmdir(in), 0);
	for (int i = 0; result == 0 && i < 5; i++)
		result = carrier_turn(carrier, &accepted, &err);
	ck_assert_int_eq(result, -1);
	ck_assert_ptr_nonnull(strstr(err.text, "was removed or moved"));
	end_round();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("relay/source_folder");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, begin, relay_world_end);
	tcase_add_test(all, a_file_that_was_there_and_one_that_is_written_are_events_once);
	tcase_add_test(all, a_file_that_is_written_anew_is_another_event);
	tcase_add_test(all, a_file_that_is_moved_in_is_one_event_and_one_with_a_dot_none);
	tcase_add_test(all, a_fresh_file_is_looked_at_a_little_later);
	tcase_add_test(all, any_name_can_be_told);
	tcase_add_test(all, content_of_control_characters_is_told_in_base_64);
	tcase_add_test(all, done_moves_what_was_accepted_away);
	tcase_add_test(all, marks_of_files_that_are_gone_go);
	tcase_add_test(all, many_files_are_each_one_event_though_the_relay_ends_in_between);
	tcase_add_test(all, a_folder_that_is_not_there_is_named_and_opened_once_it_is_there);
	tcase_add_test(all, a_folder_that_is_removed_ends_the_round);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
