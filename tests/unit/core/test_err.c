/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <errno.h>

START_TEST(set_returns_minus_one_with_code_and_text)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(err_set(&err, ERR_LIMIT, "%d things", 3), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_str_eq(err.text, "3 things");
	err_clear(&err);
	ck_assert_int_eq(err.code, ERR_NONE);
	ck_assert_str_eq(err.text, "");
}
END_TEST

START_TEST(system_errors_become_codes)
{
	static const struct {
		int errnum;
		enum err_code code;
	} cases[] = {
		{ENOSPC, ERR_NO_SPACE},	 {EDQUOT, ERR_NO_SPACE}, {ENOMEM, ERR_NO_SPACE},
		{ENOENT, ERR_NOT_FOUND}, {EEXIST, ERR_EXISTS},	 {EACCES, ERR_DENIED},
		{EPERM, ERR_DENIED},	 {EIO, ERR_SYSTEM},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		char wanted[256];

		ck_assert_int_eq(err_sys(&err, cases[i].errnum, "open %s", "x"), -1);
		ck_assert_int_eq(err.code, cases[i].code);
		(void)snprintf(wanted, sizeof(wanted), "open x: %s", strerror(cases[i].errnum));
		ck_assert_str_eq(err.text, wanted);
	}
}
END_TEST

START_TEST(context_goes_in_front_and_the_code_stays)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_DENIED, "inner");
	ck_assert_int_eq(err_wrap(&err, "step %d", 2), -1);
	ck_assert_int_eq(err_wrap(&err, "outer"), -1);
	ck_assert_str_eq(err.text, "outer: step 2: inner");
	ck_assert_int_eq(err.code, ERR_DENIED);
}
END_TEST

START_TEST(the_old_text_may_be_an_argument_of_the_new)
{
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_INVALID, "cause");
	(void)err_set(&err, ERR_SYSTEM, "because of %s", err.text);
	ck_assert_str_eq(err.text, "because of cause");
	(void)err_wrap(&err, "%s", err.text);
	ck_assert_str_eq(err.text, "because of cause: because of cause");
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
	/* Each shift puts the cut at another byte of the three-byte character. */
	for (int shift = 0; shift < 3; shift++) {
		char text[ERR_TEXT_MAX + 64];
		struct err err = ERR_INIT;
		size_t at = 0;

		for (int i = 0; i < shift; i++)
			text[at++] = 'a';
		while (at + 3 < sizeof(text)) {
			memcpy(text + at, "\xe2\x82\xac", 3);
			at += 3;
		}
		text[at] = '\0';
		(void)err_set(&err, ERR_INVALID, "%s", text);
		ck_assert_uint_lt(strlen(err.text), ERR_TEXT_MAX);
		ck_assert_uint_gt(strlen(err.text), ERR_TEXT_MAX - 8);
		ck_assert_uint_eq((strlen(err.text) - (size_t)shift) % 3, 0);
		(void)err_wrap(&err, "%s", text);
		ck_assert_uint_lt(strlen(err.text), ERR_TEXT_MAX);
	}
}
END_TEST

START_TEST(each_code_has_its_name)
{
	ck_assert_str_eq(err_code_name(ERR_NONE), "NONE");
	ck_assert_str_eq(err_code_name(ERR_INVALID), "INVALID");
	ck_assert_str_eq(err_code_name(ERR_SYSTEM), "SYSTEM");
	ck_assert_str_eq(err_code_name(ERR_CODE_COUNT), "UNKNOWN");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		set_returns_minus_one_with_code_and_text,
		system_errors_become_codes,
		context_goes_in_front_and_the_code_stays,
		the_old_text_may_be_an_argument_of_the_new,
		a_long_text_is_cut_between_characters,
		each_code_has_its_name,
	};

	return suite_run("core/err", tests, ARRAY_LEN(tests));
}
