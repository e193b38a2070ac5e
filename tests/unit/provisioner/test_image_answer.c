/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_answer.h"
#include "tests/support/suite.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define REST                                                                                       \
	"\"image\":\"/c/x.squashfs\",\"bytes\":4096,\"cached\":true,"                              \
	"\"phases\":{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}"
#define GOOD "{\"digest\":\"" DIGEST "\",\"config\":{}," REST "}"

static int read_text(const char *text, int exit_code, struct image_answer *answer, struct err *err)
{
	/* What the answer borrows ends with this function: only scalars are looked at. */
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;

	return image_answer_read(text, strlen(text), exit_code, arena, &json, answer, err);
}

START_TEST(what_is_written_is_read_back)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(json_decrefp) json_t *volumes = json_pack("{s:{s:i}}", "/data", "anything", 1);
	AUTO(buf_done) struct buf text;
	const char *command[] = {"/bin/sh", "-c", "echo \"\xc3\xa9\"\n"};
	struct image_answer answer = {
		.digest = DIGEST,
		.settings = {.command = {command, 3, true},
			     .entrypoint = {NULL, 0, true},
			     .working_dir = "/w",
			     .user = "nobody",
			     .volumes = volumes},
		.platform = "linux/amd64",
		.path = "/cache/images/x.squashfs",
		.size_bytes = INT64_C(1) << 40,
		.cached = true,
		.phases = {1, 2, 3},
	};
	struct image_answer back;
	struct err err = ERR_INIT;

	buf_init(&text, IMAGE_ANSWER_MAX);
	ck_assert_int_eq(image_answer_write(&answer, &text, &err), 0);
	ck_assert_int_eq(text.data[text.len - 1], '\n');
	ck_assert_msg(
		image_answer_read((char *)text.data, text.len, 0, arena, &json, &back, &err) == 0,
		"%s", err.text);
	ck_assert_str_eq(back.digest, DIGEST);
	ck_assert_uint_eq(back.settings.command.count, 3);
	ck_assert_str_eq(((const char **)back.settings.command.items)[2], command[2]);
	/* An empty list and none are not the same. */
	ck_assert(back.settings.entrypoint.present);
	ck_assert(!back.settings.environment.present);
	ck_assert_str_eq(back.settings.working_dir, "/w");
	ck_assert_ptr_null(back.settings.stop_signal);
	ck_assert_uint_eq(json_object_size(back.settings.volumes), 1);
	ck_assert_uint_eq(json_object_size(json_object_get(back.settings.volumes, "/data")), 0);
	ck_assert_str_eq(back.platform, "linux/amd64");
	ck_assert_str_eq(back.path, answer.path);
	ck_assert_int_eq(back.size_bytes, answer.size_bytes);
	ck_assert(back.cached);
	ck_assert_int_eq(back.phases.flatten_ms, 3);
}
END_TEST

static const char *const broken[] = {
	"",
	"{",
	"null",
	"{}",
	GOOD "x",
	"{\"digest\":\"sha256:x\",\"config\":{}," REST "}",
	"{\"digest\":\"" DIGEST "\"," REST "}",
	"{\"digest\":\"" DIGEST "\",\"config\":{\"Cmd\":[1]}," REST "}",
	"{\"digest\":\"" DIGEST "\",\"config\":{\"Env\":\"A=B\"}," REST "}",
	"{\"digest\":\"" DIGEST
	"\",\"config\":{},\"image\":\"relative\",\"bytes\":1,\"cached\":true,"
	"\"phases\":{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}}",
	"{\"digest\":\"" DIGEST "\",\"config\":{},\"image\":\"/c/../etc/shadow\",\"bytes\":1,"
	"\"cached\":true,\"phases\":{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}}",
	"{\"digest\":\"" DIGEST "\",\"config\":{},\"image\":\"/c\",\"bytes\":-1,\"cached\":true,"
	"\"phases\":{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}}",
	"{\"digest\":\"" DIGEST "\",\"config\":{},\"image\":\"/c\",\"bytes\":1,\"cached\":true,"
	"\"phases\":{\"resolve_ms\":-1,\"fetch_ms\":2,\"flatten_ms\":3}}",
};

