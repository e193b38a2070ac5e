/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit: calls are begun one after the other and written together, as the gateway
 * does it; who fails, fails alone, and who is answered is in the store.
 */
#include "api_world.h"

#include "core/log.h"
#include "gateway/api_write.h"

#define MEMBERS_MAX 16

struct member {
	struct request request;
	struct response response;
	struct header headers[3];
	struct api_call *pending;
	char body[256];
};

static struct member members[MEMBERS_MAX];
static size_t member_count;

static void prepare(void)
{
	world_begin();
	ck_does("CreateCluster", "{}");
	ck_does("CreateCluster", "{'clusterName':'short-lived'}");
	ck_does("RegisterTaskDefinition",
		"{'family':'f','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],"
		"'containerDefinitions':[{'name':'web','image':'nginx'}]}");
	member_count = 0;
}

static void script(const char *sql)
{
	struct err err = ERR_INIT;

	ASSERT_OK(db_exec(world.state, sql, NULL, &err), &err);
}

/* Up to where its writes wait. */
static struct member *begin(const char *body)
{
	const struct api_worker worker = {.options = &world.options, .state = world.state};
	struct member *member = &members[member_count++];

	memset(member, 0, sizeof(*member));
	(void)snprintf(member->body, sizeof(member->body), "%s", body);
	for (char *c = member->body; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	member->headers[0] =
		(struct header){"x-amz-target", "AmazonEC2ContainerServiceV20141113.RunTask"};
	member->headers[1] = (struct header){"content-type", "application/x-amz-json-1.1"};
	member->headers[2] = (struct header){"x-test-account", world.account};
	member->request = (struct request){.arena = arena_new(REQUEST_ARENA_MAX),
					   .method = "POST",
					   .path = "/",
					   .query = "",
					   .headers = member->headers,
					   .header_count = 3,
					   .body = (const uint8_t *)member->body,
					   .body_len = strlen(member->body)};
	buf_init(&member->response.body, RESPONSE_BODY_MAX);
	member->pending = api_begin(&worker, &member->request, &member->response);
	ck_assert(!db_in_transaction(world.state));
	return member;
}

static void write_group(void)
{
	struct api_call *calls[MEMBERS_MAX];

	for (size_t i = 0; i < member_count; i++) {
		ck_assert_ptr_nonnull(members[i].pending);
		calls[i] = members[i].pending;
	}
	api_write(world.state, calls, member_count);
	ck_assert(!db_in_transaction(world.state));
}

/* The first task's ARN of its answer into @ret_arn, or ""; is the answer there? */
static bool end(struct member *member, char ret_arn[256])
{
	bool answered = api_end(member->pending);
	json_t *body = json_loads(buf_text(&member->response.body), 0, NULL);
	const char *arn = json_string_value(
		json_object_get(json_array_get(json_object_get(body, "tasks"), 0), "taskArn"));

	(void)snprintf(ret_arn, 256, "%s", arn ? arn : "");
	json_decref(body);
	buf_done(&member->response.body);
	arena_free(member->request.arena);
	return answered;
}

static int64_t count(const char *table)
{
	AUTO(freep) char *sql = xasprintf("SELECT COUNT(*) FROM %s", table);
	struct db_query *query;
	struct err err = ERR_INIT;
	int64_t rows;

	ASSERT_OK(db_query(world.state, sql, &query, &err), &err);
	ck_assert_int_eq(db_step(query, &err), 1);
	rows = db_int(query, 0);
	db_done(query);
	return rows;
}

START_TEST(a_group_is_written_in_order_and_rings_once)
{
	struct db_query *query;
	struct err err = ERR_INIT;
	char arns[5][256];

	prepare();
	for (int i = 0; i < 5; i++)
		(void)begin("{'taskDefinition':'f'}");
	ck_assert_int_eq(count("task"), 0);
	ck_assert_int_eq(atomic_load(&world.rings), 0);
	write_group();
	ck_assert_int_eq(atomic_load(&world.rings), 1);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(members[i].response.status, 200);
		ck_assert(end(&members[i], arns[i]));
	}
	ASSERT_OK(db_query(world.state, "SELECT id FROM task ORDER BY rowid", &query, &err), &err);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(db_step(query, &err), 1);
		ck_assert_str_eq(db_text(query, 0), strrchr(arns[i], '/') + 1);
	}
	ck_assert_int_eq(db_step(query, &err), 0);
	db_done(query);
	world_end();
}
END_TEST

START_TEST(who_is_refused_under_the_lock_is_refused_alone)
{
	char arn[256];

	prepare();
	(void)begin("{'taskDefinition':'f'}");
	(void)begin("{'taskDefinition':'f','cluster':'short-lived'}");
	(void)begin("{'taskDefinition':'f'}");
	ck_does("DeleteCluster", "{'cluster':'short-lived'}");
	write_group();
	ck_assert(end(&members[0], arn) && arn[0] != '\0');
	ck_assert(end(&members[1], arn));
	ck_assert_int_eq(members[1].response.status, 400);
	ck_assert_str_eq(arn, "");
	ck_assert(end(&members[2], arn) && arn[0] != '\0');
	ck_assert_int_eq(count("task"), 2);
	world_end();
}
END_TEST

