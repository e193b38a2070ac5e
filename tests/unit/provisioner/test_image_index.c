/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store with a worker that is a script and a cache that the test makes by hand. The
 * script writes one line a call, so calls can be counted.
 */
#include "tests/support/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "core/clock.h"
#include "core/file.h"
#include "provisioner/image/image_use.h"
#include "provisioner/image_store.h"

#define HEX	 "2222222222222222222222222222222222222222222222222222222222222222"
#define EXACT	 "reg.example/a@sha256:" HEX
#define FRESH_MS 60000
#define THREADS	 8

static char folder[64];
static char *cache, *file, *note, *lock;
static struct image_store *store;
static struct image_source source;
static char pair_name[] = "reg.example";
static struct conf_pair user = {.name = pair_name, .value = (char *)"me"};
static struct conf_pair password = {.name = pair_name, .value = (char *)"secret"};
static struct conf_map users = {.pairs = &user, .count = 1};
static struct conf_map passwords = {.pairs = &password, .count = 1};
static struct err err;

static void make_cache(void)
{
	cache = xasprintf("%s/cache", folder);
	file = xasprintf("%s/images/sha256-" HEX ".squashfs", cache);
	note = xasprintf("%s/images/sha256-" HEX ".json", cache);
	lock = xasprintf("%s/locks/sha256-" HEX, cache);
	for (size_t i = 0; i < 2; i++) {
		AUTO(freep) char *path = xasprintf("%s/%s", cache, i ? "images" : "locks");

		ASSERT_OK(file_make_dir(path, 0711, &err), &err);
	}
	suite_write(file, "content");
	suite_write(note, "{}");
	suite_write(lock, "");
}

/* @words: what the script does before it answers. */
static void open_store(int64_t fresh_ms, const char *words)
{
	AUTO(freep) char *worker = NULL;
	AUTO(freep) char *text = NULL;
	struct image_store_options options = {.deadline_ms = 20000,
					      .fresh_ms = fresh_ms,
					      .users = &users,
					      .passwords = &passwords,
					      .plain_http = ""};

	suite_folder(folder, sizeof(folder));
	make_cache();
	worker = xasprintf("%s/worker", folder);
	text = xasprintf("#!/bin/sh\necho call >>%s/calls\n%s\n"
			 "echo '{\"digest\":\"sha256:" HEX "\",\"config\":{\"Cmd\":[\"c\"]},"
			 "\"image\":\"%s\",\"bytes\":7,\"cached\":false,\"phases\":"
			 "{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}}'\n",
			 folder, words, file);
	suite_write(worker, text);
	ck_assert_int_eq(chmod(worker, 0755), 0);
	options.program = worker;
	options.cache_dir = cache;
	ASSERT_OK(image_store_open(&options, &store, &err), &err);
	source = image_store_source(store);
}

static void close_store(void)
{
	image_store_free(store);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
	free(cache);
	free(file);
	free(note);
	free(lock);
	clock_real();
}

static int calls(void)
{
	AUTO(freep) char *path = xasprintf("%s/calls", folder);
	struct stat st;

	return stat(path, &st) < 0 ? 0 : (int)(st.st_size / 5);
}

static void pull(const char *reference)
{
	struct image *image = NULL;
	int cancel = 0;

	ASSERT_OK(source.pull(source.ctx, reference, NULL, &cancel, &image, &err), &err);
	ck_assert_str_eq(image->answer.path, file);
	image_free(image);
}

static bool can_peek(const char *reference)
{
	struct image *image = NULL;

	if (source.peek(source.ctx, reference, NULL, &image) < 0) {
		ck_assert_ptr_null(image);
		return false;
	}
	ck_assert(image->answer.cached);
	ck_assert_int_eq(image->answer.phases.fetch_ms, 0);
	ck_assert_str_eq(image->answer.path, file);
	ck_assert_uint_eq(image->answer.settings.command.count, 1);
	image_free(image);
	return true;
}

START_TEST(an_image_that_was_pulled_is_had_at_once)
{
	open_store(FRESH_MS, "");
	ck_assert(!can_peek("reg.example/a"));
	pull("reg.example/a");
	ck_assert(can_peek("reg.example/a"));
	ck_assert(can_peek("reg.example/a:latest"));
	ck_assert(!can_peek("reg.example/a:other"));
	ck_assert(!can_peek("not a reference"));
	pull("reg.example/a");
	ck_assert_int_eq(calls(), 1);
	close_store();
}
END_TEST

