/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that are posted: who may, what is taken, what is answered, and that nothing is left of
 * what is refused.
 */
#include "events_world.h"

#include "core/digest.h"
#include "core/log.h"
#include "events/cloudevent.h"
#include "gateway/api_call.h"
#include "gateway/api_write.h"
#include "gateway/metrics.h"
#include "store/event_queue.h"
#include "store/webhook.h"

#define HEADERS_MAX 8
#define SECRET	    "a secret that has so many characters"
#define ACCEPTED    "SELECT COUNT(*) FROM event_accepted"
#define BODY	    "SELECT body FROM event_accepted"
#define JSON_TYPE                                                                                  \
	{                                                                                          \
		"content-type", "application/json"                                                 \
	}
#define CLOUD "\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"mine\""
#define BATCH_TYPE                                                                                 \
	{                                                                                          \
		"content-type", "application/cloudevents-batch+json"                               \
	}
#define CLOUD_TYPE                                                                                 \
	{                                                                                          \
		"content-type", "application/cloudevents+json"                                     \
	}
#define ATTRIBUTES(x)                                                                              \
	{"ce-specversion", "1.0"}, {"ce-type", "t"}, {"ce-source", "mine"},                        \
	{                                                                                          \
		"ce-id", x                                                                         \
	}

static struct seal_key *key;

static void begin(void)
{
	AUTO(freep) char *path = NULL;
	struct err err = ERR_INIT;

	events_begin();
	path = xasprintf("%s/key", world.dir);
	ASSERT_OK(seal_key_make(path, NULL, &err), &err);
	ASSERT_OK(seal_key_open(path, &key, &err), &err);
	world.options.secret_key = key;
	RULE("r", ANY_OF_MINE);
	TARGET("r", "a", "");
}

static void end(void)
{
	seal_key_free(key);
	events_end();
}

static void make_webhook(const char *id, const char *kind, const char *secret)
{
	const struct webhook webhook = {.id = id,
					.account = world.account,
					.name = id,
					.bus = "default",
					.kind = kind,
					.source = "mine",
					.type = "t",
					.secret = secret};
	struct err err = ERR_INIT;

	ASSERT_OK(webhook_create(world.state, key, &webhook, &err), &err);
}

/* A request whose path may have a query. Headers end at one without a name. */
static struct answer send_to(const char *method, const char *target, const struct header *headers,
			     const void *body, size_t len, struct response *ret_response)
{
	const struct api_worker worker = {
		.options = &world.options, .state = world.state, .logs = world.logs};
	struct response response = {0};
	struct answer answer = {0};
	AUTO(freep) char *path = xstrdup(target);
	char *query = strchr(path, '?');
	struct header copies[HEADERS_MAX + 1];
	struct request request = {.method = method,
				  .path = path,
				  .query = query ? query + 1 : "",
				  .headers = copies,
				  .body = body,
				  .body_len = len,
				  .http_major = 1,
				  .peer = "test"};

	if (query)
		*query = '\0';
	for (; headers && headers[request.header_count].name; request.header_count++)
		copies[request.header_count] = headers[request.header_count];
	buf_init(&response.body, RESPONSE_BODY_MAX);
	request.arena = arena_new(REQUEST_ARENA_MAX);
	ident_uuid(request.id);
	api_handle(&worker, &request, &response);
	answer.status = response.status;
	(void)snprintf(answer.text, sizeof(answer.text), "%s", buf_text(&response.body));
	ck_assert(!db_in_transaction(world.state));
	if (ret_response)
		*ret_response = response;
	buf_done(&response.body);
	arena_free(request.arena);
	return answer;
}

/* As the account itself. */
static struct answer post(const char *target, const struct header *headers, const char *body)
{
	struct header all[HEADERS_MAX + 1] = {{"x-test-account", world.account}};

	for (size_t i = 0; i < HEADERS_MAX - 1 && headers[i].name; i++)
		all[i + 1] = headers[i];
	return send_to("POST", target, all, body, strlen(body), NULL);
}

