/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker is a script that writes down how it was called.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "provisioner/image_store.h"

#define ANSWER                                                                                     \
	"{\"digest\":\"sha256:"                                                                    \
	"2222222222222222222222222222222222222222222222222222222222222222\","                      \
	"\"config\":{\"Cmd\":[\"c\"]},\"image\":\"/cache/i\",\"bytes\":7,\"cached\":false,"        \
	"\"phases\":{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}}"

static char folder[64];
static char *cache, *worker;
static struct image_store *store;
static struct conf_pair user = {.name = (char *)"reg.example:5000", .value = (char *)"me"};
static struct conf_pair password = {.name = (char *)"reg.example:5000", .value = (char *)"s:e"};
static const struct conf_map users = {.pairs = &user, .count = 1};
static const struct conf_map passwords = {.pairs = &password, .count = 1};
static struct err err;

static void open_store(const char *script)
{
	struct image_store_options options = {.deadline_ms = 5000,
					      .cache_bytes = 1000,
					      .users = &users,
					      .passwords = &passwords,
					      .plain_http = "other:1, plain.example"};
	AUTO(freep) char *text = NULL;

	suite_folder(folder, sizeof(folder));
	cache = xasprintf("%s/cache", folder);
	worker = xasprintf("%s/worker", folder);
	text = xasprintf("#!/bin/sh\necho \"$@\" >>%s/calls\n%s\n", folder, script);
	suite_write(worker, text);
	ck_assert_int_eq(chmod(worker, 0755), 0);
	options.program = worker;
	options.cache_dir = cache;
	ASSERT_OK(image_store_open(&options, &store, &err), &err);
}

static void close_store(void)
{
	image_store_free(store);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
	free(cache);
	free(worker);
}

static int pull_as(const char *reference, const struct image_login *login, struct image **ret_image)
{
	struct image_source source = image_store_source(store);
	int cancel = 0;

	return source.pull(source.ctx, reference, login, &cancel, ret_image, &err);
}

static int pull(const char *reference, struct image **ret_image)
{
	return pull_as(reference, NULL, ret_image);
}

static const char *calls(void)
{
	static char text[4096];
	AUTO(freep) char *path = xasprintf("%s/calls", folder);
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[len] = '\0';
	if (file)
		ck_assert_int_eq(fclose(file), 0);
	return text;
}

START_TEST(an_image_is_what_the_worker_says)
{
	AUTO(image_freep) struct image *image = NULL;

	open_store("echo '" ANSWER "'");
	ASSERT_OK(pull("nginx", &image), &err);
	ck_assert_str_eq(image->answer.path, "/cache/i");
	ck_assert_ptr_nonnull(strstr(calls(), "--reference docker.io/library/nginx:latest"));
	ck_assert_ptr_null(strstr(calls(), "--auth-file"));
	ck_assert_ptr_null(strstr(calls(), "--plain-http"));
	close_store();
}
END_TEST

START_TEST(only_listed_hosts_are_spoken_to_without_tls)
{
	AUTO(image_freep) struct image *image = NULL;

	open_store("echo '" ANSWER "'");
	ASSERT_OK(pull("plain.example/a", &image), &err);
	ck_assert_ptr_nonnull(strstr(calls(), "--plain-http"));
	close_store();
}
END_TEST

START_TEST(credentials_go_to_their_registry_and_to_no_folder)
{
	AUTO(image_freep) struct image *image = NULL;
	AUTO(freep) char *command = NULL;

	open_store(
		"while [ $# -gt 1 ]; do [ \"$1\" = --auth-file ] && cat \"$2\" >>$0.auth; shift; "
		"done; echo '" ANSWER "'");
	ASSERT_OK(pull("reg.example:5000/a", &image), &err);
	command =
		xasprintf("grep -q '\"reg.example:5000\":{\"auth\":\"bWU6czpl\"}' %s.auth", worker);
	ck_assert_int_eq(system(command), 0);
	ck_assert_ptr_null(strstr(calls(), "bWU6czpl"));
	close_store();
}
END_TEST

START_TEST(a_login_of_the_task_goes_before_the_configured_one)
{
	static const struct image_login login = {.user = "task", .password = "own"};
	AUTO(image_freep) struct image *image = NULL;
	AUTO(freep) char *command = NULL;

	open_store("cat >$0.auth; echo '" ANSWER "'");
	ASSERT_OK(pull_as("reg.example:5000/a", &login, &image), &err);
	command = xasprintf("grep -q '\"dGFzazpvd24=\"' %s.auth", worker);
	ck_assert_int_eq(system(command), 0);
	close_store();
}
END_TEST

