/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses requests may go to, and what answers mean.
 */
#include "tests/support/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "relay/address_guard.h"
#include "relay/webhook.h"

static const struct {
	const char *text;
	bool is_public;
} addresses[] = {
	{"8.8.8.8", true},
	{"1.1.1.1", true},
	{"172.15.255.255", true},
	{"172.32.0.0", true},
	{"100.63.255.255", true},
	{"100.128.0.0", true},
	{"2606:4700::1", true},
	{"2a00:1450:4001::1", true},
	{"64:ff9b::8.8.8.8", true},
	{"::ffff:8.8.8.8", true},
	{"2002:808:808::1", true},
	{"0.0.0.0", false},
	{"10.1.2.3", false},
	{"100.64.0.1", false},
	{"127.0.0.1", false},
	{"127.255.255.255", false},
	{"169.254.169.254", false},
	{"172.16.0.1", false},
	{"172.31.255.255", false},
	{"192.168.1.1", false},
	{"198.18.0.1", false},
	{"224.0.0.1", false},
	{"255.255.255.255", false},
	{"::", false},
	{"::1", false},
	{"::127.0.0.1", false},
	{"::ffff:127.0.0.1", false},
	{"::ffff:10.0.0.1", false},
	{"64:ff9b::10.0.0.1", false},
	{"64:ff9b:1::8.8.8.8", false},
	{"2002:7f00:1::1", false},
	{"2001::1", false},
	{"2001:db8::1", false},
	{"fc00::1", false},
	{"fdff::1", false},
	{"fe80::1", false},
	{"febf::1", false},
	{"fec0::1", false},
	{"ff02::1", false},
};

START_TEST(only_public_addresses_may_be_connected_to)
{
	const char *text = addresses[_i].text;
	struct sockaddr_storage storage = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (strchr(text, ':')) {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(&storage, &in6, sizeof(in6));
	} else {
		ck_assert_int_eq(inet_pton(AF_INET, text, &in.sin_addr), 1);
		memcpy(&storage, &in, sizeof(in));
	}
	ck_assert_msg(address_is_public((struct sockaddr *)&storage) == addresses[_i].is_public,
		      "%s", text);
}
END_TEST

START_TEST(what_is_no_address_of_the_internet_is_not_connected_to)
{
	const struct sockaddr_storage other = {.ss_family = AF_UNIX};

	ck_assert(!address_is_public((const struct sockaddr *)&other));
}
END_TEST

static const struct {
	int status;
	bool forbidden;
	enum webhook_verdict verdict;
} verdicts[] = {
	{200, false, WEBHOOK_ARRIVED}, {204, false, WEBHOOK_ARRIVED}, {299, false, WEBHOOK_ARRIVED},
	{0, false, WEBHOOK_AGAIN},     {0, true, WEBHOOK_DEAD},	      {100, false, WEBHOOK_DEAD},
	{301, false, WEBHOOK_DEAD},    {307, false, WEBHOOK_DEAD},    {400, false, WEBHOOK_DEAD},
	{401, false, WEBHOOK_AGAIN},   {403, false, WEBHOOK_DEAD},    {404, false, WEBHOOK_DEAD},
	{407, false, WEBHOOK_AGAIN},   {408, false, WEBHOOK_AGAIN},   {409, false, WEBHOOK_AGAIN},
	{410, false, WEBHOOK_DEAD},    {429, false, WEBHOOK_AGAIN},   {500, false, WEBHOOK_AGAIN},
	{503, false, WEBHOOK_AGAIN},   {599, false, WEBHOOK_AGAIN},
};

START_TEST(an_answer_means_arrived_again_or_never)
{
	const struct webhook_answer answer = {.status = verdicts[_i].status,
					      .forbidden = verdicts[_i].forbidden};

	ck_assert_int_eq((int)webhook_judge(&answer), (int)verdicts[_i].verdict);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("relay/webhook");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, only_public_addresses_may_be_connected_to, 0,
			    ARRAY_LEN(addresses));
	tcase_add_test(all, what_is_no_address_of_the_internet_is_not_connected_to);
	tcase_add_loop_test(all, an_answer_means_arrived_again_or_never, 0, ARRAY_LEN(verdicts));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