static const char *github_signature(const char *secret, const char *body, char ret[80])
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	hmac_sha256(secret, strlen(secret), body, strlen(body), digest);
	hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(ret, 80, "sha256=%s", hex);
	return ret;
}

START_TEST(a_cloudevent_in_each_mode_starts_its_task)
{
	const struct header binary[HEADERS_MAX] = {JSON_TYPE, ATTRIBUTES("1")};
	const struct header structured[HEADERS_MAX] = {CLOUD_TYPE};
	const struct header batch[HEADERS_MAX] = {BATCH_TYPE};

	ck_assert_int_eq(post("/events/default", binary, "{\"n\":1}").status, 202);
	ck_assert_int_eq(
		post("/events/default", structured, "{" CLOUD ",\"id\":\"2\",\"data\":[2]}").status,
		202);
	ck_assert_int_eq(post("/events/default", batch,
			      "[{" CLOUD ",\"id\":\"3\"},{" CLOUD ",\"id\":\"4\"}]")
				 .status,
			 202);
	ck_assert_int_eq(events_count(ACCEPTED), 4);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task_payload"), 4);
	ck_assert_ptr_nonnull(strstr(
		events_text("SELECT body FROM task_payload WHERE body LIKE '%\"id\":\"1\"%'"),
		"\"detail\":{\"n\":1},\"cloudevent\":{\"specversion\":\"1.0\",\"id\":\"1\","));
}
END_TEST

START_TEST(an_event_that_is_sent_again_is_the_same_for_24_hours)
{
	const struct header headers[HEADERS_MAX] = {JSON_TYPE, ATTRIBUTES("1")};

	ck_assert_int_eq(post("/events/default", headers, "{}").status, 202);
	events_deliver();
	ck_assert_int_eq(post("/events/default", headers, "{}").status, 202);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task"), 1);
	events_at(WORLD_NOW_MS + EVENT_ID_LIFE_MS);
	ck_assert_int_eq(post("/events/default", headers, "{}").status, 202);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task"), 2);
}
END_TEST

START_TEST(an_event_that_nobody_wanted_is_known_when_it_comes_again)
{
	const struct header headers[HEADERS_MAX] = {CLOUD_TYPE};
	static const char body[] = "{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"late\","
				   "\"id\":\"1\"}";

	ck_assert_int_eq(post("/events/default", headers, body).status, 202);
	RULE("late", "{\\\"source\\\":[\\\"late\\\"]}");
	TARGET("late", "a", "");
	ck_assert_int_eq(post("/events/default", headers, body).status, 202);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task"), 0);
}
END_TEST

static const struct {
	const char *target;
	struct header headers[HEADERS_MAX];
	const char *body;
	int status;
	const char *says;
} refusals[] = {
	{"/events/default", {JSON_TYPE}, "{}", 400, "specversion"},
	{"/events/default", {CLOUD_TYPE}, "{" CLOUD "}", 400, "id"},
	{"/events/default", {CLOUD_TYPE}, "{", 400, "the body"},
	{"/events/default",
	 {BATCH_TYPE},
	 "[{" CLOUD ",\"id\":\"1\"},{" CLOUD "}]",
	 400,
	 "event 2 of the batch: "},
	{"/events/default",
	 {BATCH_TYPE},
	 "[{" CLOUD ",\"id\":\"1\"},{\"specversion\":\"1.0\",\"type\":\"t\",\"id\":\"2\","
	 "\"source\":\"aws.ecs\"}]",
	 403,
	 "event 2 of the batch: Not authorized for the source."},
	{"/events/default", {{"content-type", "application/cloudevents+avro"}}, "x", 415, "JSON"},
	{"/events/none", {JSON_TYPE, ATTRIBUTES("1")}, "{}", 404, "Event bus none does not exist."},
	{"/events/", {JSON_TYPE, ATTRIBUTES("1")}, "{}", 404, "does not exist."},
	{"/events/default/", {JSON_TYPE, ATTRIBUTES("1")}, "{}", 401, "no such webhook"},
};

