/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to API destinations: who has a say in what, and that nothing out of an event leaves its
 * place. Tokens as servers answer them.
 */
#include "tests/support/suite.h"

#include <string.h>

#include "events/webhook_request.h"

#define EVENT                                                                                      \
	"{\"id\":\"e\",\"detail-type\":\"t\",\"source\":\"s\",\"account\":\"1\","                  \
	"\"time\":\"2025-11-24T16:00:00Z\",\"region\":\"r\",\"resources\":[],"                     \
	"\"detail\":{\"a\":\"x/../y\",\"up\":\"..\",\"line\":\"b\\r\\nc\",\"n\":1.50,"             \
	"\"list\":[1,2],\"empty\":\"\"}}"
#define KEY_CONNECTION "{'ApiKeyAuthParameters':{'ApiKeyName':'X-Key','ApiKeyValue':'v'}}"

struct scene {
	struct arena *arena;
	json_t *target_json, *connection_json;
	struct webhook_target target;
	struct connection connection;
	struct webhook_request request;
	struct err err;
};

/* Single quotes stand for double ones. */
static json_t *parse(const char *text)
{
	AUTO(freep) char *quoted = xstrdup(text);
	json_t *json;

	for (char *at = quoted; *at; at++) {
		if (*at == '\'')
			*at = '"';
	}
	json = json_loads(quoted, 0, NULL);
	ck_assert_msg(json != NULL, "%s", quoted);
	return json;
}

static void scene_begin(struct scene *scene, const char *target, const char *connection)
{
	*scene = (struct scene){.arena = arena_new(16u << 20), .err = ERR_INIT};
	scene->target_json = parse(target);
	scene->connection_json = parse(connection);
	ck_assert_msg(webhook_target_read(scene->target_json, scene->arena, &scene->target,
					  &scene->err) == 0,
		      "%s", scene->err.text);
	ck_assert_msg(shape_fill(&connection_shape, scene->connection_json, scene->arena,
				 &scene->connection, &scene->err) == 0,
		      "%s", scene->err.text);
}

static void scene_done(struct scene *scene)
{
	json_decref(scene->target_json);
	json_decref(scene->connection_json);
	arena_free(scene->arena);
}

static int make(struct scene *scene, const char *method, const char *endpoint)
{
	const struct webhook_order order = {
		.endpoint = endpoint,
		.method = method,
		.target = &scene->target,
		.connection = &scene->connection,
		.token = "tok",
		.event = {EVENT, strlen(EVENT)},
		.facts = {.rule_arn = "arn", .rule_name = "r", .ingested_ms = 1764000000000},
		.key = "e/default/r/t",
	};

	return webhook_request_make(&order, scene->arena, &scene->request, &scene->err);
}

static const char *header(const struct scene *scene, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < scene->request.header_count; i++) {
		if (strcasecmp(scene->request.headers[i].name, name) != 0)
			continue;
		ck_assert_msg(!found, "%s is there twice", name);
		found = scene->request.headers[i].value;
	}
	return found ? found : "(none)";
}

START_TEST(a_target_without_an_input_sends_the_event_as_it_is)
{
	struct scene scene;

	scene_begin(&scene, "{'Id':'t'}", KEY_CONNECTION);
	ck_assert_int_eq(make(&scene, "POST", "https://h/p"), 0);
	ck_assert_str_eq(scene.request.url, "https://h/p");
	ck_assert_str_eq(scene.request.body, EVENT);
	ck_assert_str_eq(header(&scene, "content-type"), "application/json; charset=utf-8");
	ck_assert_str_eq(header(&scene, "x-key"), "v");
	ck_assert_str_eq(header(&scene, "idempotency-key"), "e/default/r/t");
	ck_assert_str_eq(header(&scene, "authorization"), "(none)");
	scene_done(&scene);
}
END_TEST

static const struct {
	const char *connection, *header, *value;
} authorizations[] = {
	{"{'BasicAuthParameters':{'Username':'me','Password':'pass word'}}", "authorization",
	 "Basic bWU6cGFzcyB3b3Jk"},
	{"{'OAuthParameters':{'ClientParameters':{'ClientID':'i','ClientSecret':'s'},"
	 "'AuthorizationEndpoint':'https://a/','HttpMethod':'POST'}}",
	 "authorization", "Bearer tok"},
	{"{'ApiKeyAuthParameters':{'ApiKeyName':'Authorization','ApiKeyValue':'v w'}}",
	 "authorization", "v w"},
};

START_TEST(each_kind_of_connection_authorizes_in_its_way)
{
	struct scene scene;

	/* Whatever the target says. */
	scene_begin(&scene,
		    "{'Id':'t','HttpParameters':{'HeaderParameters':{'AUTHORIZATION':'mine'}}}",
		    authorizations[_i].connection);
	ck_assert_int_eq(make(&scene, "POST", "https://h/"), 0);
	ck_assert_str_eq(header(&scene, authorizations[_i].header), authorizations[_i].value);
	scene_done(&scene);
}
END_TEST

