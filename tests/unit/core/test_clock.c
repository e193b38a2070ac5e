/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/clock.h"

START_TEST(faked_time_stands_still_until_it_is_real_again)
{
	clock_fake(1234, 5678);
	ck_assert_int_eq(clock_wall_ms(), 1234);
	ck_assert_int_eq(clock_wall_us(), 1234000);
	ck_assert_int_eq(clock_boot_ns(), 5678);
	clock_real();
	ck_assert_int_gt(clock_wall_ms(), 1600000000000);
	ck_assert_int_gt(clock_boot_ns(), 5678);
}
END_TEST

START_TEST(boot_time_moves_forward)
{
	int64_t before = clock_boot_ns();

	clock_pause_ms(2);
	ck_assert_int_ge(clock_boot_ns() - before, 2000000);
	ck_assert_int_ge(clock_ms_since(before), 2);
}
END_TEST

START_TEST(milliseconds_are_whole_ones)
{
	clock_fake(0, 7999999);
	ck_assert_int_eq(clock_boot_ms(), 7);
	ck_assert_int_eq(clock_ms_since(5000000), 2);
	ck_assert_int_eq(clock_ms_since(6000000), 1);
	clock_real();
}
END_TEST

START_TEST(iso_text_is_utc_with_milliseconds)
{
	static const struct {
		int64_t wall_ms;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{999, "1970-01-01T00:00:00.999Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{1795334400123, "2026-11-22T08:00:00.123Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[CLOCK_ISO_SIZE];

		ck_assert_str_eq(clock_iso(cases[i].wall_ms, text), cases[i].text);
	}
}
END_TEST

START_TEST(iso_text_of_any_number_fits)
{
	char text[CLOCK_ISO_SIZE];

	ck_assert_uint_lt(strlen(clock_iso(INT64_MAX, text)), CLOCK_ISO_SIZE);
	ck_assert_uint_lt(strlen(clock_iso(INT64_MIN, text)), CLOCK_ISO_SIZE);
}
END_TEST

START_TEST(the_boot_id_is_the_kernels_and_stays)
{
	char kernel[64] = "";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(kernel, sizeof(kernel), file));
	(void)fclose(file);
	kernel[strcspn(kernel, "\n")] = '\0';
	ck_assert_str_eq(clock_boot_id(), kernel);
	ck_assert_ptr_eq(clock_boot_id(), clock_boot_id());
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		faked_time_stands_still_until_it_is_real_again,
		boot_time_moves_forward,
		milliseconds_are_whole_ones,
		iso_text_is_utc_with_milliseconds,
		iso_text_of_any_number_fits,
		the_boot_id_is_the_kernels_and_stays,
	};

	return suite_run("core/clock", tests, ARRAY_LEN(tests));
}
