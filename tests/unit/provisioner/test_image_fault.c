/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_fault.h"
#include "tests/support/suite.h"

#define DENIED                                                                                     \
	"pull access denied, repository does not exist or may require authorization: "             \
	"server message: "
#define ERRORS(code, message)                                                                      \
	"{\"errors\":[{\"code\":\"" code "\",\"message\":\"" message "\",\"detail\":{}}]}"

static const struct {
	long status;
	const char *refusal;
	enum err_code code;
	bool transient;
	const char *text;
} faults[] = {
	{404, ERRORS("MANIFEST_UNKNOWN", "manifest unknown"), ERR_NOT_FOUND, false,
	 "r.io/a/b:t: not found"},
	{404, "<html>", ERR_NOT_FOUND, false, "r.io/a/b:t: not found"},
	{401, ERRORS("UNAUTHORIZED", "authentication required"), ERR_DENIED, false,
	 DENIED "unauthorized: authentication required"},
	{403, ERRORS("DENIED", "requested access to the resource is denied"), ERR_DENIED, false,
	 DENIED "denied: requested access to the resource is denied"},
	{403, "", ERR_DENIED, false, DENIED "received unexpected HTTP status: 403 Forbidden"},
	{401, "{\"errors\":[]}", ERR_DENIED, false,
	 DENIED "received unexpected HTTP status: 401 Unauthorized"},
	{401, "{\"errors\":[{\"code\":7,\"message\":\"only words\"}]}", ERR_DENIED, false,
	 DENIED "only words"},
	{429, ERRORS("TOOMANYREQUESTS", "You have reached your pull rate limit"), ERR_UNAVAILABLE,
	 true, "toomanyrequests: You have reached your pull rate limit"},
	{503, "", ERR_UNAVAILABLE, true,
	 "received unexpected HTTP status: 503 Service Unavailable"},
	{500, "{\"errors\":", ERR_UNAVAILABLE, true,
	 "received unexpected HTTP status: 500 Internal Server Error"},
	{418, "", ERR_UNAVAILABLE, false, "received unexpected HTTP status: 418"},
	{301, "", ERR_UNAVAILABLE, false, "received unexpected HTTP status: 301"},
};

START_TEST(what_a_registry_says_becomes_a_cause)
{
	static struct image_http_answer answer;
	struct image_reference reference;
	struct err err = ERR_INIT;
	bool transient;

	ck_assert_int_eq(image_reference_parse("r.io/a/b:t", &reference, &err), 0);
	answer.status = faults[_i].status;
	(void)snprintf(answer.refusal, sizeof(answer.refusal), "%s", faults[_i].refusal);
	ck_assert_int_eq(image_fault_read(&answer, &reference, &transient, &err), -1);
	ck_assert_msg(err.code == faults[_i].code, "%s: %s", err_code_name(err.code), err.text);
	ck_assert_int_eq(transient, faults[_i].transient);
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

START_TEST(a_flood_of_words_is_cut)
{
	static struct image_http_answer answer = {.status = 403};
	struct image_reference reference;
	struct err err = ERR_INIT;
	char message[3000];
	bool transient;

	ck_assert_int_eq(image_reference_parse("r.io/a/b:t", &reference, &err), 0);
	memset(message, 'x', sizeof(message));
	(void)snprintf(answer.refusal, sizeof(answer.refusal),
		       "{\"errors\":[{\"message\":\"%.*s\"}]}", (int)sizeof(message), message);
	ck_assert_int_eq(image_fault_read(&answer, &reference, &transient, &err), -1);
	ck_assert_int_eq(err.code, ERR_DENIED);
	ck_assert_uint_lt(strlen(err.text), 600);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_fault");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, what_a_registry_says_becomes_a_cause, 0, (int)ARRAY_LEN(faults));
	tcase_add_loop_test(all, the_whole_refusal_has_the_words_that_clients_match, 0,
			    (int)ARRAY_LEN(finished));
	tcase_add_test(all, a_flood_of_words_is_cut);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
