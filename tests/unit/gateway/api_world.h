/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for tests of operations: a real database in a folder of its own, two
 * accounts, a configuration with two subnets. Requests go through api_handle() as
 * from the network; only the signature is not computed: auth_check() is here, and
 * believes the header x-test-account. Bodies are written with ' for ".
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_API_WORLD_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_API_WORLD_H

#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/ident.h"
#include "gateway/api.h"
#include "gateway/exchange.h"
#include "gateway/json_out.h"
#include "store/quota.h"
#include "store/task.h"
#include "tests/support/suite.h"

#define WORLD_NOW_MS 1764000000123

struct world {
	char dir[64];
	char path[96];
	struct db *state, *logs;
	struct api_options options;
	char account[ACCOUNT_ID_SIZE], other[ACCOUNT_ID_SIZE];
	atomic_int rings;
};

struct answer {
	int status;
	char type[64], message[1200];
	json_t *body; /* NULL for XML */
	char text[4096];
};

static struct world world;
static struct quota world_quota; /* none, unless a test says so */
static const char *world_caller; /* the account that asks */
static const char *world_role;	 /* and the role; NULL: a user */

static struct conf_pair world_subnets[] = {{(char *)"subnet-a", (char *)"10.1.0.0/24"},
					   {(char *)"subnet-b", (char *)"10.2.0.0/24"}};
static struct conf_pair world_groups[] = {{(char *)"sg-default", (char *)"all"},
					  {(char *)"sg-web", (char *)"all"}};
static struct conf_pair world_roles[] = {{(char *)"reader", (char *)"ecs:List*, ecs:RunTask"},
					 {(char *)"runner", (char *)"ecs:*, iam:PassRole"}};
static struct conf_pair world_file_systems[] = {{(char *)"fs-1", (char *)"/srv/one"},
						{(char *)"fs-2", (char *)"/srv/two"}};
static struct conf_pair world_access_points[] = {{(char *)"fsap-2", (char *)"fs-2 /deep"}};
static struct conf_pair world_buckets[] = {{(char *)"my.bucket", (char *)"/srv/bucket"}};
static const struct conf_map world_file_system_map = {world_file_systems, 2};
static const struct conf_map world_access_point_map = {world_access_points, 1};
static const struct conf_map world_bucket_map = {world_buckets, 1};
static const struct conf_map world_role_map = {world_roles, 2};
static const struct conf_map world_subnet_map = {world_subnets, 2};
static const struct conf_map world_group_map = {world_groups, 2};

int auth_check(const struct request *request, const char *service, const char *region,
	       int64_t now_ms, const struct auth_keys *keys, struct caller *ret_caller,
	       struct api_error *ret_error)
{
	const char *account = request_header(request, "x-test-account");

	(void)service;
	(void)region;
	(void)now_ms;
	(void)keys;
	if (!account) {
		*ret_error = (struct api_error){.status = 400,
						.type = "MissingAuthenticationTokenException",
						.message = "Missing Authentication Token"};
		return -1;
	}
	*ret_caller = (struct caller){.user = "alice", .access_key = "AKIATEST"};
	if (world_role)
		(void)snprintf(ret_caller->role, sizeof(ret_caller->role), "%s", world_role);
	(void)snprintf(ret_caller->account, sizeof(ret_caller->account), "%s", account);
	(void)snprintf(ret_caller->arn, sizeof(ret_caller->arn), "arn:aws:iam::%s:user/alice",
		       account);
	return 0;
}

const char *request_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	}
	return NULL;
}

static void world_ring(void *ctx)
{
	(void)ctx;
	atomic_fetch_add(&world.rings, 1);
}

