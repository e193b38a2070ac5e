/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a task costs, told with the task.
 */
#include "api_world.h"

#include "billing/meter.h"
#include "core/clock.h"
#include "gateway/billing_state.h"

static void register_family(const char *family)
{
	ck_does("RegisterTaskDefinition",
		"{'family':'%s','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'containerDefinitions':[{'name':'web',"
		"'image':'nginx'}]}",
		family);
}

static void prepare(void)
{
	world_begin();
	ck_does("CreateCluster", "{}");
	register_family("f");
}

/* Start one task; its id into @id (TASK_ID_SIZE bytes). */
static void run(const char *more, char *id)
{
	struct answer answer = ask("RunTask", "{'taskDefinition':'f'%s}", more);

	ck_works(answer);
	memcpy(id, strrchr(text_at(&answer, "tasks.0.taskArn"), '/') + 1, TASK_ID_SIZE);
	answer_done(&answer);
}

static void begin_pull(const char *id)
{
	const struct task_change change = {.pull_started_ms = WORLD_NOW_MS};
	struct err err = ERR_INIT;

	ck_assert(task_update(world.state, id, &change, false, &err) == 0);
	ck_assert(meter_open(world.state, id, WORLD_NOW_MS, &err) == 0);
}

#define PRICES                                                                                     \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":60,\"x86\":[40480000,4445000,111000],\"arm\":[40480000,4445000,111000],"      \
	"\"shares\":[10000,10000],\"spot\":10000}]}]}"

START_TEST(a_bill_comes_when_it_is_asked_for)
{
	struct price_list *prices;
	char id[TASK_ID_SIZE];
	struct err err = ERR_INIT;
	struct answer answer;

	ck_assert(price_list_parse(PRICES, &prices, &err) == 0);
	run("", id);
	ck_refused(ask("DescribeTasks", "{'tasks':['%s'],'include':['BILL']}", id),
		   "InvalidParameterException",
		   "include: BILL cannot be answered, as there is no price list.");
	world.options.billing = billing_state_new(prices, 4);
	answer = ask("DescribeTasks", "{'tasks':['%s'],'include':['BILL']}", id);
	ck_works(answer);
	ck_assert_ptr_null(at(&answer, "tasks.0.slipway.bill"));
	answer_done(&answer);
	begin_pull(id);
	clock_fake(WORLD_NOW_MS + 10000, 11 * 1000000000LL);
	answer = ask("DescribeTasks", "{'tasks':['%s'],'include':['PHASES','BILL']}", id);
	ck_works(answer);
	ck_assert_ptr_nonnull(at(&answer, "tasks.0.slipway.phases"));
	ck_assert_str_eq(text_at(&answer, "tasks.0.slipway.bill.cost"), "0.000205709");
	ck_assert_int_eq(json_integer_value(at(&answer, "tasks.0.slipway.bill.billedSeconds")), 60);
	ck_assert(json_is_true(at(&answer, "tasks.0.slipway.bill.running")));
	answer_done(&answer);
	answer = ask("DescribeTasks", "{'tasks':['%s']}", id);
	ck_works(answer);
	ck_assert_ptr_null(at(&answer, "tasks.0.slipway"));
	answer_done(&answer);
	billing_state_free(world.options.billing);
	world.options.billing = NULL;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_task_bill");
	TCase *tests = tcase_create("bill");

	tcase_add_checked_fixture(tests, prepare, world_end);
	tcase_add_test(tests, a_bill_comes_when_it_is_asked_for);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
