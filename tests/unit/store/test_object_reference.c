/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/object_reference.h"

static int parse(const char *text, struct arena *arena, struct object_reference *ret)
{
	struct err err = ERR_INIT;

	if (object_reference_parse(text, arena, ret, &err) == 0)
		return 0;
	ck_assert_int_eq(err.code, ERR_INVALID);
	return -1;
}

START_TEST(an_object_has_a_bucket_and_a_key)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	struct object_reference object;

	ck_assert_int_eq(parse("arn:aws:s3:::my.bucket-1/a/b.env", arena, &object), 0);
	ck_assert_str_eq(object.bucket, "my.bucket-1");
	ck_assert_str_eq(object.key, "a/b.env");
	ck_assert_int_eq(parse("arn:aws-cn:s3:::abc/.env", arena, &object), 0);
	ck_assert_str_eq(object.key, ".env");
	ck_assert_int_eq(parse("arn:aws:s3:::abc/..env/x: y", arena, &object), 0);
	ck_assert_str_eq(object.key, "..env/x: y");
}
END_TEST

START_TEST(what_is_no_path_in_a_bucket_is_refused)
{
	static const char *const rows[] = {
		"",
		"s3://bucket/a.env",
		"arn:aws:s3:::bucket",
		"arn:aws:s3:::bucket/",
		"arn:aws:s3:::/a.env",
		"arn:aws:s3:::ab/a.env",
		"arn:aws:s3:us-east-1::bucket/a.env",
		"arn:aws:s3::111122223333:bucket/a.env",
		"arn:aws:ssm:::bucket/a.env",
		"arn:aws:s3:::buck et/a.env",
		"arn:aws:s3:::bucket//a.env",
		"arn:aws:s3:::bucket/a/",
		"arn:aws:s3:::bucket/./a.env",
		"arn:aws:s3:::bucket/../a.env",
		"arn:aws:s3:::bucket/a/..",
	};
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	struct object_reference object;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(parse(rows[i], arena, &object) < 0, "%s", rows[i]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_object_has_a_bucket_and_a_key,
				      what_is_no_path_in_a_bucket_is_refused};

	return suite_run("object_reference", tests, ARRAY_LEN(tests));
}