static void world_begin(void)
{
	struct err err = ERR_INIT;
	struct account account;

	memset(&world, 0, sizeof(world));
	(void)snprintf(world.dir, sizeof(world.dir), "/tmp/slipway-api-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(world.dir));
	(void)snprintf(world.path, sizeof(world.path), "%s/state.db", world.dir);
	ck_assert_msg(db_open_state(world.path, &world.state, &err) == 0, "%s", err.text);
	ck_assert_msg(account_create(world.state, "one", &account, &err) == 0, "%s", err.text);
	memcpy(world.account, account.id, sizeof(world.account));
	ck_assert_msg(account_create(world.state, "two", &account, &err) == 0, "%s", err.text);
	memcpy(world.other, account.id, sizeof(world.other));
	world.options = (struct api_options){
		.region = "us-east-1",
		.quota = &world_quota,
		.zone = "us-east-1a",
		.subnets = &world_subnet_map,
		.groups = &world_group_map,
		.roles = &world_role_map,
		.buckets = &world_bucket_map,
		.file_systems = {&world_file_system_map, &world_access_point_map},
		.default_subnet = "subnet-a",
		.default_group = "sg-default",
		.ring = world_ring,
	};
	world_caller = world.account;
	clock_fake(WORLD_NOW_MS, 1000000000);
}

static void world_end(void)
{
	struct err err = ERR_INIT;

	clock_real();
	db_free(world.state);
	db_free(world.logs); /* NULL where a test has not opened it */
	ck_assert(file_remove_tree(world.dir, &err) == 0);
}

static void answer_done(struct answer *answer)
{
	json_decref(answer->body);
	answer->body = NULL;
}

/* One request through the whole road. */
static struct answer world_send(struct db *state, struct request *request)
{
	const struct api_worker worker = {
		.options = &world.options, .state = state, .logs = world.logs};
	struct response response = {0};
	struct answer answer = {0};
	const char *text;

	buf_init(&response.body, RESPONSE_BODY_MAX);
	request->arena = arena_new(REQUEST_ARENA_MAX);
	ident_uuid(request->id);
	api_handle(&worker, request, &response);
	text = buf_text(&response.body);
	answer.status = response.status;
	(void)snprintf(answer.text, sizeof(answer.text), "%s", text);
	answer.body = json_loads(text, 0, NULL);
	if (answer.body && response.status != 200) {
		bool is_rest = json_object_get(answer.body, "Message") != NULL;
		const json_t *type = json_object_get(answer.body, "__type");
		const json_t *message =
			json_object_get(answer.body, is_rest ? "Message" : "message");

		(void)snprintf(answer.type, sizeof(answer.type), "%s",
			       is_rest ? response.headers[0].value : json_string_value(type));
		(void)snprintf(answer.message, sizeof(answer.message), "%s",
			       json_string_value(message));
	}
	ck_assert(!db_in_transaction(state));
	buf_done(&response.body);
	arena_free(request->arena);
	return answer;
}

#define WORLD_ECS "AmazonEC2ContainerServiceV20141113"

/* A call of the service whose targets begin with @prefix, by world_caller. */
static struct answer world_ask_service(struct db *state, const char *prefix, const char *operation,
				       const char *body)
{
	AUTO(freep) char *target = xasprintf("%s.%s", prefix, operation);
	struct header headers[] = {
		{"x-amz-target", target},
		{"content-type", "application/x-amz-json-1.1"},
		{"x-test-account", world_caller},
	};
	struct request request = {
		.method = "POST",
		.path = "/",
		.query = "",
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.body = (const uint8_t *)body,
		.body_len = strlen(body),
		.http_major = 1,
		.peer = "test",
	};

	return world_send(state, &request);
}

static inline struct answer world_ask_on(struct db *state, const char *operation, const char *body)
{
	return world_ask_service(state, WORLD_ECS, operation, body);
}

/* The same with the body as @fmt, its quotes single. */
static inline struct answer world_ask_formatted(const char *prefix, const char *operation,
						const char *fmt, va_list args) PRINTF_LIKE(3, 0);

static inline struct answer world_ask_formatted(const char *prefix, const char *operation,
						const char *fmt, va_list args)
{
	AUTO(freep) char *body = NULL;

	ck_assert(vasprintf(&body, fmt, args) >= 0);
	for (char *c = body; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return world_ask_service(world.state, prefix, operation, body);
}

static struct answer ask(const char *operation, const char *fmt, ...) PRINTF_LIKE(2, 3);

static inline struct answer ask(const char *operation, const char *fmt, ...)
{
	struct answer answer;
	va_list args;

	va_start(args, fmt);
	answer = world_ask_formatted(WORLD_ECS, operation, fmt, args);
	va_end(args);
	return answer;
}

/* The value at a path like "tasks.0.containers.0.name". Borrowed; NULL: none. */
static inline json_t *at(const struct answer *answer, const char *path)
{
	json_t *value = answer->body;
	char part[128];

	while (value && *path) {
		size_t len = strcspn(path, ".");

		(void)snprintf(part, sizeof(part), "%.*s", (int)len, path);
		path += path[len] == '.' ? len + 1 : len;
		value = json_is_array(value) ? json_array_get(value, strtoul(part, NULL, 10))
					     : json_object_get(value, part);
	}
	return value;
}

static inline const char *text_at(const struct answer *answer, const char *path)
{
	const char *text = json_string_value(at(answer, path));

	return text ? text : "(none)";
}

static inline long long int_at(const struct answer *answer, const char *path)
{
	return json_is_integer(at(answer, path)) ? json_integer_value(at(answer, path)) : -999;
}

#define ck_works(given) ck_assert_msg((given).status == 200, "%s", (given).text)
#define ck_refused(asked, want_type, want_message)                                                 \
	do {                                                                                       \
		struct answer ck_answer = (asked);                                                 \
		ck_assert_msg(ck_answer.status == 400, "%s", ck_answer.text);                      \
		ck_assert_str_eq(ck_answer.type, want_type);                                       \
		ck_assert_str_eq(ck_answer.message, want_message);                                 \
		answer_done(&ck_answer);                                                           \
	} while (0)
#define ck_does(operation, ...)                                                                    \
	do {                                                                                       \
		struct answer ck_answer = ask(operation, __VA_ARGS__);                             \
		ck_works(ck_answer);                                                               \
		answer_done(&ck_answer);                                                           \
	} while (0)

#endif
