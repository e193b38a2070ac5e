/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <signal.h>
#include <sys/stat.h>

#include "microvm/agent/program.h"

START_TEST(programs_are_found_as_shells_find_them)
{
	char folder[64];
	char path[256];
	char file[PROGRAM_PATH_SIZE];
	struct err err = ERR_INIT;

	suite_folder(folder, sizeof(folder));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(mkdir("a", 0755), 0);
	ck_assert_int_eq(mkdir("b", 0755), 0);
	ck_assert_int_eq(mkdir("b/folder", 0755), 0);
	suite_write("a/tool", "");
	suite_write("b/tool", "");
	suite_write("here", "");
	ck_assert_int_eq(chmod("b/tool", 0755), 0);
	ck_assert_int_eq(chmod("here", 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/none:%s/a:%s/b:", folder, folder, folder);

	/* The first that can be executed, not the first that is there. */
	ASSERT_OK(program_find("tool", path, file, &err), &err);
	ck_assert_str_eq(file + strlen(folder), "/b/tool");
	/* An empty folder is the working directory. */
	ASSERT_OK(program_find("here", path, file, &err), &err);
	ck_assert_str_eq(file, "./here");
	ck_assert_int_eq(program_find("folder", path, file, &err), -1);
	ck_assert_str_eq(err.text, "exec: \"folder\": executable file not found in $PATH");
	ck_assert_int_eq(program_find("here", "/nowhere", file, &err), -1);
	ck_assert_int_eq(program_find("", path, file, &err), -1);
	/* With a slash the path does not matter. */
	ASSERT_OK(program_find("b/tool", "", file, &err), &err);
	ck_assert_str_eq(file, "b/tool");
	ck_assert_int_eq(program_find("./none", "", file, &err), -1);
	ck_assert_str_eq(err.text, "exec: \"./none\": stat ./none: no such file or directory");
	ck_assert_int_eq(program_find("a/tool", "", file, &err), -1);
	ck_assert_str_eq(err.text, "exec: \"a/tool\": permission denied");
	ck_assert_int_eq(program_find("b/folder", "", file, &err), -1);
	ck_assert_str_eq(err.text, "exec: \"b/folder\": is a directory");
	ck_assert_int_eq(program_find("here/x", "", file, &err), -1);
	ck_assert_str_eq(err.text, "exec: \"here/x\": stat here/x: not a directory");
}
END_TEST

START_TEST(paths_of_every_length_fit_or_fail)
{
	AUTO(freep) char *name = xcalloc(1, 3 * PROGRAM_PATH_SIZE);
	char file[PROGRAM_PATH_SIZE];
	struct err err = ERR_INIT;

	memset(name, 'a', 3 * PROGRAM_PATH_SIZE - 1);
	ck_assert_int_eq(program_find(name, name, file, &err), -1);
	name[0] = '/';
	ck_assert_int_eq(program_find(name, "", file, &err), -1);
}
END_TEST

START_TEST(signals_have_names_and_numbers)
{
	const struct {
		const char *name;
		int signo;
	} rows[] = {
		{"", SIGTERM},
		{"SIGTERM", SIGTERM},
		{"TERM", SIGTERM},
		{"sigquit", SIGQUIT},
		{"SIGKILL", SIGKILL},
		{"SIGWINCH", SIGWINCH},
		{"15", 15},
		{"9", 9},
		{"SIGRTMIN", SIGRTMIN},
		{"SIGRTMIN+3", SIGRTMIN + 3},
		{"RTMAX-1", SIGRTMAX - 1},
		{"SIGRTMAX", SIGRTMAX},
		{"64", 64},
		{"65", -1},
		{"0", -1},
		{"-1", -1},
		{"15x", -1},
		{"SIG", -1},
		{"SIGSIGTERM", -1},
		{"SIGRTMIN+", -1},
		{"SIGRTMIN+99", -1},
		{"SIGRTMIN+-1", -1},
		{"99999999999999999999", -1},
		{" TERM", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(program_signal(rows[i].name) == rows[i].signo, "%s: %d", rows[i].name,
			      program_signal(rows[i].name));
}
END_TEST

START_TEST(variables_are_found_by_their_whole_name)
{
	const char *env[] = {"PATHS=1", "PATH=/bin:=x", "EMPTY=", NULL, "BEHIND=1"};

	ck_assert_str_eq(program_variable(env, 5, "PATH"), "/bin:=x");
	ck_assert_str_eq(program_variable(env, 5, "EMPTY"), "");
	ck_assert_ptr_null(program_variable(env, 5, "PAT"));
	ck_assert_ptr_null(program_variable(env, 1, "PATH"));
	ck_assert_ptr_null(program_variable(env, 5, "BEHIND"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		programs_are_found_as_shells_find_them,
		paths_of_every_length_fit_or_fail,
		signals_have_names_and_numbers,
		variables_are_found_by_their_whole_name,
	};

	return suite_run("program", tests, ARRAY_LEN(tests));
}
