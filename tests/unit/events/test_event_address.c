/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "events/address.h"

static bool in(const char *cidr, const char *address)
{
	struct event_range range;
	struct event_range one;
	struct err err = ERR_INIT;

	ASSERT_OK(event_cidr_parse(cidr, strlen(cidr), &range, &err), &err);
	ck_assert_msg(event_address_parse(address, strlen(address), &one), "%s", address);
	return one.family == range.family && range.low <= one.low && one.low <= range.high;
}

START_TEST(a_block_reaches_from_the_address_named_to_its_end)
{
	ck_assert(in("10.0.0.0/24", "10.0.0.0"));
	ck_assert(in("10.0.0.0/24", "10.0.0.255"));
	ck_assert(!in("10.0.0.0/24", "10.0.1.0"));
	ck_assert(!in("10.0.0.7/24", "10.0.0.6"));
	ck_assert(in("0.0.0.0/0", "255.255.255.255"));
	ck_assert(!in("0.0.0.0/0", "::1"));
	ck_assert(in("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	ck_assert(in("2001:db8::/33", "2001:0db8:7fff:ffff::"));
	ck_assert(!in("2001:db8::/33", "2001:0db8:8000::"));
	ck_assert(in("fe80::/127", "FE80::1"));
}
END_TEST

START_TEST(an_address_is_one_however_it_is_written)
{
	ck_assert(in("10.0.0.1/31", "010.000.0.01"));
	ck_assert(in("10.0.0.1/31", "::ffff:a00:1"));
	ck_assert(in("1::2/127", "0001:0:0:0:0:0:0:0002"));
}
END_TEST

START_TEST(what_is_no_address_is_none)
{
	static const char *const others[] = {
		"",	    "1.2.3",	 "1.2.3.",	     "1.2.3.4.", "1.2.3.256",
		".1.2.3.4", "1.2.3.4/8", "localhost",	     "::1%eth0", "::1.2.3.4",
		"1::2::3",  ":::",	 "0001.2.3.4567890", "12345::",	 "abcd",
		" 1.2.3.4", "1.2.3.4 ",
	};
	struct event_range one;

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		ck_assert_msg(!event_address_parse(others[i], strlen(others[i]), &one), "%s",
			      others[i]);
}
END_TEST

START_TEST(a_bad_block_is_refused_in_the_services_words)
{
	static const struct {
		const char *cidr;
		const char *message;
	} cases[] = {
		{"10.0.0.0", "Malformed CIDR, one '/' required"},
		{"10.0.0.0/", "Malformed CIDR, one '/' required"},
		{"10.0.0.0/8/8", "Malformed CIDR, one '/' required"},
		{"10.0.0.0/x", "Malformed CIDR, mask bits must be an integer"},
		{"10.0.0.0/99999999999", "Malformed CIDR, mask bits must be an integer"},
		{"10.0.0.0/-1", "Malformed CIDR, mask bits must not be negative"},
		{"10.0.0.0/32", "IPv4 mask bits must be < 32"},
		{"::/128", "IPv6 mask bits must be < 128"},
		{"host/8", "Nonstandard IP address: host"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct event_range range;
		struct err err = ERR_INIT;

		ck_assert_int_eq(
			event_cidr_parse(cases[i].cidr, strlen(cases[i].cidr), &range, &err), -1);
		ck_assert_str_eq(err.text, cases[i].message);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_block_reaches_from_the_address_named_to_its_end,
				      an_address_is_one_however_it_is_written,
				      what_is_no_address_is_none,
				      a_bad_block_is_refused_in_the_services_words};

	return suite_run("event_address", tests, ARRAY_LEN(tests));
}
