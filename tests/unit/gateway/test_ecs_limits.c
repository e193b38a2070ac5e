/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an account may launch: quotas and budgets as RunTask says them, and that many who ask at
 * once do not pass together.
 */
#include "api_world.h"

#include <pthread.h>

#include "gateway/json_memory.h"
#include "store/budget.h"

#define RUN(count)    "{'taskDefinition':'f','count':" #count "}"
#define REASON(of)    "You’ve reached the limit on the " of " concurrently"
#define NO_MORE_TASKS REASON("number of tasks you can run")

static void prepare(const struct quota *quota)
{
	world_begin();
	world_quota = *quota;
	ck_does("CreateCluster", "{}");
	ck_does("CreateCluster", "{'clusterName':'other'}");
	ck_does("RegisterTaskDefinition",
		"{'family':'f','cpu':'512','memory':'1024','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'tags':[{'key':'team','value':'a'}],"
		"'containerDefinitions':[{'name':'web','image':'nginx'}]}");
}

/* Runs, and says how many were started and how many were not. */
static void run(const char *body, size_t started, size_t failed, const char *reason)
{
	struct answer answer = ask("RunTask", "%s", body);

	ck_works(answer);
	ck_assert_uint_eq(json_array_size(at(&answer, "tasks")), started);
	ck_assert_uint_eq(json_array_size(at(&answer, "failures")), failed);
	if (failed > 0)
		ck_assert_str_eq(text_at(&answer, "failures.0.reason"), reason);
	answer_done(&answer);
}

static size_t count_tasks(void)
{
	struct answer answer = ask("ListTasks", "{}");
	size_t count = json_array_size(at(&answer, "taskArns"));

	answer_done(&answer);
	return count;
}

START_TEST(tasks_without_room_are_failures_and_the_others_start)
{
	static const struct quota quota = {.tasks = 3};

	prepare(&quota);
	run(RUN(2), 2, 0, "");
	run(RUN(3), 1, 2, NO_MORE_TASKS);
	run(RUN(1), 0, 1, NO_MORE_TASKS);
	ck_assert_uint_eq(count_tasks(), 3);
	world_caller = world.other; /* has a quota of its own */
	ck_does("CreateCluster", "{}");
	ck_refused(ask("RunTask", RUN(1)), "ClientException", "TaskDefinition not found.");
	world_end();
}
END_TEST

START_TEST(vcpus_and_memory_are_counted_over_all_tasks)
{
	static const struct quota vcpus = {.vcpus = 1}, memory = {.memory_bytes = 3LL << 30};

	prepare(&vcpus);
	run(RUN(3), 2, 1, REASON("number of vCPUs you can run"));
	world_end();
	prepare(&memory);
	run(RUN(5), 3, 2, REASON("memory you can use"));
	world_end();
}
END_TEST

START_TEST(an_accounts_own_quota_goes_before_the_default)
{
	static const struct quota defaults = {.tasks = 1};
	static const struct quota own = {.tasks = 2,
					 .vcpus = QUOTA_DEFAULT,
					 .memory_bytes = QUOTA_DEFAULT,
					 .launches = QUOTA_DEFAULT,
					 .burst = QUOTA_DEFAULT};
	struct err err = ERR_INIT;

	prepare(&defaults);
	run(RUN(3), 1, 2, NO_MORE_TASKS);
	ASSERT_OK(quota_set(world.state, world.account, &own, &err), &err);
	run(RUN(3), 1, 2, NO_MORE_TASKS);
	run(RUN(1), 0, 1, NO_MORE_TASKS);
	world_end();
}
END_TEST

START_TEST(a_retry_with_its_token_finds_its_tasks_beyond_any_quota)
{
	static const struct quota quota = {.tasks = 1, .launches = 1, .burst = 1};

	prepare(&quota);
	run("{'taskDefinition':'f','clientToken':'t'}", 1, 0, "");
	run("{'taskDefinition':'f','clientToken':'t'}", 1, 0, "");
	run("{'taskDefinition':'f','clientToken':'u'}", 0, 1, NO_MORE_TASKS);
	ck_assert_uint_eq(count_tasks(), 1);
	world_end();
}
END_TEST

START_TEST(launches_that_come_too_fast_are_throttled)
{
	static const struct quota quota = {.launches = 2, .burst = 3};

	prepare(&quota);
	run(RUN(3), 3, 0, "");
	ck_refused(ask("RunTask", RUN(1)), "ThrottlingException", "Rate exceeded");
	clock_fake(WORLD_NOW_MS + 499, 1000000000);
	ck_refused(ask("RunTask", RUN(1)), "ThrottlingException", "Rate exceeded");
	clock_fake(WORLD_NOW_MS + 500, 1000000000);
	run(RUN(1), 1, 0, "");
	ck_refused(ask("RunTask", RUN(1)), "ThrottlingException", "Rate exceeded");
	ck_assert_uint_eq(count_tasks(), 4);
	world_end();
}
END_TEST

