/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of test operations with Scheduler's API: requests by method and path.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_SCHEDULER_WORLD_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_SCHEDULER_WORLD_H

#include "events_world.h"

/* @path may have a query. */
static inline struct answer rest(const char *method, const char *path, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static inline struct answer rest(const char *method, const char *path, const char *fmt, ...)
{
	struct header headers[] = {{"content-type", "application/json"},
				   {"x-test-account", world_caller}};
	AUTO(freep) char *line = xstrdup(path);
	AUTO(freep) char *body = NULL;
	char *query = strchr(line, '?');
	va_list args;

	va_start(args, fmt);
	ck_assert(vasprintf(&body, fmt, args) >= 0);
	va_end(args);
	for (char *c = body; *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	if (query)
		*query++ = '\0';
	struct request request = {
		.method = method,
		.path = line,
		.query = query ? query : "",
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.body = (const uint8_t *)body,
		.body_len = strlen(body),
		.http_major = 1,
		.peer = "test",
	};

	return world_send(world.state, &request);
}

#define ck_rest(method, path, ...)                                                                 \
	do {                                                                                       \
		struct answer ck_answer = rest(method, path, __VA_ARGS__);                         \
		ck_works(ck_answer);                                                               \
		answer_done(&ck_answer);                                                           \
	} while (0)
#define ck_rest_refused(asked, want_status, want_type, want_message)                               \
	do {                                                                                       \
		struct answer ck_answer = (asked);                                                 \
		ck_assert_msg(ck_answer.status == (want_status), "%s", ck_answer.text);            \
		ck_assert_str_eq(ck_answer.type, want_type);                                       \
		ck_assert_str_eq(ck_answer.message, want_message);                                 \
		answer_done(&ck_answer);                                                           \
	} while (0)

#define ROLE	"'RoleArn':'arn:aws:iam::111122223333:role/r'"
#define OFF	"'FlexibleTimeWindow':{'Mode':'OFF'}"
#define NO_BODY "%s", ""

/* A target that launches f; @more begins with a comma. */
#define LAUNCH(more)                                                                               \
	"'Target':{'Arn':'arn:aws:ecs:us-east-1:%s:cluster/default'," ROLE                         \
	",'EcsParameters':{'TaskDefinitionArn':'f'}" more "}"

/* A schedule of the default group that launches f. @more begins with a comma. */
#define SCHEDULE(name, expression, more)                                                           \
	ck_rest("POST", "/schedules/" name,                                                        \
		"{'ScheduleExpression':'" expression "'," OFF more "," LAUNCH("") "}",             \
		world.account)

#endif
