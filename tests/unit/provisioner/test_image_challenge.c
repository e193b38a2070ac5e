/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "provisioner/image/image_challenge.h"

#define BASIC  IMAGE_CHALLENGE_BASIC
#define BEARER IMAGE_CHALLENGE_BEARER
#define NONE   IMAGE_CHALLENGE_NONE

static const struct {
	const char *text;
	enum image_challenge_kind kind;
	const char *realm, *service, *scope;
} good[] = {
	{"Basic realm=\"slipway\"", BASIC, "slipway", "", ""},
	{"basic", BASIC, "", "", ""},
	{"Bearer realm=\"https://a.example/token\",service=\"r.example\",scope=\"repository:a/b:"
	 "pull\"",
	 BEARER, "https://a.example/token", "r.example", "repository:a/b:pull"},
	{"BEARER Realm = \"https://a/t\" , error=\"invalid_token\"", BEARER, "https://a/t", "", ""},
	{"Bearer realm=https://a/t?x=1,service=s", BEARER, "https://a/t?x=1", "s", ""},
	{"Basic realm=\"x\", Bearer realm=\"https://a/t\"", BEARER, "https://a/t", "", ""},
	{"Bearer realm=\"https://a/t\", Basic realm=\"x\"", BEARER, "https://a/t", "", ""},
	{"Bearer realm=\"https://a/t\", Bearer realm=\"https://evil/t\"", BEARER, "https://a/t", "",
	 ""},
	{"Bearer realm=\"https://a/\\\"q\\\"\"", BEARER, "https://a/\"q\"", "", ""},
	{"Negotiate, Basic realm=\"x\"", BASIC, "x", "", ""},
	{"Digest realm=\"d\", nonce=\"n\"", NONE, "", "", ""},
	{"", NONE, "", "", ""},
	{" , ,", NONE, "", "", ""},
};

START_TEST(challenges_are_read)
{
	struct image_challenge challenge;
	struct err err = ERR_INIT;

	ASSERT_OK(image_challenge_parse(good[_i].text, &challenge, &err), &err);
	ck_assert_int_eq(challenge.kind, good[_i].kind);
	ck_assert_str_eq(challenge.realm, good[_i].realm);
	ck_assert_str_eq(challenge.service, good[_i].service);
	ck_assert_str_eq(challenge.scope, good[_i].scope);
}
END_TEST

static const char *const bad[] = {
	"Bearer",
	"Bearer service=\"x\"",
	"Bearer realm=\"https://a/t",
	"Bearer realm=\"a\nb\"",
	"Bearer realm=\"a\x7f\"",
	"\"",
	"Bearer realm=x\"y\"",
	"=x",
};

START_TEST(broken_ones_are_refused)
{
	struct image_challenge challenge;
	struct err err = ERR_INIT;

	ck_assert_int_eq(image_challenge_parse(bad[_i], &challenge, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
}
END_TEST

START_TEST(a_part_that_is_too_long_is_refused)
{
	char text[IMAGE_CHALLENGE_PART_MAX + 64];
	struct image_challenge challenge;
	struct err err = ERR_INIT;

	(void)snprintf(text, sizeof(text), "Bearer realm=\"%*s\"", IMAGE_CHALLENGE_PART_MAX, "x");
	ck_assert_int_eq(image_challenge_parse(text, &challenge, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/image_challenge");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, challenges_are_read, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(all, broken_ones_are_refused, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(all, a_part_that_is_too_long_is_refused);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
