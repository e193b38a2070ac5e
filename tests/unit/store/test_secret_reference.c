/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/secret_reference.h"

#define SM  "arn:aws:secretsmanager:us-east-1:111122223333:secret:"
#define SSM "arn:aws:ssm:us-east-1:111122223333:parameter/"

static struct err err;

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

START_TEST(references_are_read_as_the_service_writes_them)
{
	static const struct {
		const char *text;
		enum secret_service bare;
		struct secret_reference is;
	} rows[] = {
		{"/a/b", SECRET_OF_SSM, {SECRET_OF_SSM, .name = "/a/b"}},
		{"a", SECRET_OF_SSM, {SECRET_OF_SSM, .name = "a"}},
		{"a:3", SECRET_OF_SSM, {SECRET_OF_SSM, .name = "a", .selector = "3"}},
		{"a:", SECRET_OF_SSM, {SECRET_OF_SSM, .name = "a"}},
		{SSM "a", SECRET_OF_MANAGER, {SECRET_OF_SSM, .name = "a"}},
		{SSM "a/b:2", SECRET_OF_SSM, {SECRET_OF_SSM, .name = "/a/b", .selector = "2"}},
		{"app/db",
		 SECRET_OF_MANAGER,
		 {SECRET_OF_MANAGER, .name = "app/db", .arn = "app/db"}},
		{SM "app/db-AbCdEf",
		 SECRET_OF_SSM,
		 {SECRET_OF_MANAGER, .name = "app/db-AbCdEf", .arn = SM "app/db-AbCdEf"}},
		{SM "n-AbCdEf:key::",
		 SECRET_OF_SSM,
		 {SECRET_OF_MANAGER, .name = "n-AbCdEf", .arn = SM "n-AbCdEf", .json_key = "key"}},
		{SM "n:key:AWSPREVIOUS:",
		 SECRET_OF_SSM,
		 {SECRET_OF_MANAGER, .name = "n", .arn = SM "n", .json_key = "key",
		  .stage = "AWSPREVIOUS"}},
		{SM "n:::v1",
		 SECRET_OF_SSM,
		 {SECRET_OF_MANAGER, .name = "n", .arn = SM "n", .version_id = "v1"}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
		const struct secret_reference *is = &rows[i].is;
		struct secret_reference got;

		ASSERT_OK(secret_reference_parse(rows[i].text, rows[i].bare, arena, &got, &err),
			  &err);
		ck_assert_msg(got.service == is->service && same(got.name, is->name) &&
				      same(got.selector, is->selector) &&
				      same(got.json_key, is->json_key) &&
				      same(got.stage, is->stage) &&
				      same(got.version_id, is->version_id) &&
				      (!is->arn || same(got.arn, is->arn)),
			      "%s", rows[i].text);
		ck_assert(secret_reference_is_of(&got, "us-east-1", "111122223333"));
		if (strncmp(rows[i].text, "arn:", 4) == 0) {
			ck_assert(!secret_reference_is_of(&got, "eu-west-1", "111122223333"));
			ck_assert(!secret_reference_is_of(&got, "us-east-1", "111122223334"));
		}
	}
}
END_TEST

START_TEST(what_is_no_reference_is_refused)
{
	static const char *const texts[] = {"",
					    ":3",
					    "arn:",
					    "arn:aws:s3:::bucket/key",
					    SSM,
					    SM,
					    SM ":key",
					    SM "n:k:s:v:more",
					    "arn:aws:ssm:us-east-1:1:document/x"};
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	AUTO(freep) char *longest = xcalloc(1, SECRET_REFERENCE_MAX + 2);
	struct secret_reference got;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ck_assert_msg(secret_reference_parse(texts[i], SECRET_OF_SSM, arena, &got, &err) <
				      0,
			      "%s", texts[i]);
	memset(longest, 'a', SECRET_REFERENCE_MAX + 1);
	ck_assert_int_eq(secret_reference_parse(longest, SECRET_OF_SSM, arena, &got, &err), -1);
}
END_TEST

START_TEST(a_selector_is_a_version_or_none)
{
	static const struct {
		const char *selector;
		int64_t version;
	} rows[] = {{NULL, 0},	{"1", 1},   {"100", 100}, {"0", -1},
		    {"-1", -1}, {" 1", -1}, {"1x", -1},	  {"99999999999999999999", -1}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct secret_reference reference = {.selector = rows[i].selector};

		ck_assert_int_eq(secret_reference_version(&reference), rows[i].version);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		references_are_read_as_the_service_writes_them,
		what_is_no_reference_is_refused,
		a_selector_is_a_version_or_none,
	};

	return suite_run("store/secret_reference", tests, ARRAY_LEN(tests));
}
