/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/process.h"

#define REST "S 1 2 3 0 -1 4194560 5 0 6 0 250 50 0 0 20 0 1 0 7770 8 9 18446744073709551615 1 1"

static const struct line {
	const char *text;
	bool good;
} lines[] = {
	{"12 (sh) " REST, true},
	{"12 (a (b) c) " REST, true},
	{"12 () " REST, true},
	{"12 (sh) S 1 2 3", false},
	{"12 (sh) S 1 2 3 0 -1 4194560 5 0 6 0 x 50 0 0 20 0 1 0 7770", false},
	{"12 (sh)", false},
	{"12 (sh) ", false},
	{"12 (sh) S", false},
	{"", false},
	{"12 sh S 1", false},
};

START_TEST(a_line_of_the_kernel_is_read_whatever_the_name)
{
	struct process_stat stat = {0};

	ck_assert_int_eq(process_stat_parse(lines[_i].text, &stat), lines[_i].good);
	if (!lines[_i].good)
		return;
	ck_assert_int_eq(stat.state, 'S');
	ck_assert_int_eq(stat.start_ticks, 7770);
	ck_assert_int_eq(stat.cpu_ns, INT64_C(300) * 1000000000 / sysconf(_SC_CLK_TCK));
}
END_TEST

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

START_TEST(an_end_shows_at_its_descriptor_before_it_is_reaped)
{
	pid_t pid = sleeper();
	struct process_id id, other;
	struct process_stat stat;
	struct err err = ERR_INIT;
	struct pollfd poll_fd = {.events = POLLIN};

	ASSERT_OK(process_find(pid, &id, &err), &err);
	other = process_started_at(pid, process_start_ns(id));
	ck_assert_int_eq(other.start_ticks, id.start_ticks);
	ck_assert_int_le(process_start_ns(id), clock_boot_ns());
	ck_assert_int_gt(process_start_ns(id), clock_boot_ns() - INT64_C(60000000000));
	ASSERT_OK(process_watch(id, &poll_fd.fd, &err), &err);
	ck_assert_int_eq(poll(&poll_fd, 1, 0), 0);
	other = (struct process_id){.pid = pid, .start_ticks = id.start_ticks - 1};
	ck_assert_int_eq(process_watch(other, &poll_fd.fd, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
	err_clear(&err);
	ASSERT_OK(process_stat_read(pid, &stat, &err), &err);
	ck_assert_int_eq(stat.state, 'Z');
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(poll_fd.fd);
	ck_assert_int_eq(process_find(pid, &id, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(process_watch(id, &poll_fd.fd, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(no_process_has_the_number_0)
{
	struct process_id none = {.pid = 0};
	struct err err = ERR_INIT;
	int fd;

	ck_assert_int_eq(process_watch(none, &fd, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_line_of_the_kernel_is_read_whatever_the_name, 0,
			    ARRAY_LEN(lines));
	tcase_add_test(all, an_end_shows_at_its_descriptor_before_it_is_reaped);
	tcase_add_test(all, no_process_has_the_number_0);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