START_TEST(what_is_wrong_is_named_and_nothing_is_taken)
{
	struct answer answer = post(refusals[_i].target, refusals[_i].headers, refusals[_i].body);

	ck_assert_int_eq(answer.status, refusals[_i].status);
	ck_assert_msg(strstr(answer.text, refusals[_i].says) != NULL, "%s", answer.text);
	ck_assert_int_eq(events_count(ACCEPTED), 0);
}
END_TEST

START_TEST(one_megabyte_is_taken_and_more_is_too_large)
{
	AUTO(freep) char *body = xcalloc(1, CLOUDEVENT_SIZE_MAX + 16);
	const struct header headers[HEADERS_MAX] = {{"content-type", "text/plain"},
						    ATTRIBUTES("1")};

	memset(body, 'x', CLOUDEVENT_SIZE_MAX - 200);
	ck_assert_int_eq(post("/events/default", headers, body).status, 202);
	events_deliver();
	ck_assert_int_eq(events_count("SELECT LENGTH(body) > 1048000 FROM task_payload"), 1);
	memset(body, 'x', CLOUDEVENT_SIZE_MAX + 1);
	ck_assert_int_eq(post("/events/default", headers, body).status, 413);
}
END_TEST

START_TEST(another_accounts_bus_is_not_seen)
{
	const struct header headers[HEADERS_MAX] = {JSON_TYPE, ATTRIBUTES("1")};
	struct header strange[HEADERS_MAX] = {
		{"x-test-account", world.other}, JSON_TYPE, ATTRIBUTES("1")};

	ck_events("CreateEventBus", "{'Name':'b'}");
	ck_assert_int_eq(post("/events/b", headers, "{}").status, 202);
	ck_assert_int_eq(send_to("POST", "/events/b", strange, "{}", 2, NULL).status, 404);
	ck_assert_int_eq(send_to("POST", "/events/default", strange, "{}", 2, NULL).status, 202);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_accepted WHERE account <> '0'"
				      " AND body IS NOT NULL"),
			 0);
}
END_TEST

START_TEST(a_role_needs_its_policys_leave)
{
	const struct header headers[HEADERS_MAX] = {JSON_TYPE, ATTRIBUTES("1")};
	struct answer answer;

	world_role = "reader";
	answer = post("/events/default", headers, "{}");
	world_role = NULL;
	ck_assert_int_eq(answer.status, 403);
	ck_assert_ptr_nonnull(strstr(answer.text, "events:PutEvents"));
	ck_assert_int_eq(events_count(ACCEPTED), 0);
}
END_TEST

START_TEST(what_a_task_posts_is_as_deep_as_its_events)
{
	static struct conf_pair roles[] = {{(char *)"sender", (char *)"events:PutEvents"}};
	static const struct conf_map map = {roles, 1};
	const struct header headers[HEADERS_MAX] = {JSON_TYPE, ATTRIBUTES("1")};
	struct err err = ERR_INIT;

	ck_does("RunTask", "{'taskDefinition':'f'}");
	ASSERT_OK(db_exec(world.state, "DELETE FROM task_container", NULL, &err), &err);
	ASSERT_OK(db_exec(world.state, "UPDATE task SET id = 'alice', event_depth = 3", NULL, &err),
		  &err);
	world.options.roles = &map;
	world_role = "sender";
	ck_assert_int_eq(post("/events/default", headers, "{}").status, 202);
	world_role = NULL;
	ck_assert_int_eq(events_count("SELECT depth FROM event_accepted"), 3);
}
END_TEST

START_TEST(a_signed_webhook_is_an_event_named_by_its_delivery)
{
	static const char body[] = "{ \"ref\": \"main\" }";
	char signature[80];
	const struct header headers[HEADERS_MAX] = {
		JSON_TYPE,
		{"x-github-event", "push"},
		{"x-github-delivery", "7"},
		{"x-hub-signature-256", github_signature(SECRET, body, signature)}};

	make_webhook("ci-1", "github", SECRET);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
			send_to("POST", "/events/default/ci-1", headers, body, strlen(body), NULL)
				.status,
			202);
		events_deliver();
	}
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM task"), 1);
	ck_assert_str_eq(events_text("SELECT type || ' ' || source FROM task_payload"),
			 "push mine");
	ck_assert_ptr_nonnull(
		strstr(events_text("SELECT body FROM task_payload"), "\"detail\":{\"ref\":"));
}
END_TEST