START_TEST(an_answer_that_breaks_the_rules_is_not_believed)
{
	struct image_answer answer;
	struct err err = ERR_INIT;

	ck_assert_msg(read_text(broken[_i], 0, &answer, &err) == -1, "believed: %s", broken[_i]);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
}
END_TEST

START_TEST(a_good_answer_of_a_failed_worker_is_not_believed)
{
	struct image_answer answer;
	struct err err = ERR_INIT;

	ck_assert_int_eq(read_text(GOOD, 0, &answer, &err), 0);
	ck_assert_int_eq(read_text(GOOD, 1, &answer, &err), -1);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
}
END_TEST

START_TEST(a_refusal_is_given_on_in_its_own_words)
{
	AUTO(buf_done) struct buf text;
	struct image_answer answer;
	struct err err = ERR_INIT;

	buf_init(&text, IMAGE_ANSWER_MAX);
	ck_assert_int_eq(
		image_answer_write_error("CannotPullContainerError: a\nb\x1b[1m", &text, &err), 0);
	ck_assert_int_eq(read_text(buf_text(&text), 1, &answer, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	ck_assert_str_eq(err.text, "CannotPullContainerError: a b [1m");
}
END_TEST

START_TEST(a_refusal_in_other_words_is_not_given_on)
{
	struct image_answer answer;
	struct err err = ERR_INIT;

	ck_assert_int_eq(read_text("{\"error\":\"OutOfMemoryError: x\"}", 1, &answer, &err), -1);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
	ck_assert_int_eq(read_text("{\"error\":\"CannotPullContainerError: x\"}", 0, &answer, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
}
END_TEST

START_TEST(long_and_odd_errors_become_short_and_clean_json)
{
	AUTO(buf_done) struct buf text;
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	char *words = xcalloc(1, 5000);
	const char *error;

	buf_init(&text, 1 << 20);
	memset(words, 'x', 4000);
	memcpy(words + IMAGE_ERROR_MAX - 1, "\xe2\x82\xac", 3); /* cut in the middle of it */
	ck_assert_int_eq(image_answer_write_error(words, &text, &err), 0);
	ck_assert_msg(shape_parse(buf_text(&text), text.len, &json, &err) == 0, "%s", err.text);
	error = json_string_value(json_object_get(json, "error"));
	ck_assert_uint_eq(strlen(error), IMAGE_ERROR_MAX - 1);
	buf_clear(&text);
	ck_assert_int_eq(image_answer_write_error("a\xff\xfe b", &text, &err), 0);
	ck_assert_str_eq(buf_text(&text), "{\"error\":\"a?? b\"}\n");
	free(words);
}
END_TEST

START_TEST(a_config_too_large_to_travel_is_refused_by_the_writer)
{
	AUTO(buf_done) struct buf text;
	char *user = xcalloc(1, IMAGE_ANSWER_MAX + 1);
	struct image_answer answer = {.digest = DIGEST, .path = "/x", .size_bytes = 1};
	struct err err = ERR_INIT;

	memset(user, 'u', IMAGE_ANSWER_MAX);
	answer.settings.user = user;
	buf_init(&text, IMAGE_ANSWER_MAX);
	ck_assert_int_eq(image_answer_write(&answer, &text, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	free(user);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_answer");
	TCase *all = tcase_create("all");

	tcase_add_test(all, what_is_written_is_read_back);
	tcase_add_loop_test(all, an_answer_that_breaks_the_rules_is_not_believed, 0,
			    (int)ARRAY_LEN(broken));
	tcase_add_test(all, a_good_answer_of_a_failed_worker_is_not_believed);
	tcase_add_test(all, a_refusal_is_given_on_in_its_own_words);
	tcase_add_test(all, a_refusal_in_other_words_is_not_given_on);
	tcase_add_test(all, long_and_odd_errors_become_short_and_clean_json);
	tcase_add_test(all, a_config_too_large_to_travel_is_refused_by_the_writer);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