START_TEST(the_connection_has_the_last_word)
{
	struct scene scene;

	scene_begin(&scene,
		    "{'Id':'t','Input':'{\\\"a\\\":1, \\\"b\\\":[2]}','HttpParameters':{"
		    "'HeaderParameters':{'x':'target','Content-Type':'text/x',"
		    "'Idempotency-Key':'mine'},'QueryStringParameters':{'q':'target','p':'&='}}}",
		    "{'ApiKeyAuthParameters':{'ApiKeyName':'k','ApiKeyValue':'v'},"
		    "'InvocationHttpParameters':{'HeaderParameters':[{'Key':'X','Value':'c'}],"
		    "'QueryStringParameters':[{'Key':'q','Value':'a b'}],'BodyParameters':["
		    "{'Key':'a','Value':'\\\"'},{'Key':'c','Value':'d'}]}}");
	ck_assert_msg(make(&scene, "POST", "https://h/?z=1") == 0, "%s", scene.err.text);
	ck_assert_str_eq(header(&scene, "x"), "c");
	ck_assert_str_eq(header(&scene, "content-type"), "text/x");
	ck_assert_str_eq(header(&scene, "idempotency-key"), "e/default/r/t");
	ck_assert_ptr_nonnull(strstr(scene.request.url, "?z=1&"));
	ck_assert_ptr_nonnull(strstr(scene.request.url, "q=a%20b"));
	ck_assert_ptr_nonnull(strstr(scene.request.url, "p=%26%3D"));
	ck_assert_ptr_null(strstr(scene.request.url, "target"));
	ck_assert_str_eq(scene.request.body, "{\"b\":[2],\"a\":\"\\\"\",\"c\":\"d\"}");
	scene_done(&scene);
}
END_TEST

START_TEST(values_out_of_the_event_stay_in_their_places)
{
	struct scene scene;

	scene_begin(&scene,
		    "{'Id':'t','HttpParameters':{'PathParameterValues':['$.detail.a','$.detail.n'],"
		    "'QueryStringParameters':{'l':'$.detail.list'},'HeaderParameters':"
		    "{'s':'$.source'}}}",
		    KEY_CONNECTION);
	ck_assert_int_eq(make(&scene, "GET", "https://h/*/b/*"), 0);
	ck_assert_str_eq(scene.request.url, "https://h/x%2F..%2Fy/b/1.50?l=%5B1%2C2%5D");
	ck_assert_str_eq(header(&scene, "s"), "s");
	ck_assert_ptr_null(scene.request.body);
	ck_assert_str_eq(header(&scene, "content-type"), "(none)");
	scene_done(&scene);
}
END_TEST

static const struct {
	const char *target, *connection, *method, *why;
} impossible[] = {
	{"{'Id':'t','HttpParameters':{'PathParameterValues':['$.detail.up']}}", KEY_CONNECTION,
	 "POST", "value 1 of the path is no part of a path"},
	{"{'Id':'t','HttpParameters':{'PathParameterValues':['$.detail.empty']}}", KEY_CONNECTION,
	 "POST", "value 1 of the path is no part of a path"},
	{"{'Id':'t','HttpParameters':{'PathParameterValues':['$.detail.none']}}", KEY_CONNECTION,
	 "POST", "nothing is at $.detail.none of the event"},
	{"{'Id':'t'}", KEY_CONNECTION, "POST",
	 "the endpoint has more wildcards than the target has values"},
	{"{'Id':'t','HttpParameters':{'PathParameterValues':['x'],'HeaderParameters':"
	 "{'h':'$.detail.line'}}}",
	 KEY_CONNECTION, "POST", "the value of header h has characters that are not printable"},
	{"{'Id':'t','HttpParameters':{'PathParameterValues':['x']},'Input':'[1]'}",
	 "{'ApiKeyAuthParameters':{'ApiKeyName':'k','ApiKeyValue':'v'},'InvocationHttpParameters':"
	 "{'BodyParameters':[{'Key':'a','Value':'b'}]}}",
	 "POST", "the target's input is no JSON object"},
	{"{'Id':'t','HttpParameters':{'PathParameterValues':['x']}}",
	 "{'ApiKeyAuthParameters':{'ApiKeyName':'k','ApiKeyValue':'v'},'InvocationHttpParameters':"
	 "{'BodyParameters':[{'Key':'a','Value':'b'}]}}",
	 "GET", "parameters of a body, which GET requests do not have"},
};

