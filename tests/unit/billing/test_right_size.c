/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Better sizes: what is used and a margin always fits, and nothing cheaper would do.
 */
#include "billing/right_size.h"
#include "tests/support/suite.h"

#define MIB	  (INT64_C(1024) * 1024)
#define SECOND_NS 1000000000LL

/* Fargate's prices: 1 vCPU costs as much as some 9 GiB. */
static struct right_size_question ask(int64_t vcpu_milli, int64_t memory_mib, int64_t cpu_milli,
				      int64_t peak_mib)
{
	return (struct right_size_question){
		.vcpu_milli = vcpu_milli,
		.memory_mib = memory_mib,
		.seconds = 600,
		.cpu_ns = cpu_milli * 600 * (SECOND_NS / 1000),
		.memory_peak_bytes = peak_mib * MIB,
		.vcpu = {.list_nano = 40480000, .share = PRICE_WHOLE},
		.memory = {.list_nano = 4445000, .share = PRICE_WHOLE},
	};
}

START_TEST(the_smallest_size_that_holds_the_use_is_found)
{
	static const struct {
		int64_t vcpu_milli, memory_mib, cpu_milli, peak_mib; /* held, used */
		int64_t cpu_units, better_mib;			     /* 0: there is none */
	} rows[] = {
		{1000, 2048, 100, 100, 256, 512},
		{1000, 2048, 100, 426, 256, 512},  /* 511.2 */
		{1000, 2048, 100, 427, 256, 1024}, /* 512.4 */
		{1000, 2048, 166, 100, 256, 512},  /* 249 of 250 */
		{1000, 2048, 170, 100, 512, 1024}, /* 255 */
		{1000, 2048, 400, 100, 0, 0},	   /* 600: more than half */
		{1000, 8192, 600, 1000, 1024, 2048},
		{4000, 30720, 10, 1706, 256, 2048}, /* 2047.2 */
		{4000, 30720, 10, 1707, 512, 3072},
		{4000, 30720, 10, 20000, 4096, 24576},
		{250, 512, 1, 1, 0, 0}, /* it is the smallest */
		{250, 512, 1000, 4096, 0, 0},
		{16000, 122880, 15000, 110000, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct right_size_question question =
			ask(rows[i].vcpu_milli, rows[i].memory_mib, rows[i].cpu_milli,
			    rows[i].peak_mib);
		struct task_size size = {0, 0};

		ck_assert_msg(right_size_find(&question, &size) == (rows[i].cpu_units != 0),
			      "row %zu", i);
		ck_assert_msg(size.cpu_units == rows[i].cpu_units &&
				      size.memory_mib == rows[i].better_mib,
			      "row %zu: %lld, %lld", i, (long long)size.cpu_units,
			      (long long)size.memory_mib);
	}
}
END_TEST

START_TEST(a_custom_size_may_become_a_smaller_custom_one)
{
	struct right_size_question question = ask(1500, 3000, 40, 100);
	struct task_size size;

	ck_assert(right_size_find(&question, &size));
	ck_assert_int_eq(size.cpu_units, 64);
	ck_assert_int_eq(size.memory_mib, 128);
	question = ask(1500, 3000, 300, 700);
	ck_assert(right_size_find(&question, &size));
	ck_assert_int_eq(size.cpu_units, 512);
	ck_assert_int_eq(size.memory_mib, 896); /* 840 */
	question = ask(63, 128, 1, 1);
	ck_assert(!right_size_find(&question, &size));
}
END_TEST

START_TEST(prices_decide_between_cpu_and_memory)
{
	struct right_size_question question = ask(4000, 8192, 10, 1900);
	struct task_size size;

	ck_assert(right_size_find(&question, &size));
	ck_assert_int_eq(size.cpu_units, 512);
	ck_assert_int_eq(size.memory_mib, 3072);
	/* Where memory is dear and CPU for nothing, 2.2 GiB still need 3 of them. */
	question.vcpu.list_nano = 0;
	ck_assert(right_size_find(&question, &size));
	ck_assert_int_eq(size.memory_mib, 3072);
	/* Nothing is cheaper than for nothing. */
	question.memory.list_nano = 0;
	ck_assert(!right_size_find(&question, &size));
}
END_TEST

START_TEST(what_is_too_short_or_not_known_is_not_judged)
{
	struct right_size_question question = ask(1000, 2048, 100, 100);
	struct task_size size;

	question.seconds = RIGHT_SIZE_SECONDS_MIN - 1;
	ck_assert(!right_size_find(&question, &size));
	question.seconds = RIGHT_SIZE_SECONDS_MIN;
	question.cpu_ns = 0;
	ck_assert(right_size_find(&question, &size));
	question.memory_peak_bytes = 0;
	ck_assert(!right_size_find(&question, &size));
	question.memory_peak_bytes = INT64_MAX;
	question.cpu_ns = INT64_MAX;
	ck_assert(!right_size_find(&question, &size));
}
END_TEST

START_TEST(every_answer_fits_and_is_the_cheapest)
{
	srandom(4711);
	for (int i = 0; i < 2000; i++) {
		int64_t cpu_milli = random() % 5000, peak_mib = 1 + random() % 30000;
		const struct right_size_question question = ask(16000, 122880, cpu_milli, peak_mib);
		struct task_size found, size = {0, 0};

		ck_assert(right_size_find(&question, &found));
		ck_assert(found.memory_mib * 100 >= peak_mib * RIGHT_SIZE_MEMORY_PERCENT);
		ck_assert(right_size_vcpu_milli(&found) * 100 >=
			  cpu_milli * RIGHT_SIZE_CPU_PERCENT);
		while (task_size_next(&size)) {
			bool fits = size.memory_mib * 100 >= peak_mib * RIGHT_SIZE_MEMORY_PERCENT &&
				    right_size_vcpu_milli(&size) * 100 >=
					    cpu_milli * RIGHT_SIZE_CPU_PERCENT;

			ck_assert(!fits ||
				  size.cpu_units * 40480000 + size.memory_mib * 4445000 >=
					  found.cpu_units * 40480000 + found.memory_mib * 4445000);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_smallest_size_that_holds_the_use_is_found,
		a_custom_size_may_become_a_smaller_custom_one,
		prices_decide_between_cpu_and_memory,
		what_is_too_short_or_not_known_is_not_judged,
		every_answer_fits_and_is_the_cheapest,
	};

	return suite_run("billing/right_size", tests, ARRAY_LEN(tests));
}