START_TEST(a_webhook_that_is_not_signed_leaves_no_trace_but_a_count)
{
	static const char body[] = "{}";
	const char *targets[] = {"/events/default/ci-1", "/events/default/none", "/events/b/ci-1",
				 "/events/none/ci-1", "/events/default/ci-1/more"};
	char wrong[80], right[80];
	struct header headers[HEADERS_MAX] = {
		JSON_TYPE,
		{"x-github-event", "push"},
		{"x-github-delivery", "7"},
		{"x-hub-signature-256",
		 github_signature("another secret of somebody", body, wrong)}};
	AUTO(freep) char *first = NULL;
	int64_t before = metric_get(METRIC_webhooks_refused_total);

	ck_events("CreateEventBus", "{'Name':'b'}");
	make_webhook("ci-1", "github", SECRET);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct answer answer;

		if (i > 0) /* what is wrong is the path */
			headers[3].value = github_signature(SECRET, body, right);
		answer = send_to("POST", targets[i], headers, body, strlen(body), NULL);
		ck_assert_int_eq(answer.status, 401);
		if (!first)
			first = xstrdup(answer.text);
		ck_assert_str_eq(answer.text, first);
	}
	ck_assert_int_eq(metric_get(METRIC_webhooks_refused_total) - before, 5);
	ck_assert_int_eq(events_count(ACCEPTED), 0);
}
END_TEST

static const struct {
	const char *target;
	const char *authorization; /* NULL: none */
	int status;
} tokens[] = {
	{"/events/default/ci-1", "Bearer ci-1.0123456789abcdef", 202},
	{"/events/default", "Bearer ci-1.0123456789abcdef", 202},
	{"/events/default", "bearer  ci-1.0123456789abcdef", 202},
	{"/events/default?access_token=ci-1.0123456789abcdef", NULL, 202},
	{"/events/default", "Bearer ci-1.0123456789abcdee", 401},
	{"/events/default", "Bearer ci-2.0123456789abcdef", 401},
	{"/events/default", "Bearer ci-1", 401},
	{"/events/default", "Bearer ", 401},
	{"/events/b", "Bearer ci-1.0123456789abcdef", 401},
	{"/events/default", NULL, 401},
	{"/events/default?access_token=%", NULL, 401},
	{"/events/default?access_token=ci-1.0123456789abcdef", "Bearer ci-1.0123456789abcdef", 401},
};

START_TEST(a_token_names_its_webhook)
{
	const struct header headers[HEADERS_MAX + 1] = {
		ATTRIBUTES("1"), {"authorization", tokens[_i].authorization}};
	struct header without[HEADERS_MAX + 1] = {ATTRIBUTES("1")};
	struct response response;
	struct answer answer;

	make_webhook("ci-1", "bearer", "ci-1.0123456789abcdef");
	answer = send_to("POST", tokens[_i].target, tokens[_i].authorization ? headers : without,
			 "", 0, &response);
	ck_assert_int_eq(answer.status, tokens[_i].status);
	ck_assert_int_eq(events_count(ACCEPTED), answer.status == 202);
	if (answer.status == 401)
		ck_assert_str_eq(response.headers[1].name, "www-authenticate");
}
END_TEST

START_TEST(a_webhook_of_a_bus_that_is_gone_says_so_to_who_may_know)
{
	struct err err = ERR_INIT;
	const struct header headers[HEADERS_MAX] = {
		ATTRIBUTES("1"), {"authorization", "Bearer ci-1.0123456789abcdef"}};

	make_webhook("ci-1", "bearer", "ci-1.0123456789abcdef");
	ASSERT_OK(db_exec(world.state, "UPDATE webhook SET bus = 'gone'", NULL, &err), &err);
	ck_assert_int_eq(send_to("POST", "/events/gone", headers, "", 0, NULL).status, 404);
}
END_TEST

