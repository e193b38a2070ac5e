/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <inttypes.h>

#include "provisioner/launch_times.h"

#define NAME "slipway_launch_phase_seconds"

static struct buf text;

static const char *print(void)
{
	struct err err = ERR_INIT;

	buf_init(&text, LAUNCH_TIMES_TEXT_MAX);
	ASSERT_OK(launch_times_print(&text, &err), &err);
	return buf_text(&text);
}

static void assert_line(const char *line)
{
	AUTO(freep) char *whole = xasprintf("\n%s\n", line);

	ck_assert_msg(strstr(buf_text(&text), whole) != NULL, "no %s", line);
}

START_TEST(a_launch_is_in_each_bucket_that_is_large_enough)
{
	launch_times_add("started", 1000);
	launch_times_add("started", 1001);
	launch_times_add("started", 2250000);
	launch_times_add("started", 60000001);
	(void)print();
	assert_line(NAME "_bucket{phase=\"started\",le=\"0.001\"} 1");
	assert_line(NAME "_bucket{phase=\"started\",le=\"0.0025\"} 2");
	assert_line(NAME "_bucket{phase=\"started\",le=\"1\"} 2");
	assert_line(NAME "_bucket{phase=\"started\",le=\"2.5\"} 3");
	assert_line(NAME "_bucket{phase=\"started\",le=\"60\"} 3");
	assert_line(NAME "_bucket{phase=\"started\",le=\"+Inf\"} 4");
	assert_line(NAME "_sum{phase=\"started\"} 62.252002");
	assert_line(NAME "_count{phase=\"started\"} 4");
	assert_line(NAME "_count{phase=\"image\"} 0");
	buf_done(&text);
}
END_TEST

START_TEST(a_guests_own_names_are_no_labels)
{
	launch_times_add("evil\"} 1\n", 1);
	launch_times_add("accepted", 1);
	launch_times_add("", 1);
	launch_times_add("started", -1);
	ck_assert_ptr_null(strstr(print(), "evil"));
	ck_assert_ptr_null(strstr(buf_text(&text), "accepted\""));
	assert_line(NAME "_sum{phase=\"started\"} 0.000000");
	assert_line(NAME "_count{phase=\"started\"} 1");
	buf_done(&text);
}
END_TEST

/* One HELP and one TYPE before all samples; every sample is NAME{labels} NUMBER. */
START_TEST(each_line_is_of_the_text_format)
{
	AUTO(freep) char *copy = NULL;
	char *rest;
	char *line;
	size_t samples = 0;

	launch_times_add("hello", 123456);
	copy = rest = xstrdup(print());
	ck_assert_int_eq(strncmp(rest, "# HELP " NAME " ", 8 + strlen(NAME)), 0);
	(void)strsep(&rest, "\n");
	ck_assert_str_eq(strsep(&rest, "\n"), "# TYPE " NAME " histogram");
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		char kind[16], labels[64];
		double value;

		ck_assert_int_eq(sscanf(line, NAME "_%15[a-z]{%63[^}]} %lf", kind, labels, &value),
				 3);
		ck_assert_int_eq(strncmp(labels, "phase=\"", 7), 0);
		samples++;
	}
	ck_assert_ptr_null(rest);
	ck_assert_uint_eq(samples, 11 * (17 + 2));
	buf_done(&text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_launch_is_in_each_bucket_that_is_large_enough,
		a_guests_own_names_are_no_labels,
		each_line_is_of_the_text_format,
	};

	return suite_run("provisioner/launch_times", tests, ARRAY_LEN(tests));
}