START_TEST(what_cannot_be_sent_is_said)
{
	struct scene scene;

	scene_begin(&scene, impossible[_i].target, impossible[_i].connection);
	ck_assert_int_lt(make(&scene, impossible[_i].method, "https://h/*"), 0);
	ck_assert_int_eq((int)scene.err.code, (int)ERR_INVALID);
	ck_assert_msg(strstr(scene.err.text, impossible[_i].why) != NULL, "%s", scene.err.text);
	scene_done(&scene);
}
END_TEST

START_TEST(a_token_is_asked_for_as_a_form_or_in_the_query)
{
	static const char *const texts[] = {
		"{'OAuthParameters':{'ClientParameters':{'ClientID':'i','ClientSecret':'s'},"
		"'AuthorizationEndpoint':'https://a/"
		"t?x=1','HttpMethod':'POST','OAuthHttpParameters':{"
		"'BodyParameters':[{'Key':'scope','Value':'a b'}],'QueryStringParameters':"
		"[{'Key':'q','Value':'1'}],'HeaderParameters':[{'Key':'h','Value':'2'}]}}}",
		"{'OAuthParameters':{'ClientParameters':{'ClientID':'i','ClientSecret':'s'},"
		"'AuthorizationEndpoint':'https://a/t','HttpMethod':'GET','OAuthHttpParameters':{"
		"'BodyParameters':[{'Key':'grant_type','Value':'other'}]}}}",
	};
	struct scene scene;

	scene_begin(&scene, "{'Id':'t'}", texts[0]);
	ck_assert_int_eq(webhook_token_request_make(&scene.connection.oauth, scene.arena,
						    &scene.request, &scene.err),
			 0);
	ck_assert_str_eq(scene.request.url, "https://a/t?x=1&q=1");
	ck_assert_str_eq(scene.request.body, "grant_type=client_credentials&scope=a%20b");
	ck_assert_str_eq(header(&scene, "authorization"), "Basic aTpz");
	ck_assert_str_eq(header(&scene, "content-type"), "application/x-www-form-urlencoded");
	ck_assert_str_eq(header(&scene, "h"), "2");
	scene_done(&scene);
	scene_begin(&scene, "{'Id':'t'}", texts[1]);
	ck_assert_int_eq(webhook_token_request_make(&scene.connection.oauth, scene.arena,
						    &scene.request, &scene.err),
			 0);
	ck_assert_str_eq(scene.request.url, "https://a/t?grant_type=other");
	ck_assert_ptr_null(scene.request.body);
	scene_done(&scene);
}
END_TEST

static const struct {
	const char *answer, *token;
	int64_t life_s;
} answers[] = {
	{"{\"access_token\":\"t\",\"token_type\":\"bearer\",\"expires_in\":60}", "t", 60},
	{"{\"access_token\":\"t\",\"expires_in\":\"60\"}", "t", 60},
	{"{\"access_token\":\"t\"}", "t", 0},
	{"{\"access_token\":\"t\",\"expires_in\":-5}", "t", 0},
	{"{\"access_token\":\"t\",\"expires_in\":1e300}", "t", 0},
	{"{\"access_token\":\"t\\r\\nx: y\"}", NULL, 0},
	{"{\"access_token\":\"\"}", NULL, 0},
	{"{\"access_token\":\"t\",\"token_type\":\"mac\"}", NULL, 0},
	{"{\"error\":\"no\"}", NULL, 0},
	{"[]", NULL, 0},
	{"", NULL, 0},
};

START_TEST(answers_with_a_token_are_read_and_others_refused)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 20);
	struct err err = ERR_INIT;
	const char *token = NULL;
	int64_t life_s = -1;
	int result = webhook_token_read(answers[_i].answer, strlen(answers[_i].answer), arena,
					&token, &life_s, &err);

	ck_assert_int_eq(result, answers[_i].token ? 0 : -1);
	if (!answers[_i].token)
		return;
	ck_assert_str_eq(token, answers[_i].token);
	ck_assert_int_eq(life_s, answers[_i].life_s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events/webhook_request");
	TCase *all = tcase_create("all");

	tcase_add_test(all, a_target_without_an_input_sends_the_event_as_it_is);
	tcase_add_loop_test(all, each_kind_of_connection_authorizes_in_its_way, 0,
			    ARRAY_LEN(authorizations));
	tcase_add_test(all, the_connection_has_the_last_word);
	tcase_add_test(all, values_out_of_the_event_stay_in_their_places);
	tcase_add_loop_test(all, what_cannot_be_sent_is_said, 0, ARRAY_LEN(impossible));
	tcase_add_test(all, a_token_is_asked_for_as_a_form_or_in_the_query);
	tcase_add_loop_test(all, answers_with_a_token_are_read_and_others_refused, 0,
			    ARRAY_LEN(answers));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