START_TEST(what_was_handed_out_outlives_the_index)
{
	struct image *image = NULL;

	open_store(FRESH_MS, "");
	pull(EXACT);
	ck_assert_int_eq(source.peek(source.ctx, EXACT, NULL, &image), 0);
	close_store();
	ck_assert_str_eq(image->answer.digest, "sha256:" HEX);
	image_free(image);
}
END_TEST

START_TEST(a_tag_is_believed_for_its_time_and_a_digest_for_ever)
{
	open_store(FRESH_MS, "");
	clock_fake(0, 1000000000);
	pull("reg.example/a");
	pull(EXACT);
	clock_fake(0, 1000000000 + INT64_C(1000000) * (FRESH_MS - 1));
	ck_assert(can_peek("reg.example/a"));
	clock_fake(0, 1000000000 + INT64_C(1000000) * FRESH_MS);
	ck_assert(!can_peek("reg.example/a"));
	ck_assert(can_peek(EXACT));
	pull("reg.example/a");
	ck_assert_int_eq(calls(), 3);
	ck_assert(can_peek("reg.example/a"));
	close_store();
}
END_TEST

START_TEST(without_a_fresh_time_each_launch_asks_for_a_tag)
{
	open_store(0, "");
	pull("reg.example/a");
	pull("reg.example/a");
	ck_assert_int_eq(calls(), 2);
	ck_assert(!can_peek("reg.example/a"));
	pull(EXACT);
	ck_assert(can_peek(EXACT));
	close_store();
}
END_TEST

START_TEST(an_image_with_other_credentials_is_asked_for_again)
{
	static char other[] = "other";

	open_store(FRESH_MS, "");
	pull(EXACT);
	password.value = other;
	ck_assert(!can_peek(EXACT));
	/* The old password does not bring it back either. */
	password.value = (char *)"secret";
	ck_assert(!can_peek(EXACT));
	pull(EXACT);
	passwords.count = 0;
	ck_assert(!can_peek(EXACT));
	pull(EXACT);
	ck_assert_int_eq(calls(), 3);
	close_store();
}
END_TEST

/* Ways in which an image is not there any more. */
static void lose_file(void)
{
	ck_assert_int_eq(unlink(file), 0);
}
static void lose_note(void)
{
	ck_assert_int_eq(unlink(note), 0);
}
static void lose_lock(void)
{
	ck_assert_int_eq(unlink(lock), 0);
}
static void cut_file(void)
{
	suite_write(file, "short");
}
static void link_file(void)
{
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(symlink("/etc/passwd", file), 0);
}
static void (*const losses[])(void) = {lose_file, lose_note, lose_lock, cut_file, link_file};

START_TEST(an_image_that_is_gone_is_never_handed_out)
{
	open_store(FRESH_MS, "");
	pull(EXACT);
	losses[_i]();
	ck_assert(!can_peek(EXACT));
	close_store();
}
END_TEST

START_TEST(an_image_that_is_being_removed_is_not_handed_out)
{
	int fd;

	open_store(FRESH_MS, "");
	pull(EXACT);
	fd = open(lock, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(fd, LOCK_SH), 0);
	ck_assert(can_peek(EXACT));
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert(!can_peek(EXACT));
	ck_assert_int_eq(close(fd), 0);
	close_store();
}
END_TEST

START_TEST(handing_out_marks_the_image_as_used)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct stat st;

	open_store(FRESH_MS, "");
	pull(EXACT);
	ck_assert_int_eq(utimensat(AT_FDCWD, note, old, 0), 0);
	ck_assert(can_peek(EXACT));
	ck_assert_int_eq(stat(note, &st), 0);
	ck_assert_int_gt(st.st_mtim.tv_sec, time(NULL) - 60);
	close_store();
}
END_TEST

static const struct {
	const char *path; /* behind the cache's folder */
	bool known;
} paths[] = {
	{"/images/sha256-" HEX ".squashfs", true}, {"/images/sha256-" HEX ".json", false},
	{"/other/sha256-" HEX ".squashfs", false}, {"/images/sha256-2.squashfs", false},
	{"/images/" HEX "/../x.squashfs", false},  {"images/sha256-" HEX ".squashfs", false},
};

START_TEST(only_paths_of_the_cache_are_known)
{
	AUTO(freep) char *path = xasprintf("/c%s", paths[_i].path);

	ck_assert_int_eq(image_use_knows("/c", path), paths[_i].known);
}
END_TEST

