/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A start that fails says why: what the log of this run says and what came when the program
 * was asked, and soon when there is nobody left to wait for.
 */
#include "tests/support/suite.h"

#include <signal.h>
#include <sys/wait.h>

#include "cli/log_tail.h"
#include "cli/readiness.h"
#include "cli/supervisor.h"
#include "core/clock.h"
#include "core/file.h"

#define SOON_MS 5000

static char folder[64];
static struct installation installation;
static struct readiness readiness;
static volatile sig_atomic_t stop;
static struct err err;

static const char *path_of(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void append(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "a");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* The programs of an earlier run have written; then a supervisor is made that ends at once. */
static void begin(void)
{
	suite_folder(folder, sizeof(folder));
	installation.state = folder;
	ASSERT_OK(file_make_dir(path_of("log"), 0755, &err), &err);
	append("log/gateway.log", "an old reason\n");
	append("log/provisioner.log", "an old reason\n");
	readiness_begin(&readiness, &installation, &stop);
	readiness.supervisor = fork();
	if (readiness.supervisor == 0)
		_exit(1);
	ck_assert_int_gt(readiness.supervisor, 0);
}

static void end(void)
{
	/* It is still there to be waited for. */
	ck_assert_int_eq(waitpid(readiness.supervisor, NULL, 0), readiness.supervisor);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static struct client *open_client(void)
{
	struct client *client = NULL;

	/* Nobody listens there. */
	append("env.sh", "export SLIPWAY_ENDPOINT=https://127.0.0.1:1\n"
			 "export AWS_ACCESS_KEY_ID=a\nexport AWS_SECRET_ACCESS_KEY=b\n");
	ASSERT_OK(client_open(folder, &client, &err), &err);
	return client;
}

START_TEST(what_the_gateway_says_and_how_it_answered_is_told)
{
	AUTO(client_freep) struct client *client = open_client();
	int64_t start_ms = clock_boot_ms();

	append("log/gateway.log", "first\nthe port is taken\n");
	ck_assert_int_eq(readiness_gateway(&readiness, client, &err), -1);
	ck_assert_int_lt(clock_boot_ms() - start_ms, SOON_MS);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(err.text, "supervisor"));
	ck_assert_ptr_nonnull(strstr(err.text, "it says: the port is taken; asking it: "));
	ck_assert_ptr_null(strstr(err.text, "first"));
}
END_TEST

START_TEST(an_older_runs_reason_is_not_blamed)
{
	AUTO(client_freep) struct client *client = open_client();

	ck_assert_int_eq(readiness_gateway(&readiness, client, &err), -1);
	ck_assert_ptr_null(strstr(err.text, "an old reason"));
	ck_assert_ptr_nonnull(strstr(err.text, "; asking it: "));
}
END_TEST

START_TEST(without_a_supervisor_nobody_waits_for_the_provisioner)
{
	int64_t start_ms = clock_boot_ms();

	append("log/provisioner.log", "no hypervisor\n");
	ck_assert_int_eq(readiness_provisioner(&readiness, &err), -1);
	ck_assert_int_lt(clock_boot_ms() - start_ms, SOON_MS);
	ck_assert_ptr_nonnull(strstr(err.text, "it says: no hypervisor"));
	append("provisioner.status", "{}");
	ASSERT_OK(readiness_provisioner(&readiness, &err), &err);
}
END_TEST

START_TEST(a_log_that_was_rotated_begins_anew)
{
	char words[32];

	log_tail(path_of("log/gateway.log"), 1000, words, sizeof(words));
	ck_assert_str_eq(words, "an old reason");
	log_tail(path_of("log/gateway.log"), log_tail_here(path_of("log/gateway.log")), words,
		 sizeof(words));
	ck_assert_str_eq(words, "");
	log_tail(path_of("log/none.log"), 0, words, sizeof(words));
	ck_assert_str_eq(words, "");
	log_tail(path_of("log/gateway.log"), 0, words, 8);
	ck_assert_str_eq(words, "reason");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_the_gateway_says_and_how_it_answered_is_told,
		an_older_runs_reason_is_not_blamed,
		without_a_supervisor_nobody_waits_for_the_provisioner,
		a_log_that_was_rotated_begins_anew,
	};
	Suite *suite = suite_create("readiness");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_set_timeout(all, 90);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
