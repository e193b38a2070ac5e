/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/clock.h"
#include "provisioner/machine_life.h"

#define SECOND_NS INT64_C(1000000000)
#define MIB	  (INT64_C(1) << 20)

/* The hypervisor's word on what a guest has beyond its task's memory. */
int64_t machine_memory_mib(struct machine_size size)
{
	return size.memory_mib + 80;
}

static const struct process_id process = {.pid = 7, .start_ticks = 70};

static struct machine_life taken(const struct machine_counts *waited)
{
	const struct machine_size size = {.memory_mib = 512, .vcpus = 2};
	struct machine_life life = {.taken_ns = 0};

	clock_fake(1000, 100 * SECOND_NS);
	machine_life_take(&life, "slipway-x", size, process, waited);
	return life;
}

START_TEST(what_was_used_before_the_task_is_not_counted_but_the_memory)
{
	const struct machine_counts waited = {10, 11, 12, 13, 14, 15};
	const struct machine_counts counts = {110, 111, 112, 113, 114, 115};
	const struct machine_counts counted = {100, 111, 100, 100, 100, 100};
	struct machine_life life = taken(&waited);

	machine_life_sample(&life, &counts, 5);
	ck_assert_mem_eq(&life.host, &counted, sizeof(counted));
	ck_assert_int_eq(life.sampled_ns, 5);
}
END_TEST

START_TEST(a_sample_that_lacks_something_takes_nothing_back)
{
	const struct machine_counts counts = {110, 111, 112, 113, 114, 115};
	const struct machine_counts less = {111, 0, 0, 0, 0, 0};
	struct machine_life life = taken(NULL);

	machine_life_sample(&life, &counts, 5);
	machine_life_sample(&life, &less, 6);
	ck_assert_int_eq(life.host.cpu_ns, 111);
	ck_assert_int_eq(life.host.memory_peak_bytes, 111);
	ck_assert_int_eq(life.host.write_bytes, 113);
}
END_TEST

START_TEST(a_guest_is_believed_as_far_as_its_machine_goes)
{
	struct wire_stats stats = {
		.cpu_us = INT64_MAX,
		.memory_bytes = INT64_MAX,
		.memory_peak_bytes = INT64_MAX,
		.receive_bytes = INT64_MAX,
		.transmit_bytes = 5,
		.read_bytes = INT64_MAX,
		.write_bytes = 6,
	};
	struct machine_life life = taken(NULL);

	clock_fake(1000, 103 * SECOND_NS);
	machine_life_hear(&life, &stats);
	ck_assert_int_eq(life.guest.cpu_ns, 6 * SECOND_NS); /* of two processors */
	ck_assert_int_eq(life.guest.memory_peak_bytes, 592 * MIB);
	ck_assert_int_eq(life.guest.receive_bytes, INT64_C(1) << 50);
	ck_assert_int_eq(life.guest.read_bytes, INT64_C(1) << 50);
	ck_assert_int_eq(life.guest.transmit_bytes, 5);
	stats = (struct wire_stats){.cpu_us = 1, .transmit_bytes = 4};
	machine_life_hear(&life, &stats); /* and does not take it back */
	ck_assert_int_eq(life.guest.cpu_ns, 6 * SECOND_NS);
	ck_assert_int_eq(life.guest.transmit_bytes, 5);
	ck_assert_int_eq(life.host.cpu_ns, 0);
}
END_TEST

START_TEST(the_first_word_on_its_end_counts)
{
	struct machine_life life = taken(NULL);

	ck_assert(!machine_life_is_over(&life));
	machine_life_end(&life, 300);
	machine_life_end(&life, 200);
	machine_life_end_unseen(&life, 100);
	ck_assert(machine_life_is_over(&life) && life.ended_ns == 300 && !life.unseen);
	life = taken(NULL);
	machine_life_end_unseen(&life, 100);
	machine_life_end_unseen(&life, 150);
	machine_life_end(&life, 200);
	ck_assert(machine_life_is_over(&life) && life.ended_ns == 0 && life.unseen);
	ck_assert_int_eq(life.lived_ns, 100);
}
END_TEST

START_TEST(nothing_proves_a_life_behind_its_end)
{
	struct machine_life life = taken(NULL);

	machine_life_prove(&life, 150);
	machine_life_prove(&life, 140);
	ck_assert_int_eq(life.lived_ns, 150);
	machine_life_end(&life, 300);
	machine_life_prove(&life, 301);
	ck_assert_int_eq(life.lived_ns, 150);
	machine_life_prove(&life, 299);
	ck_assert_int_eq(life.lived_ns, 299);
	life = taken(NULL);
	machine_life_end_unseen(&life, 100);
	machine_life_prove(&life, 200);
	ck_assert_int_eq(life.lived_ns, 100);
}
END_TEST

START_TEST(an_end_that_was_heard_of_before_the_start_stays)
{
	const struct machine_size size = {.memory_mib = 512, .vcpus = 2};
	struct machine_life life = {.taken_ns = 0};

	machine_life_end(&life, 300);
	machine_life_take(&life, "slipway-x", size, process, NULL);
	ck_assert_int_eq(life.ended_ns, 300);
}
END_TEST

START_TEST(a_life_goes_on_from_its_row)
{
	const struct machine_account account = {
		.machine = "slipway-x",
		.pid = 7,
		.process_start_ns = process_start_ns(process),
		.taken_ns = 2,
		.vcpus = 2,
		.memory_mib = 512,
		.sampled_ns = 3,
		.waited = {1, 1, 1, 1, 1, 1},
		.host = {2, 2, 2, 2, 2, 2},
		.guest = {3, 3, 3, 3, 3, 3},
	};
	struct machine_life life;

	machine_life_resume(&life, &account);
	ck_assert_int_eq(life.process.pid, 7);
	ck_assert_int_eq(life.process.start_ticks, 70);
	ck_assert_int_eq(life.memory_bytes, 592 * MIB);
	ck_assert_int_eq(life.vcpus, 2);
	ck_assert_int_eq(life.taken_ns, 2);
	ck_assert_int_eq(life.waited.cpu_ns + life.host.cpu_ns + life.guest.cpu_ns, 6);
	ck_assert(!machine_life_is_over(&life));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_used_before_the_task_is_not_counted_but_the_memory,
		a_sample_that_lacks_something_takes_nothing_back,
		a_guest_is_believed_as_far_as_its_machine_goes,
		the_first_word_on_its_end_counts,
		nothing_proves_a_life_behind_its_end,
		an_end_that_was_heard_of_before_the_start_stays,
		a_life_goes_on_from_its_row,
	};

	return suite_run("machine_life", tests, ARRAY_LEN(tests));
}
