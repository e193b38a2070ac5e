/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/tmpfs_option.h"

START_TEST(each_word_is_of_a_kind)
{
	static const struct {
		const char *word;
		enum tmpfs_option_kind kind;
	} rows[] = {
		{"noexec", TMPFS_OPTION_FLAG},
		{"defaults", TMPFS_OPTION_FLAG},
		{"mode=1777", TMPFS_OPTION_SETTING},
		{"uid=1000", TMPFS_OPTION_SETTING},
		{"nr_inodes=10k", TMPFS_OPTION_SETTING},
		{"mode=8", TMPFS_OPTION_UNKNOWN},
		{"mode=", TMPFS_OPTION_UNKNOWN},
		{"uid=1,size=9g", TMPFS_OPTION_UNKNOWN},
		{"size=9g", TMPFS_OPTION_UNKNOWN},
		{"bind", TMPFS_OPTION_REFUSED},
		{"rshared", TMPFS_OPTION_REFUSED},
		{"mpol=bind:0", TMPFS_OPTION_REFUSED},
		{"", TMPFS_OPTION_UNKNOWN},
		{"NOEXEC", TMPFS_OPTION_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(tmpfs_option_kind(rows[i].word) == rows[i].kind, "%s", rows[i].word);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {each_word_is_of_a_kind};

	return suite_run("tmpfs_option", tests, ARRAY_LEN(tests));
}