START_TEST(a_refusal_keeps_its_words)
{
	struct image *image = NULL;

	open_store("echo '{\"error\":\"CannotPullContainerError: no such thing\"}'; exit 1");
	ck_assert_int_eq(pull("a", &image), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	ck_assert_str_eq(err.text, "CannotPullContainerError: no such thing");
	close_store();
}
END_TEST

static const char *const broken[] = {"exit 0", "echo nonsense", "echo '{}'",
				     "exit 2", "kill -9 $$",	"echo oops >&2; exit 3"};

START_TEST(a_worker_that_breaks_is_an_error)
{
	struct image *image = NULL;

	open_store(broken[_i]);
	ck_assert_int_eq(pull("a", &image), -1);
	ck_assert_ptr_null(image);
	close_store();
}
END_TEST

START_TEST(a_reference_that_is_none_never_reaches_the_worker)
{
	struct image *image = NULL;

	open_store("echo '" ANSWER "'");
	ck_assert_int_eq(pull("a b --cache /", &image), -1);
	ck_assert_int_eq(strncmp(err.text, "CannotPullContainerError: ", 26), 0);
	ck_assert_str_eq(calls(), "");
	close_store();
}
END_TEST

/* The lines of the worker's environment. */
START_TEST(the_worker_gets_certificates_and_proxies_and_nothing_else)
{
	AUTO(image_freep) struct image *image = NULL;

	ck_assert_int_eq(setenv("SSL_CERT_DIR", "/my/certificates", 1), 0);
	ck_assert_int_eq(setenv("https_proxy", "http://proxy:3128", 1), 0);
	ck_assert_int_eq(setenv("NO_PROXY", "near.example", 1), 0);
	ck_assert_int_eq(setenv("AWS_SECRET_ACCESS_KEY", "not this", 1), 0);
	ck_assert_int_eq(unsetenv("http_proxy"), 0);
	open_store("env >>${0%/*}/calls; echo '" ANSWER "'");
	ASSERT_OK(pull("a", &image), &err);
	ck_assert_ptr_nonnull(strstr(calls(), "\nSSL_CERT_DIR=/my/certificates\n"));
	ck_assert_ptr_nonnull(strstr(calls(), "\nhttps_proxy=http://proxy:3128\n"));
	ck_assert_ptr_nonnull(strstr(calls(), "\nNO_PROXY=near.example\n"));
	ck_assert_ptr_nonnull(strstr(calls(), "\nLANG=C.UTF-8\n"));
	ck_assert_ptr_null(strstr(calls(), "http_proxy=\n"));
	ck_assert_ptr_null(strstr(calls(), "AWS_SECRET_ACCESS_KEY"));
	close_store();
}
END_TEST

START_TEST(tidying_sweeps_and_prunes_to_the_limit)
{
	struct image_source source;

	open_store("echo '{}'");
	source = image_store_source(store);
	ASSERT_OK(source.tidy(source.ctx, (const char *const[]){"sha256:7"}, 1, &err), &err);
	ck_assert_ptr_nonnull(strstr(calls(), "--keep sha256:7"));
	ck_assert_ptr_nonnull(strstr(calls(), "sweep --cache"));
	ck_assert_ptr_nonnull(strstr(calls(), "--limit 1000"));
	close_store();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/image_store");
	TCase *all = tcase_create("all");

	tcase_add_test(all, an_image_is_what_the_worker_says);
	tcase_add_test(all, only_listed_hosts_are_spoken_to_without_tls);
	tcase_add_test(all, credentials_go_to_their_registry_and_to_no_folder);
	tcase_add_test(all, a_login_of_the_task_goes_before_the_configured_one);
	tcase_add_test(all, a_refusal_keeps_its_words);
	tcase_add_loop_test(all, a_worker_that_breaks_is_an_error, 0, ARRAY_LEN(broken));
	tcase_add_test(all, a_reference_that_is_none_never_reaches_the_worker);
	tcase_add_test(all, the_worker_gets_certificates_and_proxies_and_nothing_else);
	tcase_add_test(all, tidying_sweeps_and_prunes_to_the_limit);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
