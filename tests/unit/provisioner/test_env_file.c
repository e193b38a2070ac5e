/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "provisioner/env_file.h"

static struct arena *arena;
static struct env_file file;
static struct err err;

static void begin(void)
{
	arena = arena_new(1u << 22);
}

static void end(void)
{
	arena_free(arena);
}

static int parse(const char *text)
{
	return env_file_parse(text, strlen(text), arena, &file, &err);
}

START_TEST(lines_are_variables_as_docker_reads_them)
{
	static const char *const want[][2] = {
		{"A", "1"},   {"B", " two words "},  {"C", "\"quoted\""}, {"D", ""},
		{"E", "x=y"}, {"F", "# no comment"}, {"a.b-c", "$A"},	  {"LAST", "no newline"},
	};

	ASSERT_OK(parse("\xef\xbb\xbf"
			"A=1\r\n\n# comment=1\n  \t# another\nB= two words \n \tC=\"quoted\"\n"
			"D=\nALONE\nE=x=y\nF=# no comment\na.b-c=$A\nLAST=no newline"),
		  &err);
	ck_assert_uint_eq(file.count, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		ck_assert_str_eq(file.variables[i].name, want[i][0]);
		ck_assert_str_eq(file.variables[i].value, want[i][1]);
	}
	ASSERT_OK(parse(""), &err);
	ck_assert_uint_eq(file.count, 0);
}
END_TEST

START_TEST(what_is_wrong_is_told_by_its_line_and_never_quoted)
{
	static const char *const rows[][2] = {
		{"A=1\n=secret", "line 2 has no variable's name"},
		{"A=1\n\nexport B=secret", "the variable's name in line 3 has blanks"},
		{"A secret", "the variable's name in line 1 has blanks"},
		{"A=\xff\xfe", "line 1 is not UTF-8"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(parse(rows[i][0]), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_str_eq(err.text, rows[i][1]);
		err_clear(&err);
	}
	ck_assert_int_eq(env_file_parse("A=\0B", 4, arena, &file, &err), -1);
}
END_TEST

START_TEST(there_is_a_limit_of_lines_and_of_one_line)
{
	AUTO(freep) char *text = xcalloc(1, ENV_FILE_LINE_MAX + 16);

	memset(text, 'a', ENV_FILE_LINE_MAX + 1);
	text[1] = '=';
	ck_assert_int_eq(parse(text), -1);
	text[ENV_FILE_LINE_MAX] = '\0';
	ASSERT_OK((err_clear(&err), parse(text)), &err);
	for (size_t i = 0; i <= ENV_FILE_LINES_MAX; i++)
		memcpy(text + 4 * i, "a=b\n", 5);
	ck_assert_int_eq(parse(text), -1);
	text[4 * (size_t)ENV_FILE_LINES_MAX] = '\0';
	ASSERT_OK((err_clear(&err), parse(text)), &err);
	ck_assert_uint_eq(file.count, ENV_FILE_LINES_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/env_file");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, lines_are_variables_as_docker_reads_them);
	tcase_add_test(all, what_is_wrong_is_told_by_its_line_and_never_quoted);
	tcase_add_test(all, there_is_a_limit_of_lines_and_of_one_line);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
