/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "events/event_cloud.h"
#include "events/webhook_event.h"

#define HEADERS_MAX 4
#define JSON_TYPE                                                                                  \
	{                                                                                          \
		"content-type", "application/json"                                                 \
	}

static struct arena *arena;
static struct err err;

static void begin(void)
{
	arena = arena_new(16u << 20);
	err_clear(&err);
}

static void end(void)
{
	arena_free(arena);
}

static int read_webhook(const struct webhook_origin *origin, const struct header *headers,
			const char *body, struct cloudevent *ret_event)
{
	struct webhook_message message = {
		.headers = headers, .body = (const uint8_t *)body, .body_len = strlen(body)};

	while (message.header_count < HEADERS_MAX && headers[message.header_count].name)
		message.header_count++;
	return webhook_event_read(origin, &message, arena, ret_event, &err);
}

static const struct {
	enum webhook_style style;
	const char *type; /* of the origin */
	struct header headers[HEADERS_MAX];
	const char *body;
	const char *is; /* type and id; or what the error says */
	enum err_code code;
} cases[] = {
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", "push"}, {"x-github-delivery", "7"}},
	 "{\"a\": 1}",
	 "push 7",
	 0},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", "push"}},
	 "{}",
	 "header x-github-delivery is missing",
	 ERR_INVALID},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-delivery", "7"}},
	 "{}",
	 "header x-github-event is missing",
	 ERR_INVALID},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", "a"}, {"x-github-delivery", "7"}, {"x-github-event", "b"}},
	 "{}",
	 "header x-github-event is given twice",
	 ERR_INVALID},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", "\xff"}, {"x-github-delivery", "7"}},
	 "{}",
	 "type",
	 ERR_INVALID},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", ""}, {"x-github-delivery", "7"}},
	 "{}",
	 "type",
	 ERR_INVALID},
	{WEBHOOK_GITHUB,
	 NULL,
	 {{"content-type", "application/x-www-form-urlencoded"}, {"x-github-event", "push"}},
	 "payload=",
	 "content-type must be application/json",
	 ERR_UNSUPPORTED},
	{WEBHOOK_GITHUB,
	 NULL,
	 {{"x-github-event", "push"}},
	 "{}",
	 "content-type must be application/json",
	 ERR_UNSUPPORTED},
	{WEBHOOK_GITHUB,
	 NULL,
	 {{"content-type", "application/json; charset=latin1"}},
	 "{}",
	 "content-type must be application/json",
	 ERR_UNSUPPORTED},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", "push"}, {"x-github-delivery", "7"}},
	 "{\"a\":",
	 "the body",
	 ERR_INVALID},
	{WEBHOOK_GITHUB,
	 NULL,
	 {JSON_TYPE, {"x-github-event", "push"}, {"x-github-delivery", "7"}},
	 "",
	 "the body",
	 ERR_INVALID},
	{WEBHOOK_GITLAB,
	 NULL,
	 {{"content-type", "Application/JSON"},
	  {"x-gitlab-event", "Push Hook"},
	  {"x-gitlab-event-uuid", "u"}},
	 "{}",
	 "Push Hook u",
	 0},
	{WEBHOOK_GITLAB,
	 NULL,
	 {JSON_TYPE,
	  {"x-gitlab-event", "Push Hook"},
	  {"x-gitlab-event-uuid", "u"},
	  {"idempotency-key", "k"}},
	 "{}",
	 "Push Hook k",
	 0},
	{WEBHOOK_STRIPE,
	 NULL,
	 {JSON_TYPE},
	 "{\"type\":\"charge.paid\",\"id\":\"evt_1\"}",
	 "charge.paid evt_1",
	 0},
	{WEBHOOK_STRIPE,
	 NULL,
	 {JSON_TYPE},
	 "{\"type\":\"charge.paid\"}",
	 "the body has no text \"id\"",
	 ERR_INVALID},
	{WEBHOOK_STRIPE,
	 NULL,
	 {JSON_TYPE},
	 "{\"type\":7,\"id\":\"evt_1\"}",
	 "the body has no text \"type\"",
	 ERR_INVALID},
	{WEBHOOK_STRIPE, NULL, {JSON_TYPE}, "[\"id\"]", "the body has no text \"id\"", ERR_INVALID},
	{WEBHOOK_STANDARD,
	 NULL,
	 {JSON_TYPE, {"webhook-id", "m"}},
	 "{\"type\":\"a.b\"}",
	 "a.b m",
	 0},
	{WEBHOOK_STANDARD, "t", {JSON_TYPE, {"webhook-id", "m"}}, "{}", "t m", 0},
	{WEBHOOK_BEARER, "t", {JSON_TYPE, {"webhook-id", "m"}}, "{\"type\":\"a\"}", "t m", 0},
	{WEBHOOK_BEARER, "t", {JSON_TYPE, {"idempotency-key", "m"}}, "[]", "t m", 0},
};