START_TEST(without_the_key_of_secrets_it_is_our_fault)
{
	const struct header headers[HEADERS_MAX] = {
		ATTRIBUTES("1"), {"authorization", "Bearer ci-1.0123456789abcdef"}};

	make_webhook("ci-1", "bearer", "ci-1.0123456789abcdef");
	world.options.secret_key = NULL;
	ck_assert_int_eq(send_to("POST", "/events/default", headers, "", 0, NULL).status, 500);
}
END_TEST

START_TEST(a_webhook_that_has_too_many_is_told_when_to_come_again_and_no_other_waits)
{
	const struct header one[HEADERS_MAX] = {ATTRIBUTES("1"),
						{"authorization", "Bearer ci-1.0123456789abcdef"}};
	const struct header other[HEADERS_MAX] = {
		ATTRIBUTES("2"), {"authorization", "Bearer ci-2.0123456789abcdef"}};
	const struct header forged[HEADERS_MAX] = {ATTRIBUTES("3"),
						   {"authorization", "Bearer ci-2.forged"}};
	int64_t before = metric_get(METRIC_events_throttled_total);
	struct answer answer;

	make_webhook("ci-1", "bearer", "ci-1.0123456789abcdef");
	make_webhook("ci-2", "bearer", "ci-2.0123456789abcdef");
	world.options.intake = event_intake_new(&(struct event_intake_limits){2, 1 << 20});
	for (int i = 0; i < 10; i++) /* strangers use nothing up */
		ck_assert_int_eq(send_to("POST", "/events/default", forged, "", 0, NULL).status,
				 401);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(send_to("POST", "/events/default", one, "", 0, NULL).status, 202);
	answer = send_to("POST", "/events/default", one, "", 0, NULL);
	ck_assert_int_eq(answer.status, 429);
	ck_assert_ptr_nonnull(strstr(answer.text, "Rate exceeded"));
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(send_to("POST", "/events/default", other, "", 0, NULL).status,
				 202);
	ck_assert_int_eq(metric_get(METRIC_events_throttled_total) - before, 1);
	event_intake_free(STEAL(world.options.intake, NULL));
}
END_TEST

static const struct {
	const char *method;
	struct header headers[3];
	int status;
	struct header says[3];
} handshakes[] = {
	{"OPTIONS",
	 {{"webhook-request-origin", "eventemitter.example.com"}, {"webhook-request-rate", "120"}},
	 200,
	 {{"allow", "POST, OPTIONS"},
	  {"webhook-allowed-origin", "eventemitter.example.com"},
	  {"webhook-allowed-rate", "*"}}},
	{"OPTIONS", {{NULL, NULL}}, 200, {{"allow", "POST, OPTIONS"}}},
	{"OPTIONS",
	 {{"webhook-request-origin", "a b"}},
	 400,
	 {{"x-amzn-errortype", "BadRequestException"}}},
	{"GET",
	 {{NULL, NULL}},
	 405,
	 {{"x-amzn-errortype", "MethodNotAllowedException"}, {"allow", "POST, OPTIONS"}}},
};

START_TEST(what_an_account_may_not_hold_is_to_be_sent_again_later)
{
	const struct header headers[HEADERS_MAX] = {ATTRIBUTES("1")};
	const struct header others[HEADERS_MAX] = {ATTRIBUTES("2")};

	world_quota.event_bytes = 1;
	ck_assert_int_eq(post("/events/default", headers, "").status, 202);
	ck_assert_int_eq(post("/events/default", others, "").status, 429);
	ck_assert_int_eq(events_count("SELECT COUNT(*) FROM event_delivery"), 1);
	events_deliver();
	ck_assert_int_eq(post("/events/default", others, "").status, 202);
}
END_TEST

