/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API destinations whose servers are functions of the test, on a clock that goes on only while the
 * dispatch waits. webhook_send() and webhook_wait() are the linker's to replace.
 */
#ifndef SLIPWAY_TESTS_UNIT_RELAY_DISPATCH_WORLD_H
#define SLIPWAY_TESTS_UNIT_RELAY_DISPATCH_WORLD_H

#include "relay_world.h"

#include "core/clock.h"
#include "core/log.h"
#include "relay/dispatch_private.h"
#include "store/event_rule.h"

#define ACCOUNT	   "111122223333"
#define BEGIN_MS   1800000000000
#define LATENCY_MS 10
#define SENT_MAX   4096
#define SLOW	   -1 /* a status: its server says nothing for a second */

struct sent {
	int64_t ms; /* since the beginning */
	char url[128], key[256], authorization[64];
	const struct webhook_request *request; /* while it waits for its answer */
	webhook_done_fn *done;
	void *ctx;
	int64_t answer_ms;
	struct webhook_answer answer;
};

static struct sent sents[SENT_MAX];
static size_t sent_count, wait_count;
static int64_t now_ms; /* since the beginning */
static bool dies;      /* once answers have come, before anything is written */
/* What a request is answered with. */
static void (*server)(const struct sent *sent, struct webhook_answer *ret_answer);
static struct seal_key *key;
static struct dispatch_options options = {.region = "us-east-1", .webhook = {.ca_file = ""}};
static struct dispatch *dispatch;

static void set_clock(int64_t ms)
{
	now_ms = ms;
	clock_fake(BEGIN_MS + ms, (BEGIN_MS / 2 + ms) * 1000000);
}

static const char *header_of(const struct webhook_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	}
	return "";
}

/* --- in the linker's place --- */

int __wrap_webhook_send(struct webhook *webhook, const struct webhook_request *request,
			webhook_done_fn *done, void *ctx, struct err *err);
int __wrap_webhook_send(struct webhook *webhook, const struct webhook_request *request,
			webhook_done_fn *done, void *ctx, struct err *err)
{
	struct sent *sent = &sents[sent_count++];

	(void)webhook;
	(void)err;
	ck_assert_uint_le(sent_count, SENT_MAX);
	*sent = (struct sent){.ms = now_ms, .request = request, .done = done, .ctx = ctx};
	(void)snprintf(sent->url, sizeof(sent->url), "%s", request->url);
	(void)snprintf(sent->key, sizeof(sent->key), "%s", header_of(request, "Idempotency-Key"));
	(void)snprintf(sent->authorization, sizeof(sent->authorization), "%s",
		       header_of(request, "Authorization"));
	server(sent, &sent->answer);
	sent->answer_ms = now_ms + (sent->answer.status == SLOW ? 1000 : LATENCY_MS);
	if (sent->answer.status == SLOW)
		sent->answer.status = 200;
	return 0;
}

static int64_t next_answer_ms(void)
{
	int64_t next_ms = INT64_MAX;

	for (size_t i = 0; i < sent_count; i++) {
		if (sents[i].request && sents[i].answer_ms < next_ms)
			next_ms = sents[i].answer_ms;
	}
	return next_ms;
}

int __wrap_webhook_wait(struct webhook *webhook, int ms, struct err *err);
int __wrap_webhook_wait(struct webhook *webhook, int ms, struct err *err)
{
	int64_t next_ms = next_answer_ms();
	bool any = false;

	(void)webhook;
	wait_count++;
	ck_assert_int_ge(ms, 0);
	set_clock(next_ms - now_ms < ms ? next_ms : now_ms + (ms > 0 ? ms : 1));
	for (size_t i = 0; i < sent_count; i++) {
		if (!sents[i].request || sents[i].answer_ms > now_ms)
			continue;
		sents[i].request = NULL;
		sents[i].done(sents[i].ctx, &sents[i].answer);
		any = true;
	}
	return any && dies ? err_set(err, ERR_UNAVAILABLE, "killed") : 0;
}

/* --- the world --- */

static void dispatch_begin(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(dispatch_open(&options, world_open(), &dispatch, &err), &err);
}

/* As a kill does: what was under way is forgotten. */
static void dispatch_die(void)
{
	for (size_t i = 0; i < sent_count; i++)
		sents[i].request = NULL;
	dispatch_free(STEAL(dispatch, NULL));
}