START_TEST(each_service_says_type_and_id_in_its_own_way)
{
	const struct webhook_origin origin = {cases[_i].style, "its-source", cases[_i].type};
	AUTO(freep) char *is = NULL;
	struct cloudevent event;

	if (cases[_i].code) {
		ck_assert_int_eq(read_webhook(&origin, cases[_i].headers, cases[_i].body, &event),
				 -1);
		ck_assert_str_eq(err_code_name(err.code), err_code_name(cases[_i].code));
		ck_assert_msg(strncmp(err.text, cases[_i].is, strlen(cases[_i].is)) == 0, "%s",
			      err.text);
		return;
	}
	ASSERT_OK(read_webhook(&origin, cases[_i].headers, cases[_i].body, &event), &err);
	is = xasprintf("%s %s", event.type, event.id);
	ck_assert_str_eq(is, cases[_i].is);
	ck_assert_str_eq(event.source, "its-source");
}
END_TEST

START_TEST(a_delivery_without_an_id_is_always_a_new_event)
{
	const struct webhook_origin origin = {WEBHOOK_BEARER, "s", "t"};
	const struct header headers[HEADERS_MAX] = {JSON_TYPE};
	struct cloudevent first;
	struct cloudevent second;

	ASSERT_OK(read_webhook(&origin, headers, "{}", &first), &err);
	ASSERT_OK(read_webhook(&origin, headers, "{}", &second), &err);
	ck_assert_str_ne(first.id, second.id);
}
END_TEST

START_TEST(the_envelope_has_the_body_as_detail_and_the_delivery_beside_it)
{
	const struct webhook_origin origin = {WEBHOOK_GITHUB, "github", NULL};
	const struct header headers[HEADERS_MAX] = {
		JSON_TYPE, {"x-github-event", "push"}, {"x-github-delivery", "72d3"}};
	const struct event_place place = {.account = "1", .region = "r", .now_ms = 1764000000000};
	struct cloudevent cloudevent;
	AUTO(buf_done) struct buf text;
	char id[IDENT_UUID_SIZE];
	AUTO(freep) char *wanted = NULL;

	buf_init(&text, EVENT_TEXT_MAX);
	ASSERT_OK(read_webhook(&origin, headers, "{ \"n\" : 1.10 }", &cloudevent), &err);
	ASSERT_OK(event_from_cloudevent(&cloudevent, &place, arena, &text, &err), &err);
	event_cloud_id("github", "72d3", id);
	wanted = xasprintf(
		"{\"version\":\"0\",\"id\":\"%s\",\"detail-type\":\"push\",\"source\":\"github\","
		"\"account\":\"1\",\"time\":\"2025-11-24T16:00:00Z\",\"region\":\"r\","
		"\"resources\":[],\"detail\":{\"n\":1.10},\"cloudevent\":{\"specversion\":\"1.0\","
		"\"id\":\"72d3\",\"source\":\"github\",\"type\":\"push\","
		"\"datacontenttype\":\"application/json\"}}",
		id);
	ck_assert_str_eq(buf_text(&text), wanted);
}
END_TEST

START_TEST(a_body_over_the_limit_is_refused_by_its_size)
{
	const struct webhook_origin origin = {WEBHOOK_BEARER, "s", "t"};
	const struct header headers[HEADERS_MAX] = {JSON_TYPE};
	AUTO(freep) char *body = xcalloc(1, CLOUDEVENT_SIZE_MAX + 2);
	struct cloudevent event;

	memset(body, ' ', CLOUDEVENT_SIZE_MAX + 1);
	memcpy(body, "{}", 2);
	ck_assert_int_eq(read_webhook(&origin, headers, body, &event), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	body[CLOUDEVENT_SIZE_MAX] = '\0';
	err_clear(&err);
	ASSERT_OK(read_webhook(&origin, headers, body, &event), &err);
}
END_TEST

static const struct {
	struct header header;
	bool is;
} marks[] = {
	{{"ce-id", "1"}, true},
	{{"content-type", "application/cloudevents+json"}, true},
	{{"content-type", " Application/CloudEvents-batch+json"}, true},
	{{"content-type", "application/json"}, false},
	{{"cea", "1"}, false},
};

START_TEST(a_cloudevent_is_known_by_its_headers)
{
	ck_assert_int_eq(webhook_is_cloudevent(&marks[_i].header, 1), marks[_i].is);
}
END_TEST

START_TEST(a_source_is_a_reference_and_not_a_services_own)
{
	AUTO(freep) char *word = xcalloc(1, WEBHOOK_WORD_MAX + 2);

	memset(word, 'x', WEBHOOK_WORD_MAX + 1);
	ck_assert(webhook_source_ok("https://github.com/a/b"));
	ck_assert(webhook_source_ok(word + 1));
	ck_assert(!webhook_source_ok(word));
	ck_assert(!webhook_source_ok(""));
	ck_assert(!webhook_source_ok("a b"));
	ck_assert(!webhook_source_ok("aws.ecs"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events/webhook_event");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_loop_test(all, each_service_says_type_and_id_in_its_own_way, 0, ARRAY_LEN(cases));
	tcase_add_test(all, a_delivery_without_an_id_is_always_a_new_event);
	tcase_add_test(all, the_envelope_has_the_body_as_detail_and_the_delivery_beside_it);
	tcase_add_test(all, a_body_over_the_limit_is_refused_by_its_size);
	tcase_add_loop_test(all, a_cloudevent_is_known_by_its_headers, 0, ARRAY_LEN(marks));
	tcase_add_test(all, a_source_is_a_reference_and_not_a_services_own);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
