/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/log_router.h"

START_TEST(a_buffer_has_a_size_that_can_be_had)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} rows[] = {
		{"", LOG_ROUTER_BUFFER_DEFAULT},
		{"2097152", 2097152},
		{"0", LOG_ROUTER_BUFFER_MIN},
		{"536870912", LOG_ROUTER_BUFFER_MAX},
		{"536870913", -1},
		{"99999999999999999999999999", -1},
		{"-1", -1},
		{"4m", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shape_pair pair = {LOG_ROUTER_BUFFER, rows[i].text};
		struct shape_list options = {.items = &pair, .count = 1, .present = true};
		struct err err = ERR_INIT;
		int64_t bytes = -1;

		ck_assert_int_eq(log_router_buffer_read(&options, &bytes, &err),
				 rows[i].bytes < 0 ? -1 : 0);
		ck_assert_int_eq(bytes, rows[i].bytes);
	}
}
END_TEST

START_TEST(texts_and_paths_are_known)
{
	ck_assert(log_router_is_line("a b\tc \xc3\xa4"));
	ck_assert(!log_router_is_line("a\n[OUTPUT]"));
	ck_assert(!log_router_is_line("a\r"));
	ck_assert(log_router_takes_path("/var/run"));
	ck_assert(log_router_takes_path("/var/run//"));
	ck_assert(log_router_takes_path("/run"));
	ck_assert(!log_router_takes_path("/var/run/x"));
	ck_assert(!log_router_takes_path("/running"));
	ck_assert(log_router_takes_config(SPEC_FLUENTBIT, "/fluent-bit/etc/"));
	ck_assert(log_router_takes_config(SPEC_FLUENTBIT, "/fluent-bit"));
	ck_assert(log_router_takes_config(SPEC_FLUENTBIT, "/fluent-bit/etc/fluent-bit.conf"));
	ck_assert(!log_router_takes_config(SPEC_FLUENTBIT, "/fluent-bit/etc/more"));
	ck_assert(!log_router_takes_config(SPEC_FLUENTBIT, "/fluentd/etc"));
	ck_assert(log_router_takes_config(SPEC_FLUENTD, "/fluentd/etc"));
	ck_assert(log_router_has_option("config-file-type"));
	ck_assert(!log_router_has_option("config-file"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_buffer_has_a_size_that_can_be_had,
				      texts_and_paths_are_known};

	return suite_run("log_router", tests, ARRAY_LEN(tests));
}
