/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/restart.h"

static int64_t codes[] = {0, 137};

START_TEST(a_container_that_ran_long_enough_is_started_again)
{
	struct wire_restart_policy policy = {.enabled = true, .period_s = 60};

	ck_assert(restart_is_due(&policy, 0, 60000));
	ck_assert(restart_is_due(&policy, 1, 61000));
	ck_assert(!restart_is_due(&policy, 1, 59999));
	policy.ignored = (struct shape_list){.items = codes, .count = 2, .present = true};
	ck_assert(!restart_is_due(&policy, 0, 60000));
	ck_assert(!restart_is_due(&policy, 137, 60000));
	ck_assert(restart_is_due(&policy, 1, 60000));
	policy.enabled = false;
	ck_assert(!restart_is_due(&policy, 1, 60000));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_container_that_ran_long_enough_is_started_again};

	return suite_run("microvm/restart", tests, ARRAY_LEN(tests));
}