#define ASKERS	  8
#define ASKED	  6
#define ASK_QUOTA 17

static void *ask_often(void *ctx)
{
	struct err err = ERR_INIT;
	struct db *db = NULL;

	(void)ctx;
	ck_assert(db_open_state(world.path, &db, &err) == 0);
	for (int i = 0; i < ASKED; i++) {
		struct answer answer =
			world_ask_on(db, "RunTask", "{\"taskDefinition\":\"f\",\"count\":3}");

		ck_works(answer);
		ck_assert_uint_eq(json_array_size(at(&answer, "tasks")) +
					  json_array_size(at(&answer, "failures")),
				  3);
		answer_done(&answer);
	}
	db_free(db);
	return NULL;
}

START_TEST(many_at_once_do_not_pass_together)
{
	static const struct quota quota = {.tasks = ASK_QUOTA};
	pthread_t threads[ASKERS];

	prepare(&quota);
	for (size_t i = 0; i < ASKERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
	for (size_t i = 0; i < ASKERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(count_tasks(), ASK_QUOTA);
	world_end();
}
END_TEST

/* A budget that is spent, until a day from now. */
static void put_spent(const char *name, const char *cluster, const char *family,
		      const char *tag_key, const char *tag_value)
{
	struct budget budget = {.account = world.account,
				.name = name,
				.cluster = cluster,
				.family = family,
				.tag_key = tag_key,
				.tag_value = tag_value,
				.amount_nano = 12500000000,
				.period = BUDGET_DAY,
				.refuse = true};
	struct err err = ERR_INIT;
	bool written;

	ASSERT_OK(budget_set(world.state, &budget, 1, &err), &err);
	budget.changed_ms = 1;
	budget.state = (struct budget_state){
		.from_s = 1763942400, .until_s = 1764028800, .basis = "", .spent = true};
	ASSERT_OK(budget_state_put(world.state, &budget, &written, &err), &err);
	ck_assert(written);
}

#define SPENT(name)                                                                                \
	"Budget " name " is spent (12.500000000 a day): it refuses to launch tasks before "        \
	"2025-11-25T00:00:00Z."

START_TEST(a_spent_budget_refuses_by_name)
{
	static const struct quota none;

	prepare(&none);
	put_spent("web", "other", "", "", "");
	run(RUN(1), 1, 0, "");
	ck_refused(ask("RunTask", "{'taskDefinition':'f','cluster':'other'}"),
		   "AccessDeniedException", SPENT("web"));
	put_spent("team", "", "f", "team", "b");
	run(RUN(1), 1, 0, "");
	ck_refused(ask("RunTask",
		       "{'taskDefinition':'f','tags':[{'key':'team','value':'b'}],'count':2}"),
		   "AccessDeniedException", SPENT("team"));
	/* By the definition's tag too, which is on the bill whoever asks for it. */
	put_spent("a-team", "", "", "team", "a");
	ck_refused(ask("RunTask", RUN(1)), "AccessDeniedException", SPENT("a-team"));
	run("{'taskDefinition':'f','tags':[{'key':'team','value':'c'}]}", 1, 0, "");
	put_spent("all", "", "", "", "");
	ck_refused(ask("RunTask", "{'taskDefinition':'f','tags':[{'key':'team','value':'c'}]}"),
		   "AccessDeniedException", SPENT("all"));
	ck_assert_uint_eq(count_tasks(), 3);
	clock_fake(1764028800000, 1000000000); /* the next day, whoever has noticed */
	run(RUN(1), 1, 0, "");
	world_end();
}
END_TEST

START_TEST(what_a_budget_refused_has_cost_nothing_else)
{
	static const struct quota quota = {.tasks = 5, .launches = 1, .burst = 1};

	prepare(&quota);
	put_spent("web", "other", "", "", "");
	for (int i = 0; i < 7; i++)
		ck_refused(ask("RunTask", "{'taskDefinition':'f','cluster':'other'}"),
			   "AccessDeniedException", SPENT("web"));
	run(RUN(1), 1, 0, ""); /* the bucket is as full as it was */
	world_end();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		tasks_without_room_are_failures_and_the_others_start,
		vcpus_and_memory_are_counted_over_all_tasks,
		an_accounts_own_quota_goes_before_the_default,
		a_retry_with_its_token_finds_its_tasks_beyond_any_quota,
		launches_that_come_too_fast_are_throttled,
		many_at_once_do_not_pass_together,
		a_spent_budget_refuses_by_name,
		what_a_budget_refused_has_cost_nothing_else,
	};

	json_memory_use(); /* as the gateway does: texts of jansson are not for free() */
	return suite_run("gateway/ecs_limits", tests, ARRAY_LEN(tests));
}