START_TEST(what_a_member_wrote_before_it_failed_is_taken_back)
{
	char arn[256];

	prepare();
	script("CREATE TRIGGER bad BEFORE INSERT ON run_token WHEN NEW.token = 'bad'"
	       " BEGIN SELECT RAISE(ABORT, 'not this one'); END");
	(void)begin("{'taskDefinition':'f','clientToken':'a'}");
	(void)begin("{'taskDefinition':'f','clientToken':'bad','count':3}");
	(void)begin("{'taskDefinition':'f','clientToken':'c'}");
	write_group();
	ck_assert(end(&members[0], arn) && arn[0] != '\0');
	ck_assert(end(&members[1], arn));
	ck_assert_int_eq(members[1].response.status, 500);
	ck_assert(end(&members[2], arn) && arn[0] != '\0');
	ck_assert_int_eq(count("task"), 2);
	ck_assert_int_eq(count("task_container"), 2);
	ck_assert_int_eq(count("run_token"), 2);
	world_end();
}
END_TEST

START_TEST(of_two_with_one_token_the_second_begins_again_and_finds_the_first)
{
	struct answer answer;
	char first[256], second[256];

	prepare();
	(void)begin("{'taskDefinition':'f','clientToken':'one'}");
	(void)begin("{'taskDefinition':'f','clientToken':'one'}");
	(void)begin("{'taskDefinition':'f','clientToken':'one','count':2}");
	write_group();
	ck_assert(end(&members[0], first) && first[0] != '\0');
	ck_assert(!end(&members[1], second));
	ck_assert(!end(&members[2], second));
	answer = ask("RunTask", "{'taskDefinition':'f','clientToken':'one'}");
	ck_works(answer);
	ck_assert_str_eq(text_at(&answer, "tasks.0.taskArn"), first);
	answer_done(&answer);
	answer = ask("RunTask", "{'taskDefinition':'f','clientToken':'one','count':2}");
	ck_assert_str_eq(answer.type, "ConflictException");
	answer_done(&answer);
	ck_assert_int_eq(count("task"), 1);
	world_end();
}
END_TEST

START_TEST(if_the_database_gives_up_nobody_of_the_group_is_told_of_a_task)
{
	char arn[256];

	prepare();
	script("CREATE TRIGGER full BEFORE INSERT ON run_token WHEN NEW.token = 'full'"
	       " BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END");
	(void)begin("{'taskDefinition':'f','clientToken':'a'}");
	(void)begin("{'taskDefinition':'f','clientToken':'full'}");
	(void)begin("{'taskDefinition':'f','clientToken':'c'}");
	write_group();
	for (int i = 0; i < 2; i++) {
		ck_assert(end(&members[i], arn));
		ck_assert_int_eq(members[i].response.status, 500);
		ck_assert_str_eq(arn, "");
	}
	/* The third had not had its turn. */
	ck_assert(end(&members[2], arn));
	ck_assert_int_eq(members[2].response.status, 200);
	ck_assert_int_eq(count("task"), 1);
	ck_assert_int_eq(atomic_load(&world.rings), 1);
	world_end();
}
END_TEST

START_TEST(what_was_never_written_is_not_promised)
{
	char arn[256];

	prepare();
	(void)begin("{'taskDefinition':'f'}");
	ck_assert(end(&members[0], arn));
	ck_assert_int_eq(members[0].response.status, 400);
	ck_assert_str_eq(arn, "");
	ck_assert_int_eq(count("task"), 0);
	world_end();
}
END_TEST

START_TEST(a_retry_of_what_is_durable_writes_nothing)
{
	char arn[256];

	prepare();
	(void)begin("{'taskDefinition':'f','clientToken':'one'}");
	write_group();
	ck_assert(end(&members[0], arn));
	ck_assert_ptr_null(begin("{'taskDefinition':'f','clientToken':'one'}")->pending);
	ck_assert_int_eq(members[1].response.status, 200);
	buf_done(&members[1].response.body);
	arena_free(members[1].request.arena);
	world_end();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_group_is_written_in_order_and_rings_once,
		who_is_refused_under_the_lock_is_refused_alone,
		what_a_member_wrote_before_it_failed_is_taken_back,
		of_two_with_one_token_the_second_begins_again_and_finds_the_first,
		if_the_database_gives_up_nobody_of_the_group_is_told_of_a_task,
		what_was_never_written_is_not_promised,
		a_retry_of_what_is_durable_writes_nothing,
	};

	log_open("test", LOG_LEVEL_ERROR);
	return suite_run("gateway/api_write", tests, ARRAY_LEN(tests));
}