START_TEST(a_sender_that_asks_first_is_welcome)
{
	struct response response;

	ck_assert_int_eq(send_to(handshakes[_i].method, "/events/default/ci-1",
				 handshakes[_i].headers, "", 0, &response)
				 .status,
			 handshakes[_i].status);
	for (size_t i = 0; i < 3 && handshakes[_i].says[i].name; i++) {
		ck_assert_uint_gt(response.header_count, i);
		ck_assert_str_eq(response.headers[i].name, handshakes[_i].says[i].name);
		if (handshakes[_i].status != 200 || i != 1) /* its text went with the request */
			ck_assert_str_eq(response.headers[i].value, handshakes[_i].says[i].value);
	}
	ck_assert_int_eq(events_count(ACCEPTED), 0);
}
END_TEST

START_TEST(what_is_never_written_is_to_be_sent_again_later)
{
	const struct api_worker worker = {.options = &world.options, .state = world.state};
	struct header headers[] = {{"x-test-account", world.account}, ATTRIBUTES("1")};
	struct response response = {0};
	struct request request = {.method = "POST",
				  .path = "/events/default",
				  .query = "",
				  .headers = headers,
				  .header_count = ARRAY_LEN(headers),
				  .body = (const uint8_t *)"",
				  .arena = arena_new(REQUEST_ARENA_MAX)};
	struct api_call *pending;

	struct event_intake *intake = event_intake_new(&(struct event_intake_limits){0, 1 << 20});
	struct event_held other;

	buf_init(&response.body, RESPONSE_BODY_MAX);
	world.options.intake = intake;
	pending = api_begin(&worker, &request, &response);
	ck_assert_ptr_nonnull(pending);
	ck_assert_int_eq(event_intake_enter(intake, "other", 0, &other), 0);
	ck_assert(!event_intake_hold(&other, 1 << 20)); /* what was read is held */
	ck_assert(api_end(pending));			/* nobody has written it */
	ck_assert(event_intake_hold(&other, 1 << 20));
	event_intake_leave(&other);
	event_intake_free(STEAL(world.options.intake, NULL));
	ck_assert_int_eq(response.status, 429);
	ck_assert_str_eq(response.headers[1].name, "retry-after");
	ck_assert_int_eq(events_count(ACCEPTED), 0);
	buf_done(&response.body);
	arena_free(request.arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/api_event");
	TCase *all = tcase_create("all");

	log_open("test", LOG_LEVEL_ERROR);
	tcase_set_timeout(all, 120);
	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, a_cloudevent_in_each_mode_starts_its_task);
	tcase_add_test(all, an_event_that_is_sent_again_is_the_same_for_24_hours);
	tcase_add_test(all, an_event_that_nobody_wanted_is_known_when_it_comes_again);
	tcase_add_loop_test(all, what_is_wrong_is_named_and_nothing_is_taken, 0,
			    ARRAY_LEN(refusals));
	tcase_add_test(all, one_megabyte_is_taken_and_more_is_too_large);
	tcase_add_test(all, another_accounts_bus_is_not_seen);
	tcase_add_test(all, a_role_needs_its_policys_leave);
	tcase_add_test(all, what_a_task_posts_is_as_deep_as_its_events);
	tcase_add_test(all, a_signed_webhook_is_an_event_named_by_its_delivery);
	tcase_add_test(all, a_webhook_that_is_not_signed_leaves_no_trace_but_a_count);
	tcase_add_loop_test(all, a_token_names_its_webhook, 0, ARRAY_LEN(tokens));
	tcase_add_test(all, a_webhook_of_a_bus_that_is_gone_says_so_to_who_may_know);
	tcase_add_test(all, without_the_key_of_secrets_it_is_our_fault);
	tcase_add_test(all, what_an_account_may_not_hold_is_to_be_sent_again_later);
	tcase_add_test(all,
		       a_webhook_that_has_too_many_is_told_when_to_come_again_and_no_other_waits);
	tcase_add_loop_test(all, a_sender_that_asks_first_is_welcome, 0, ARRAY_LEN(handshakes));
	tcase_add_test(all, what_is_never_written_is_to_be_sent_again_later);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
