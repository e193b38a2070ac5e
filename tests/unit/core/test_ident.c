/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/ident.h"

START_TEST(ids_have_their_form)
{
	for (int i = 0; i < 200; i++) {
		char hex[IDENT_HEX32_SIZE];
		char uuid[IDENT_UUID_SIZE];
		char digits[13];
		char key[17];
		char secret[41];

		ident_hex32(hex);
		ck_assert_uint_eq(strlen(hex), 32);
		ck_assert_uint_eq(strspn(hex, "0123456789abcdef"), 32);
		ident_uuid(uuid);
		ck_assert_uint_eq(strlen(uuid), 36);
		ck_assert_int_eq(uuid[8], '-');
		ck_assert_int_eq(uuid[13], '-');
		ck_assert_int_eq(uuid[14], '4');
		ck_assert_int_eq(uuid[18], '-');
		ck_assert_ptr_nonnull(strchr("89ab", uuid[19]));
		ck_assert_int_eq(uuid[23], '-');
		ident_digits(digits, 12);
		ck_assert_uint_eq(strspn(digits, "0123456789"), 12);
		ck_assert_int_ne(digits[0], '0');
		ident_base32(key, 16);
		ck_assert_uint_eq(strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 16);
		ck_assert_uint_eq(strlen(key), 16);
		ident_base64(secret, 40);
		ck_assert_uint_eq(strlen(secret), 40);
		for (const char *p = secret; *p; p++)
			ck_assert(strchr("+/", *p) || (*p >= '0' && *p <= '9') ||
				  (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'));
	}
}
END_TEST

START_TEST(every_character_of_an_alphabet_comes_up)
{
	bool seen[256] = {false};
	char digits[1001];
	char text[2001];
	size_t count = 0;

	ident_digits(digits, 1000);
	for (int i = 0; i < 1000; i++)
		seen[(uint8_t)digits[i]] = true;
	for (int i = 0; i < 256; i++)
		count += seen[i];
	ck_assert_uint_eq(count, 10);
	memset(seen, 0, sizeof(seen));
	count = 0;
	ident_base64(text, 2000);
	for (int i = 0; i < 2000; i++)
		seen[(uint8_t)text[i]] = true;
	for (int i = 0; i < 256; i++)
		count += seen[i];
	ck_assert_uint_eq(count, 64);
}
END_TEST

START_TEST(an_arn_is_taken_apart)
{
	struct arn arn;
	struct err err = ERR_INIT;

	ASSERT_OK(arn_parse("arn:aws:ecs:eu-west-1:123456789012:task/c/0123", &arn, &err), &err);
	ck_assert(text_is(arn.partition, arn.partition_len, "aws"));
	ck_assert(text_is(arn.service, arn.service_len, "ecs"));
	ck_assert(text_is(arn.region, arn.region_len, "eu-west-1"));
	ck_assert(text_is(arn.account, arn.account_len, "123456789012"));
	ck_assert(text_is(arn.resource, arn.resource_len, "task/c/0123"));
}
END_TEST

START_TEST(a_resource_keeps_its_colons_and_parts_may_be_empty)
{
	struct arn arn;
	struct err err = ERR_INIT;

	ASSERT_OK(arn_parse("arn:aws:logs:r:1:log-group:/a:*", &arn, &err), &err);
	ck_assert(text_is(arn.resource, arn.resource_len, "log-group:/a:*"));
	ASSERT_OK(arn_parse("arn:aws:iam::1:role/x", &arn, &err), &err);
	ck_assert(text_is(arn.region, arn.region_len, ""));
}
END_TEST

START_TEST(what_is_no_arn_is_refused)
{
	static const char *const cases[] = {
		"", "arn", "arn:", "ARN:aws:ecs:r:1:x", "arn:aws:ecs:r:1", "x:aws:ecs:r:1:x",
	};
	AUTO(freep) char *huge = xcalloc(1, IDENT_ARN_MAX + 2);
	struct arn arn;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_msg(arn_parse(cases[i], &arn, &err) == -1, "%s", cases[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
	memset(huge, 'x', IDENT_ARN_MAX + 1);
	memcpy(huge, "arn:a:b:c:d:", 12);
	ck_assert_int_eq(arn_parse(huge, &arn, &err), -1);
	huge[IDENT_ARN_MAX] = '\0';
	ck_assert_int_eq(arn_parse(huge, &arn, &err), 0);
}
END_TEST

START_TEST(names_have_letters_digits_dashes_and_a_length)
{
	ck_assert(ident_is_name("a-B_9", 255));
	ck_assert(ident_is_name("abc", 3));
	ck_assert(!ident_is_name("abcd", 3));
	ck_assert(!ident_is_name("", 3));
	ck_assert(!ident_is_name("a.b", 9));
	ck_assert(!ident_is_name("a b", 9));
	ck_assert(!ident_is_name("\xc3\xa4", 9));
	ck_assert(text_is("abcdef", 3, "abc"));
	ck_assert(!text_is("abcdef", 3, "ab"));
	ck_assert(!text_is("abcdef", 3, "abcd"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ids_have_their_form,	   every_character_of_an_alphabet_comes_up,
		an_arn_is_taken_apart,	   a_resource_keeps_its_colons_and_parts_may_be_empty,
		what_is_no_arn_is_refused, names_have_letters_digits_dashes_and_a_length,
	};

	return suite_run("core/ident", tests, ARRAY_LEN(tests));
}
