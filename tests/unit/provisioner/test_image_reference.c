/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_reference.h"
#include "tests/support/suite.h"

#define HEX	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST	"sha256:" HEX
#define TEN	"aaaaaaaaaa"
#define FIFTY	TEN TEN TEN TEN TEN
#define TAG128	FIFTY FIFTY TEN TEN "aaaaaaaa"
#define NAME240 FIFTY FIFTY FIFTY FIFTY TEN TEN TEN TEN

static const struct {
	const char *text, *host, *repository, *tag, *digest, *whole;
} good[] = {
	{"nginx", "docker.io", "library/nginx", "latest", "", "docker.io/library/nginx:latest"},
	{"nginx:1.25-alpine", "docker.io", "library/nginx", "1.25-alpine", "", NULL},
	{"docker.io/nginx", "docker.io", "library/nginx", "latest", "", NULL},
	{"index.docker.io/nginx", "docker.io", "library/nginx", "latest", "", NULL},
	{"docker.io/library/nginx", "docker.io", "library/nginx", "latest", "", NULL},
	{"example/web", "docker.io", "example/web", "latest", "", NULL},
	{"a/b/c", "docker.io", "a/b/c", "latest", "", NULL},
	{"nginx@" DIGEST, "docker.io", "library/nginx", "", DIGEST,
	 "docker.io/library/nginx@" DIGEST},
	{"nginx:1.0@" DIGEST, "docker.io", "library/nginx", "1.0", DIGEST,
	 "docker.io/library/nginx:1.0@" DIGEST},
	{"localhost/x", "localhost", "x", "latest", "", NULL},
	{"localhost:5000", "docker.io", "library/localhost", "5000", "", NULL},
	{"localhost:5000/x", "localhost:5000", "x", "latest", "", "localhost:5000/x:latest"},
	{"localhost:5000/x:5000", "localhost:5000", "x", "5000", "", NULL},
	{"127.0.0.1:5000/x", "127.0.0.1:5000", "x", "latest", "", NULL},
	{"[::1]:5000/x", "[::1]:5000", "x", "latest", "", NULL},
	{"[2001:db8::A]/x/y:t", "[2001:db8::A]", "x/y", "t", "", NULL},
	{"registry.example/a/b/c:T_a.g-1", "registry.example", "a/b/c", "T_a.g-1", "", NULL},
	{"UPPER/x", "UPPER", "x", "latest", "", NULL},
	{"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app@" DIGEST,
	 "123456789012.dkr.ecr.us-east-1.amazonaws.com", "team/app", "", DIGEST, NULL},
	{"ghcr.io/a-b/c__d.e_f---g", "ghcr.io", "a-b/c__d.e_f---g", "latest", "", NULL},
	{"x:" TAG128, "docker.io", "library/x", TAG128, "", NULL},
	{"r.io/" NAME240 TEN, "r.io", NAME240 TEN, "latest", "", NULL},
	{"x:_", "docker.io", "library/x", "_", "", NULL},
	{"r.io:65535/x", "r.io:65535", "x", "latest", "", NULL},
};

static const char *const bad[] = {
	"",
	" ",
	"nginx ",
	"Nginx",
	"example/Web",
	"-nginx",
	"nginx-",
	"a..b",
	"a___b",
	"a._b",
	"a//b",
	"/a",
	"a/",
	"r.io/",
	"r.io//a",
	":tag",
	"nginx:",
	"nginx:.x",
	"nginx:-x",
	"nginx:a b",
	"nginx:a/b:c/",
	"nginx:" TAG128 "a",
	"@" DIGEST,
	"nginx@",
	"nginx@sha256:",
	"nginx@sha256:" HEX "0",
	"nginx@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	"nginx@" DIGEST "@" DIGEST,
	"nginx@" DIGEST ":tag",
	HEX,
	"docker.io/" HEX,
	"r.io/" NAME240 TEN "a",
	"r.io:0/x",
	"r.io:65536/x",
	"r.io:/x",
	"r.io:5a/x",
	"r.io:123456/x",
	".io/x",
	"r..io/x",
	"-r.io/x",
	"r-.io/x",
	"r.io./x",
	"[::1/x",
	"[]/x",
	"[::1]x/y",
	"[::g]/x",
	"::1/x",
	"a@b.io/x",
	"docker://nginx",
	"http://r.io/x",
	"../x",
	"r.io/../x",
	"r.io/x/..",
	"r.io/%2e%2e/x",
	"n\xc3\xa9/x",
	"nginx\n",
	"nginx:a\tb",
	"$(id)",
	"--help",
	"r.io/--authfile",
};

START_TEST(good_references_are_taken_apart)
{
	struct image_reference reference;
	struct err err = ERR_INIT;
	char whole[IMAGE_REFERENCE_SIZE];

	ck_assert_msg(image_reference_parse(good[_i].text, &reference, &err) == 0, "%s: %s",
		      good[_i].text, err.text);
	ck_assert_str_eq(reference.host, good[_i].host);
	ck_assert_str_eq(reference.repository, good[_i].repository);
	ck_assert_str_eq(reference.tag, good[_i].tag);
	ck_assert_str_eq(reference.digest, good[_i].digest);
	ck_assert_ptr_eq(image_reference_text(&reference, whole), whole);
	if (good[_i].whole)
		ck_assert_str_eq(whole, good[_i].whole);
}
END_TEST

START_TEST(the_whole_name_means_the_same)
{
	struct image_reference reference;
	struct image_reference again;
	struct err err = ERR_INIT;
	char whole[IMAGE_REFERENCE_SIZE];

	ck_assert_int_eq(image_reference_parse(good[_i].text, &reference, &err), 0);
	ck_assert_int_eq(
		image_reference_parse(image_reference_text(&reference, whole), &again, &err), 0);
	ck_assert_mem_eq(&reference, &again, sizeof(again));
}
END_TEST

START_TEST(bad_references_are_refused_and_nothing_is_filled)
{
	struct image_reference reference;
	struct image_reference before;
	struct err err = ERR_INIT;

	memset(&reference, 'x', sizeof(reference));
	before = reference;
	ck_assert_msg(image_reference_parse(bad[_i], &reference, &err) == -1, "accepted: %s",
		      bad[_i]);
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_mem_eq(&reference, &before, sizeof(before));
}
END_TEST

START_TEST(digests_of_other_algorithms_are_refused_by_name)
{
	struct image_reference reference;
	struct err err = ERR_INIT;

	ck_assert_int_eq(image_reference_parse("x@sha512:" HEX HEX, &reference, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(err.text, "sha256"));
}
END_TEST

START_TEST(a_text_of_any_length_is_refused_in_words)
{
	struct image_reference reference;
	struct err err = ERR_INIT;
	size_t len = 100000;
	char *text = xcalloc(1, len + 1);

	memset(text, 'a', len);
	ck_assert_int_eq(image_reference_parse(text, &reference, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_reference");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, good_references_are_taken_apart, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(all, the_whole_name_means_the_same, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(all, bad_references_are_refused_and_nothing_is_filled, 0,
			    (int)ARRAY_LEN(bad));
	tcase_add_test(all, digests_of_other_algorithms_are_refused_by_name);
	tcase_add_test(all, a_text_of_any_length_is_refused_in_words);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
