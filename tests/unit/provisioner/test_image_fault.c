/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_fault.h"
#include "tests/support/suite.h"

#define FATAL(text) "time=\"2024-01-01T00:00:00Z\" level=fatal msg=\"" text "\"\n"
#define DENIED                                                                                     \
	"pull access denied, repository does not exist or may require authorization: "             \
	"server message: "

/* As skopeo 1.9 says it. */
static const struct {
	const char *complaints;
	enum err_code code;
	bool transient;
	const char *text;
} faults[] = {
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": reading manifest t in "
	       "r.io/a/b: "
	       "manifest unknown: manifest unknown"),
	 ERR_NOT_FOUND, false, "r.io/a/b:t: not found"},
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": reading manifest t in "
	       "r.io/a/b: "
	       "name unknown: repository name not known to registry"),
	 ERR_NOT_FOUND, false, "r.io/a/b:t: not found"},
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": unable to retrieve auth "
	       "token: "
	       "invalid username/password: unauthorized: incorrect username or password"),
	 ERR_DENIED, false,
	 DENIED "unable to retrieve auth token: invalid username/password: unauthorized: "
		"incorrect username or password"},
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": reading manifest t in "
	       "r.io/a/b: "
	       "errors:\\ndenied: requested access to the resource is denied\\n"),
	 ERR_DENIED, false,
	 DENIED "reading manifest t in r.io/a/b: errors: denied: requested access to the resource "
		"is denied "},
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": pinging container registry "
	       "r.io: "
	       "Get \\\"https://r.io/v2/\\\": dial tcp 10.0.0.1:443: i/o timeout"),
	 ERR_TIMEOUT, true,
	 "pinging container registry r.io: Get \"https://r.io/v2/\": dial tcp 10.0.0.1:443: i/o "
	 "timeout"},
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": pinging container registry "
	       "r.io: "
	       "Get \\\"https://r.io/v2/\\\": dial tcp: lookup r.io on 9.9.9.9:53: no such host"),
	 ERR_UNAVAILABLE, false,
	 "pinging container registry r.io: Get \"https://r.io/v2/\": dial tcp: lookup r.io on "
	 "9.9.9.9:53: no such host"},
	{FATAL("Error parsing image name \\\"docker://r.io/a/b:t\\\": pinging container registry "
	       "r.io: "
	       "Get \\\"https://r.io/v2/\\\": http: server gave HTTP response to HTTPS client"),
	 ERR_UNAVAILABLE, false, NULL},
	{FATAL("writing blob: write /c/dir-put-blob1: no space left on device"), ERR_NO_SPACE,
	 false, "writing blob: write /c/dir-put-blob1: no space left on device"},
	{FATAL("initializing source docker://r.io/a/b:t: reading manifest t in r.io/a/b: received "
	       "unexpected HTTP status: 503 Service Unavailable"),
	 ERR_UNAVAILABLE, true, NULL},
	{FATAL("reading blob sha256:0: toomanyrequests: You have reached your pull rate limit"),
	 ERR_UNAVAILABLE, true, NULL},
	/* the last fatal line counts, and other lines do not */
	{"time=\"x\" level=warning msg=\"manifest unknown\"\n" FATAL("connection refused"),
	 ERR_UNAVAILABLE, true, "connection refused"},
	{"setpriv: failed to execute skopeo: No such file or directory\nmore\n", ERR_SYSTEM, false,
	 "setpriv: failed to execute skopeo: No such file or directory"},
	{"", ERR_SYSTEM, false, "skopeo failed without a word"},
	{"level=fatal msg=\"cut in the mid\\", ERR_SYSTEM, false, "cut in the mid\\"},
	{FATAL("something new"), ERR_SYSTEM, false, "something new"},
};

START_TEST(what_skopeo_says_becomes_a_cause)
{
	struct image_reference reference;
	struct image_fault fault;
	struct err err = ERR_INIT;

	ck_assert_int_eq(image_reference_parse("r.io/a/b:t", &reference, &err), 0);
	image_fault_read(faults[_i].complaints, &reference, &fault, &err);
	ck_assert_msg(err.code == faults[_i].code, "%s: %s", err_code_name(err.code), err.text);
	ck_assert_int_eq(fault.transient, faults[_i].transient);
	if (faults[_i].text)
		ck_assert_str_eq(err.text, faults[_i].text);
}
END_TEST

static const struct {
	enum image_stage stage;
	enum err_code code;
	const char *text, *whole;
} finished[] = {
	{IMAGE_STAGE_RESOLVE, ERR_NOT_FOUND, "r.io/a/b:t: not found",
	 "CannotPullContainerError: pull image manifest has been retried 2 time(s): failed to "
	 "resolve ref r.io/a/b:t: r.io/a/b:t: not found"},
	{IMAGE_STAGE_RESOLVE, ERR_NOT_FOUND,
	 "image Manifest does not contain descriptor matching platform 'linux/amd64'",
	 "CannotPullContainerError: pull image manifest has been retried 2 time(s): image Manifest "
	 "does not contain descriptor matching platform 'linux/amd64'"},
	{IMAGE_STAGE_PULL, ERR_NOT_FOUND,
	 "image Manifest does not contain descriptor matching platform 'linux/amd64'",
	 "CannotPullContainerError: pull image manifest has been retried 2 time(s): image Manifest "
	 "does not contain descriptor matching platform 'linux/amd64'"},
	{IMAGE_STAGE_PULL, ERR_NO_SPACE, "failed to copy: no space left on device",
	 "CannotPullContainerError: ref pull has been retried 2 time(s): failed to copy: no space "
	 "left on device"},
};

START_TEST(the_whole_refusal_has_the_words_that_clients_match)
{
	struct image_reference reference;
	struct err err = ERR_INIT;

	ck_assert_int_eq(image_reference_parse("r.io/a/b:t", &reference, &err), 0);
	(void)err_set(&err, finished[_i].code, "%s", finished[_i].text);
	image_fault_finish(finished[_i].stage, &reference, 2, &err);
	ck_assert_str_eq(err.text, finished[_i].whole);
}
END_TEST

START_TEST(a_flood_of_complaints_is_cut)
{
	struct image_reference reference;
	struct image_fault fault;
	struct err err = ERR_INIT;
	size_t len = 60000;
	char *text = xcalloc(1, len + 100);

	ck_assert_int_eq(image_reference_parse("r.io/a/b:t", &reference, &err), 0);
	memset(text, 'x', len);
	memcpy(text, "level=fatal msg=\"", strlen("level=fatal msg=\""));
	image_fault_read(text, &reference, &fault, &err);
	ck_assert_int_eq(err.code, ERR_SYSTEM);
	ck_assert_uint_lt(strlen(err.text), ERR_TEXT_MAX);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_fault");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, what_skopeo_says_becomes_a_cause, 0, (int)ARRAY_LEN(faults));
	tcase_add_loop_test(all, the_whole_refusal_has_the_words_that_clients_match, 0,
			    (int)ARRAY_LEN(finished));
	tcase_add_test(all, a_flood_of_complaints_is_cut);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