/* --- pulls at once --- */

struct puller {
	pthread_t thread;
	int cancel, result;
	struct image *image;
	struct err err;
};
static struct puller pullers[THREADS];

static void *run_puller(void *ctx)
{
	struct puller *puller = ctx;

	puller->result = source.pull(source.ctx, "reg.example/a", NULL, &puller->cancel,
				     &puller->image, &puller->err);
	return NULL;
}

static void start_pullers(size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		ck_assert_int_eq(pthread_create(&pullers[i].thread, NULL, run_puller, &pullers[i]),
				 0);
}

static void join_pullers(void)
{
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(pullers[i].thread, NULL), 0);
}

START_TEST(launches_of_one_image_wait_for_one_pull)
{
	open_store(0, "sleep 1");
	start_pullers(0, THREADS);
	join_pullers();
	for (size_t i = 0; i < THREADS; i++) {
		ASSERT_OK(pullers[i].result, &pullers[i].err);
		ck_assert_str_eq(pullers[i].image->answer.path, file);
		image_free(pullers[i].image);
	}
	ck_assert_int_eq(calls(), 1);
	close_store();
}
END_TEST

START_TEST(a_failed_pull_fails_for_all_that_wait)
{
	open_store(0, "sleep 1; echo '{\"error\":\"CannotPullContainerError: no\"}'; exit 1");
	start_pullers(0, THREADS);
	join_pullers();
	for (size_t i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pullers[i].result, -1);
		ck_assert_int_eq(pullers[i].err.code, ERR_UNAVAILABLE);
		ck_assert_str_eq(pullers[i].err.text, "CannotPullContainerError: no");
	}
	ck_assert_int_eq(calls(), 1);
	close_store();
}
END_TEST

START_TEST(a_cancelled_pull_is_gone_on_with_by_one_that_waits)
{
	open_store(0, "[ -e $0.second ] || { touch $0.second; exec sleep 20; }");
	start_pullers(0, 1);
	while (calls() == 0)
		clock_pause_ms(10);
	start_pullers(1, THREADS - 1);
	clock_pause_ms(100);
	__atomic_store_n(&pullers[0].cancel, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&pullers[1].cancel, 1, __ATOMIC_RELAXED);
	join_pullers();
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pullers[i].result, -1);
		ck_assert_int_eq(pullers[i].err.code, ERR_CONFLICT);
	}
	for (size_t i = 2; i < THREADS; i++) {
		ASSERT_OK(pullers[i].result, &pullers[i].err);
		image_free(pullers[i].image);
	}
	ck_assert_int_eq(calls(), 2);
	close_store();
}
END_TEST

START_TEST(peeking_takes_less_than_a_millisecond)
{
	int64_t start_ns;

	open_store(FRESH_MS, "");
	pull(EXACT);
	start_ns = clock_boot_ns();
	for (size_t i = 0; i < 1000; i++)
		ck_assert(can_peek(EXACT));
	/* Measured 33 us with sanitizers; a loaded machine may be slower. */
	ck_assert_int_lt(clock_boot_ns() - start_ns, INT64_C(1000) * 1000000);
	(void)printf("peek: %lld ns\n", (long long)(clock_boot_ns() - start_ns) / 1000);
	close_store();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/image_index");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_test(all, an_image_that_was_pulled_is_had_at_once);
	tcase_add_test(all, what_was_handed_out_outlives_the_index);
	tcase_add_test(all, a_tag_is_believed_for_its_time_and_a_digest_for_ever);
	tcase_add_test(all, without_a_fresh_time_each_launch_asks_for_a_tag);
	tcase_add_test(all, an_image_with_other_credentials_is_asked_for_again);
	tcase_add_loop_test(all, an_image_that_is_gone_is_never_handed_out, 0, ARRAY_LEN(losses));
	tcase_add_test(all, an_image_that_is_being_removed_is_not_handed_out);
	tcase_add_test(all, handing_out_marks_the_image_as_used);
	tcase_add_loop_test(all, only_paths_of_the_cache_are_known, 0, ARRAY_LEN(paths));
	tcase_add_test(all, launches_of_one_image_wait_for_one_pull);
	tcase_add_test(all, a_failed_pull_fails_for_all_that_wait);
	tcase_add_test(all, a_cancelled_pull_is_gone_on_with_by_one_that_waits);
	tcase_add_test(all, peeking_takes_less_than_a_millisecond);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
