/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of test operations with events: a hub, a database of logs, a definition to launch,
 * and deliveries that the test makes itself, at the time that it says.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_EVENTS_WORLD_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_EVENTS_WORLD_H

#include "api_world.h"

#include "events/zone_set.h"
#include "gateway/events/delivery.h"
#include "gateway/events/hub.h"
#include "gateway/events/rule_schedule.h"
#include "gateway/scheduler/schedule_fire.h"

static int64_t events_now_ms;

static inline struct answer events(const char *operation, const char *fmt, ...) PRINTF_LIKE(2, 3);

static inline struct answer events(const char *operation, const char *fmt, ...)
{
	struct answer answer;
	va_list args;

	va_start(args, fmt);
	answer = world_ask_formatted("AWSEvents", operation, fmt, args);
	va_end(args);
	return answer;
}

#define ck_events(operation, ...)                                                                  \
	do {                                                                                       \
		struct answer ck_answer = events(operation, __VA_ARGS__);                          \
		ck_works(ck_answer);                                                               \
		answer_done(&ck_answer);                                                           \
	} while (0)

static inline void events_begin(void)
{
	AUTO(freep) char *path = NULL;
	struct err err = ERR_INIT;

	world_begin();
	path = xasprintf("%s/logs.db", world.dir);
	ASSERT_OK(db_open_logs(path, &world.logs, &err), &err);
	world.options.events = event_hub_new();
	world.options.zones = zone_set_new(ZONE_FOLDER);
	events_now_ms = WORLD_NOW_MS;
	ck_does("CreateCluster", "{}");
	ck_does("RegisterTaskDefinition",
		"{'family':'f','cpu':'256','memory':'512','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'containerDefinitions':[{'name':'main',"
		"'image':'nginx'}]}");
}

static inline void events_end(void)
{
	event_hub_free(world.options.events);
	zone_set_free(world.options.zones);
	world_end();
}

static inline void events_at(int64_t now_ms)
{
	events_now_ms = now_ms;
	clock_fake(now_ms, 1000000000);
}

/* Fire and deliver all that is due now. */
static inline void events_deliver(void)
{
	const struct event_deliverer deliverer = {&world.options, world.state, world.logs,
						  world.state};
	struct err err = ERR_INIT;
	struct due_round round = {.more = true};

	while (round.more)
		ASSERT_OK(
			event_rules_fire(&world.options, world.state, events_now_ms, &round, &err),
			&err);
	for (round.more = true; round.more;)
		ASSERT_OK(schedules_fire(&world.options, world.state, events_now_ms, &round, &err),
			  &err);
	for (bool more = true; more;)
		ASSERT_OK(event_deliver(&deliverer, events_now_ms, &more, &err), &err);
}

/* The number that a query answers. */
static inline long long events_count(const char *sql)
{
	struct err err = ERR_INIT;
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(world.state, sql, &query, &err), &err);
	ck_assert_int_eq(db_step(query, &err), 1);
	return db_int(query, 0);
}

/* The text of one row, in a buffer of the test's. */
static inline const char *events_text(const char *sql)
{
	static char text[8192];
	struct err err = ERR_INIT;
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	ASSERT_OK(db_query(world.state, sql, &query, &err), &err);
	rc = db_step(query, &err);
	ck_assert_int_ge(rc, 0);
	(void)snprintf(text, sizeof(text), "%s",
		       rc == 1 && db_text(query, 0) ? db_text(query, 0) : "(none)");
	return text;
}

#define RULE(name, pattern) ck_events("PutRule", "{'Name':'" name "','EventPattern':'" pattern "'}")
#define ANY_OF_MINE	    "{\\\"source\\\":[\\\"mine\\\"]}"
/* An envelope that it matches. */
#define EVENT_OF_MINE                                                                              \
	"{\"version\":\"0\",\"id\":\"i\",\"detail-type\":\"t\",\"source\":\"mine\",\"account\":"   \
	"\"1\","                                                                                   \
	"\"time\":\"2026-07-01T00:00:00Z\",\"region\":\"r\",\"resources\":[],\"detail\":{}}"

/* Put a target of rule @rule that launches f; @more begins with a comma. */
#define TARGET(rule, id, more)                                                                     \
	ck_events("PutTargets",                                                                    \
		  "{'Rule':'" rule "','Targets':[{'Id':'" id "','Arn':"                            \
		  "'arn:aws:ecs:us-east-1:%s:cluster/default','EcsParameters':{"                   \
		  "'TaskDefinitionArn':'f'}" more "}]}",                                           \
		  world.account)
#define PUT(detail)                                                                                \
	ck_events("PutEvents",                                                                     \
		  "{'Entries':[{'Source':'mine','DetailType':'t','Detail':'" detail "'}]}")

#endif
