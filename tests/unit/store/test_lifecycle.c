/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of a task's life, written here a second time as lines of text, and every
 * state with every event compared with it.
 */
#include "tests/support/suite.h"

#include "store/lifecycle.h"

static const char *const moves[] = {
	"PROVISIONING CLAIMED PENDING",	      "PROVISIONING STOP_ASKED DEPROVISIONING",
	"PROVISIONING FAILED DEPROVISIONING", "PENDING AGENT_UP ACTIVATING",
	"PENDING STOP_ASKED DEPROVISIONING",  "PENDING ENDED DEPROVISIONING",
	"PENDING FAILED DEPROVISIONING",      "ACTIVATING STARTED RUNNING",
	"ACTIVATING STOP_ASKED DEACTIVATING", "ACTIVATING ENDED DEPROVISIONING",
	"ACTIVATING FAILED DEPROVISIONING",   "RUNNING STOP_ASKED DEACTIVATING",
	"RUNNING ENDED DEPROVISIONING",	      "RUNNING FAILED DEPROVISIONING",
	"DEACTIVATING DEACTIVATED STOPPING",  "DEACTIVATING ENDED DEPROVISIONING",
	"DEACTIVATING FAILED DEPROVISIONING", "STOPPING ENDED DEPROVISIONING",
	"STOPPING FAILED DEPROVISIONING",     "DEPROVISIONING RELEASED STOPPED",
};

static enum task_state expected(enum task_state from, enum task_event event)
{
	char prefix[64];

	(void)snprintf(prefix, sizeof(prefix), "%s %s ", task_state_name(from),
		       task_event_name(event));
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		if (strncmp(moves[i], prefix, strlen(prefix)) == 0)
			return task_state_parse(moves[i] + strlen(prefix));
	}
	return TASK_NONE;
}

START_TEST(every_state_and_event_leads_where_the_list_says)
{
	size_t found = 0;

	for (int from = TASK_NONE + 1; from < TASK_STATE_COUNT; from++) {
		for (int event = 0; event < TASK_EVENT_COUNT; event++) {
			enum task_state to =
				task_next((enum task_state)from, (enum task_event)event);

			ck_assert_msg(to == expected((enum task_state)from, (enum task_event)event),
				      "%s in %s", task_event_name((enum task_event)event),
				      task_state_name((enum task_state)from));
			found += to != TASK_NONE;
		}
	}
	ck_assert_uint_eq(found, ARRAY_LEN(moves));
}
END_TEST

START_TEST(every_move_goes_forward_so_every_life_ends)
{
	for (int from = TASK_NONE + 1; from < TASK_STATE_COUNT; from++) {
		bool stuck = true;

		for (int event = 0; event < TASK_EVENT_COUNT; event++) {
			enum task_state to =
				task_next((enum task_state)from, (enum task_event)event);

			ck_assert(to == TASK_NONE || (int)to > from);
			stuck = stuck && to == TASK_NONE;
		}
		ck_assert_int_eq(stuck, from == TASK_STOPPED);
	}
}
END_TEST

START_TEST(a_failure_ends_every_task_that_holds_something)
{
	for (int from = TASK_NONE + 1; from < TASK_DEPROVISIONING; from++)
		ck_assert_int_eq(task_next((enum task_state)from, TASK_EV_FAILED),
				 TASK_DEPROVISIONING);
}
END_TEST

START_TEST(names_are_read_back_and_other_words_are_not)
{
	static const char *const others[] = {"",	 "running", "RUNNIN",
					     "RUNNINGX", "NONE",    "DELETED"};

	for (int state = TASK_NONE + 1; state < TASK_STATE_COUNT; state++)
		ck_assert_int_eq(task_state_parse(task_state_name((enum task_state)state)), state);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		ck_assert_int_eq(task_state_parse(others[i]), TASK_NONE);
}
END_TEST

START_TEST(nothing_is_charged_before_the_claim_and_after_the_end)
{
	for (int state = TASK_NONE + 1; state < TASK_STATE_COUNT; state++)
		ck_assert_int_eq(task_state_is_charged((enum task_state)state),
				 state != TASK_PROVISIONING && state != TASK_STOPPED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_state_and_event_leads_where_the_list_says,
		every_move_goes_forward_so_every_life_ends,
		a_failure_ends_every_task_that_holds_something,
		names_are_read_back_and_other_words_are_not,
		nothing_is_charged_before_the_claim_and_after_the_end,
	};

	return suite_run("store/lifecycle", tests, ARRAY_LEN(tests));
}