static void dispatch_world_begin(void)
{
	struct err err = ERR_INIT;
	char path[96];

	relay_world_begin();
	world_path("secret.key", path);
	ASSERT_OK(seal_key_make(path, NULL, &err), &err);
	ASSERT_OK(seal_key_open(path, &key, &err), &err);
	options.key = key;
	set_clock(0);
	dispatch_begin();
}

static void dispatch_world_end(void)
{
	dispatch_die();
	seal_key_free(key);
	relay_world_end();
	clock_real();
}

#define BASIC "{\"BasicAuthParameters\":{\"Username\":\"me\",\"Password\":\"secret\"}}"
#define OAUTH                                                                                      \
	"{\"OAuthParameters\":{\"ClientParameters\":{\"ClientID\":\"id\",\"ClientSecret\":\"s\"}," \
	"\"AuthorizationEndpoint\":\"https://token.example/t\",\"HttpMethod\":\"POST\"}}"

/* Destination @name at https://NAME.example/, the target of rule @name, with its own connection. */
static void make_destination(const char *name, int64_t rate, const char *parameters,
			     const char *target)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(freep) char *endpoint = xasprintf("https://%s.example/", name);
	const struct event_rule_record rule = {.key = {ACCOUNT, EVENT_BUS_DEFAULT, name},
					       .pattern = "{}",
					       .enabled = true,
					       .description = "",
					       .role = ""};
	struct event_connection connection = {.account = ACCOUNT,
					      .name = name,
					      .uuid = name,
					      .description = "",
					      .kind = "BASIC",
					      .state = EVENT_CONNECTION_AUTHORIZED,
					      .reason = "",
					      .shown = "{}",
					      .parameters = parameters};
	struct event_api_destination destination = {.account = ACCOUNT,
						    .name = name,
						    .uuid = name,
						    .description = "",
						    .connection_arn = name,
						    .endpoint = endpoint,
						    .method = "POST",
						    .rate = rate};
	struct event_target_record record = {.id = "t", .arn = "a", .body = target};
	struct err err = ERR_INIT;

	ASSERT_OK(event_connection_create(world_db, key, &connection, &err), &err);
	ASSERT_OK(event_connection_find(world_db, NULL, ACCOUNT, name, arena, &connection, &err),
		  &err);
	destination.connection = connection.number;
	ASSERT_OK(event_api_destination_create(world_db, &destination, &err), &err);
	ASSERT_OK(event_api_destination_find(world_db, ACCOUNT, name, arena, &destination, &err),
		  &err);
	record.destination = destination.number;
	ASSERT_OK(event_rule_put(world_db, &rule, &err), &err);
	ASSERT_OK(event_target_put(world_db, &rule.key, &record, &err), &err);
}

static void put_events(const char *rule, int count)
{
	static int number;
	const char *const rules[] = {rule};
	struct err err = ERR_INIT;

	for (int i = 0; i < count; i++) {
		AUTO(freep) char *id = xasprintf("event-%d", number++);
		const struct event_accepted event = {.account = ACCOUNT,
						     .bus = EVENT_BUS_DEFAULT,
						     .id = id,
						     .received_ms = clock_wall_ms(),
						     .body = "{\"detail\":{\"a\":1}}"};

		ASSERT_OK(event_accept(world_db, &event, rules, 1, true, &err), &err);
	}
}

static long long waiting(void)
{
	return world_count("SELECT COUNT(*) FROM event_delivery");
}

static int turn(void)
{
	struct err err = ERR_INIT;
	int result = dispatch_turn(dispatch, &err);

	if (result < 0)
		ck_assert_str_eq(err.text, "killed");
	return result;
}

static void run_until(int64_t ms)
{
	while (now_ms < ms)
		ck_assert_int_eq(turn(), 0);
}

/* Until nothing waits any more, for @ms at most. */
static void run_all(int64_t ms)
{
	int64_t end_ms = now_ms + ms;

	while (waiting() > 0 && now_ms < end_ms)
		ck_assert_int_eq(turn(), 0);
	ck_assert_int_eq(waiting(), 0);
}

static size_t count_sent(const char *name)
{
	AUTO(freep) char *url = xasprintf("https://%s.example/", name);
	size_t count = 0;

	for (size_t i = 0; i < sent_count; i++)
		count += strcmp(sents[i].url, url) == 0;
	return count;
}

#endif
