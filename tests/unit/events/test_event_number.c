/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "events/number.h"

static int64_t key_of(const char *text, enum event_number wanted)
{
	int64_t key;

	ck_assert_msg(event_number_key(text, strlen(text), &key) == wanted, "%s", text);
	return key;
}

START_TEST(one_number_written_in_many_ways_has_one_key)
{
	static const char *const five[] = {"5",	    "5.0",  "5e0",    "50e-1",
					   "0.5e1", "5E+0", "0.05E2", "5.000000000000000000000000",
					   "500e-2"};
	static const char *const zero[] = {"0", "-0", "0.0", "0e99",
					   "-0.000e-99999999999999999999"};

	for (size_t i = 0; i < ARRAY_LEN(five); i++)
		ck_assert_msg(key_of(five[i], EVENT_NUMBER_EXACT) == 2 * INT64_C(5000000), "%s",
			      five[i]);
	for (size_t i = 0; i < ARRAY_LEN(zero); i++)
		ck_assert_msg(key_of(zero[i], EVENT_NUMBER_EXACT) == 0, "%s", zero[i]);
}
END_TEST

START_TEST(keys_are_in_the_order_of_the_numbers)
{
	static const struct {
		const char *text;
		enum event_number kind;
	} rising[] = {
		{"-1e400", EVENT_NUMBER_TOO_LARGE},
		{"-5e9", EVENT_NUMBER_EXACT},
		{"-4999999999.9999995", EVENT_NUMBER_TOO_FINE},
		{"-4999999999.999999", EVENT_NUMBER_EXACT},
		{"-1.0000001", EVENT_NUMBER_TOO_FINE},
		{"-1", EVENT_NUMBER_EXACT},
		{"-0.9999999", EVENT_NUMBER_TOO_FINE},
		{"-0.000001", EVENT_NUMBER_EXACT},
		{"-1e-400", EVENT_NUMBER_TOO_FINE},
		{"0", EVENT_NUMBER_EXACT},
		{"0.0000009", EVENT_NUMBER_TOO_FINE},
		{"0.000001", EVENT_NUMBER_EXACT},
		{"0.3", EVENT_NUMBER_EXACT},
		{"301.8", EVENT_NUMBER_EXACT},
		{"4999999999.999999", EVENT_NUMBER_EXACT},
		{"5000000000", EVENT_NUMBER_EXACT},
		{"5000000000.0000000000000001", EVENT_NUMBER_TOO_LARGE},
	};

	for (size_t i = 1; i < ARRAY_LEN(rising); i++)
		ck_assert_msg(key_of(rising[i - 1].text, rising[i - 1].kind) <
				      key_of(rising[i].text, rising[i].kind),
			      "%s and %s", rising[i - 1].text, rising[i].text);
}
END_TEST

START_TEST(exponents_without_end_take_no_time)
{
	ck_assert_int_eq(key_of("1e999999999999999999999999999999", EVENT_NUMBER_TOO_LARGE),
			 INT64_MAX);
	ck_assert_int_eq(key_of("1e-999999999999999999999999999999", EVENT_NUMBER_TOO_FINE), 1);
	ck_assert_int_eq(key_of("-1e-999999999999999999999999999999", EVENT_NUMBER_TOO_FINE), -1);
	ck_assert_int_eq(key_of("", EVENT_NUMBER_EXACT), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {one_number_written_in_many_ways_has_one_key,
				      keys_are_in_the_order_of_the_numbers,
				      exponents_without_end_take_no_time};

	return suite_run("event_number", tests, ARRAY_LEN(tests));
}
