/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name of one registry leads to the place that stands for it, and no other name does.
 */
#include <stdio.h>
#include <string.h>

#include "provisioner/image_mirror.h"
#include "tests/support/suite.h"

static struct conf_pair pairs[] = {
	{(char *)"123456789012.dkr.ecr.us-east-1.amazonaws.com", (char *)"127.0.0.1:5000/ecr/eu"},
	{(char *)"ghcr.io", (char *)"registry.example"},
	{(char *)"docker.io", (char *)"localhost:5000"},
};
static const struct conf_map mirrors = {pairs, 3};

#define DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *asked, *fetched;
} cases[] = {
	{"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/web:1.2",
	 "127.0.0.1:5000/ecr/eu/team/web:1.2"},
	{"123456789012.dkr.ecr.us-east-1.amazonaws.com/web@" DIGEST,
	 "127.0.0.1:5000/ecr/eu/web@" DIGEST},
	{"ghcr.io/a/b", "registry.example/a/b:latest"},
	{"nginx", "localhost:5000/library/nginx:latest"},
	{"210987654321.dkr.ecr.us-east-1.amazonaws.com/web:1",
	 "210987654321.dkr.ecr.us-east-1.amazonaws.com/web:1"},
	{"quay.io/a:1", "quay.io/a:1"},
};

START_TEST(a_host_leads_to_its_mirror)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct image_reference reference;
		char text[IMAGE_REFERENCE_SIZE];
		struct err err = ERR_INIT;

		ASSERT_OK(image_reference_parse(cases[i].asked, &reference, &err), &err);
		ASSERT_OK(image_mirror_apply(&mirrors, &reference, &err), &err);
		ck_assert_str_eq(image_reference_text(&reference, text), cases[i].fetched);
	}
}
END_TEST

START_TEST(a_name_that_gets_too_long_is_an_error)
{
	struct image_reference reference;
	struct err err = ERR_INIT;
	char name[280];

	(void)snprintf(name, sizeof(name), "123456789012.dkr.ecr.us-east-1.amazonaws.com/%0*d", 205,
		       1);
	ASSERT_OK(image_reference_parse(name, &reference, &err), &err);
	pairs[0].value = (char *)"mirror.of.a.longer.name.example:5000/with/a/prefix";
	ck_assert_int_eq(image_mirror_apply(&mirrors, &reference, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_host_leads_to_its_mirror,
		a_name_that_gets_too_long_is_an_error,
	};

	return suite_run("provisioner/image_mirror", tests, ARRAY_LEN(tests));
}
