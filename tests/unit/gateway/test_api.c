/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The road itself: who is asked what in which order, and how answers look in
 * either protocol; and the small parsers beside it.
 */
#include "api_world.h"

#include "gateway/api_table.h"
#include "gateway/page_token.h"
#include "gateway/query_form.h"

#define ECS "AmazonEC2ContainerServiceV20141113."

struct asked {
	const char *method, *path, *query, *target, *type, *body;
	bool is_stranger;
	bool is_signed; /* has an Authorization header, whoever it is */
};

static struct answer send_asked(const struct asked *asked)
{
	struct header headers[4];
	struct request request = {
		.method = asked->method ? asked->method : "POST",
		.path = asked->path ? asked->path : "/",
		.query = asked->query ? asked->query : "",
		.headers = headers,
		.body = (const uint8_t *)(asked->body ? asked->body : ""),
		.body_len = asked->body ? strlen(asked->body) : 0,
		.http_major = 2,
	};

	if (asked->target)
		headers[request.header_count++] = (struct header){"x-amz-target", asked->target};
	if (asked->type)
		headers[request.header_count++] = (struct header){"content-type", asked->type};
	if (asked->is_signed)
		headers[request.header_count++] = (struct header){"authorization", "AWS4..."};
	if (!asked->is_stranger)
		headers[request.header_count++] = (struct header){"x-test-account", world_caller};
	return world_send(world.state, &request);
}

#define FORM	"application/x-www-form-urlencoded"
#define MISSING "MissingAuthenticationTokenException"
#define UNKNOWN "UnknownOperationException"

static const struct {
	struct asked asked;
	int status;
	const char *type, *message; /* NULL: a success */
} rows[] = {
	{{.target = ECS "ListClusters", .body = "{}"}, 200, NULL, NULL},
	{{.target = ECS "ListClusters"}, 200, NULL, NULL},
	{{.target = ECS "ListClusters", .body = "{\"noise\":{\"a\":[1,null]}}"}, 200, NULL, NULL},
	{{.target = ECS "ListClusters", .is_stranger = true},
	 400,
	 MISSING,
	 "Missing Authentication Token"},
	/* A stranger is a stranger first, whatever he asks. */
	{{.target = ECS "Nothing", .is_stranger = true},
	 400,
	 MISSING,
	 "Missing Authentication Token"},
	{{.target = ECS "ListClusters", .body = "{", .is_stranger = true},
	 400,
	 MISSING,
	 "Missing Authentication Token"},
	{{.is_stranger = true}, 400, MISSING, "Missing Authentication Token"},
	{{.method = "GET", .is_stranger = true}, 400, MISSING, "Missing Authentication Token"},
	{{.is_stranger = true, .is_signed = true}, 400, UNKNOWN, ""},
	{{.target = "AmazonSQS.ListQueues", .is_signed = true}, 400, UNKNOWN, ""},
	{{.target = ECS "Nothing"}, 400, UNKNOWN, ""},
	{{.target = ECS ""}, 400, UNKNOWN, ""},
	{{.target = "AmazonEC2ContainerServiceV20141113", .is_signed = true}, 400, UNKNOWN, ""},
	{{.target = ECS "listclusters"}, 400, UNKNOWN, ""},
	{{.target = ECS "ListClusters", .method = "GET"}, 400, UNKNOWN, ""},
	{{.target = ECS "ListClusters", .path = "/elsewhere"}, 400, UNKNOWN, ""},
	{{.target = ECS "ListClusters", .body = "{"},
	 400,
	 "SerializationException",
	 "the document ends too early (byte 1)"},
	{{.target = ECS "ListClusters", .body = "[]"},
	 400,
	 "SerializationException",
	 "the document must be a JSON object"},
	{{.target = ECS "ListClusters", .body = "{\"a\":1,\"a\":2}"},
	 400,
	 "SerializationException",
	 "the document names a member twice (byte 10)"},
	{{.target = ECS "ListClusters", .body = "{}x"},
	 400,
	 "SerializationException",
	 "the document goes on behind its end (byte 2)"},
	{{.target = ECS "ListClusters", .body = "{\"a\":\"\xff\"}"},
	 400,
	 "SerializationException",
	 "the document is not UTF-8 (byte 6)"},
	{{.target = ECS "ListClusters", .body = "{\"maxResults\":\"x\"}"},
	 400,
	 "InvalidParameterException",
	 "maxResults must be an integer."},
};

START_TEST(requests_are_answered_in_the_apis_form)
{
	struct answer answer = send_asked(&rows[_i].asked);

	ck_assert_int_eq(answer.status, rows[_i].status);
	ck_assert_ptr_nonnull(answer.body);
	if (rows[_i].type) {
		ck_assert_str_eq(answer.type, rows[_i].type);
		/* Byte positions are jansson's and may differ by its version. */
		ck_assert_msg(strncmp(answer.message, rows[_i].message,
				      strcspn(rows[_i].message, "(")) == 0,
			      "%s", answer.message);
	}
	answer_done(&answer);
}
END_TEST

START_TEST(deep_and_strange_bodies_are_errors_of_the_client)
{
	static const char *const bodies[] = {
		"{\"tasks\":1}",
		"{\"tasks\":{}}",
		"{\"tasks\":[1]}",
		"{\"tasks\":[null]}",
		"{\"tasks\":[[\"a\"]]}",
		"{\"tasks\":[\"\"]}",
		"{\"include\":[\"x\"],\"tasks\":[\"x\"]}",
		"{\"cluster\":[]}",
		"{\"cluster\":\"\\u0000\"}",
		"{\"cluster\":1e999}",
		"nul",
		"\"x\"",
		"{\"tasks\":[\"\\ud800\"]}",
		"\x01",
	};
	char *deep = xcalloc(100001, 1);
	struct answer answer;

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		answer = world_ask_on(world.state, "DescribeTasks", bodies[i]);
		ck_assert_msg(answer.status == 400, "%s: %s", bodies[i], answer.text);
		ck_assert_msg(answer.message[0] != '\0', "%s", bodies[i]);
		answer_done(&answer);
	}
	memset(deep, '[', 100000);
	answer = world_ask_on(world.state, "DescribeTasks", deep);
	ck_assert_str_eq(answer.type, "SerializationException");
	answer_done(&answer);
	free(deep);
}
END_TEST

START_TEST(every_operation_stands_an_empty_request)
{
	for (size_t i = 0; i < api_operation_count; i++) {
		struct answer answer;

		if (strcmp(api_operations[i]->service, "ecs") != 0)
			continue;
		answer = ask(api_operations[i]->name, "{}");
		ck_assert_msg(answer.status == 200 || answer.status == 400, "%s %s",
			      api_operations[i]->name, answer.text);
		answer_done(&answer);
	}
}
END_TEST

START_TEST(the_table_is_sorted_and_every_row_is_found)
{
	for (size_t i = 0; i < api_operation_count; i++) {
		const struct operation *row = api_operations[i];
		const struct operation *before = i > 0 ? api_operations[i - 1] : NULL;

		ck_assert_ptr_eq(api_operation_find(row->service, row->name), row);
		ck_assert_ptr_nonnull(row->shape);
		ck_assert_ptr_nonnull(row->handler);
		ck_assert_ptr_nonnull(row->shape_error);
		if (before && strcmp(before->service, row->service) == 0)
			ck_assert_msg(strcmp(before->name, row->name) < 0, "%s", row->name);
		else if (before)
			ck_assert_int_lt(strcmp(before->service, row->service), 0);
	}
	ck_assert_ptr_null(api_operation_find("ecs", "GetCallerIdentity"));
}
END_TEST

START_TEST(a_role_may_do_what_its_policy_says)
{
	struct answer answer =
		ask("RegisterTaskDefinition",
		    "{'family':'f','cpu':'256','memory':'512','networkMode':'awsvpc',"
		    "'requiresCompatibilities':['FARGATE'],'taskRoleArn':'runner',"
		    "'containerDefinitions':[{'name':'c','image':'i'}]}");

	ck_assert_msg(answer.status == 200, "%s", answer.text);
	answer_done(&answer);
	answer = ask("CreateCluster", "{}");
	answer_done(&answer);
	world_role = "reader";
	answer = ask("ListTasks", "{}");
	ck_assert_msg(answer.status == 200, "%s", answer.text);
	answer_done(&answer);
	answer = ask("StopTask", "{'task':'x'}");
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	ck_assert_ptr_nonnull(strstr(answer.message, "is not authorized to perform: ecs:StopTask "
						     "on resource: * because no identity-based "
						     "policy allows the ecs:StopTask action"));
	answer_done(&answer);
	/* Its tasks may not do more than itself. */
	answer = ask("RunTask", "{'taskDefinition':'f'}");
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	ck_assert_ptr_nonnull(strstr(answer.message, "iam:PassRole on resource: runner"));
	answer_done(&answer);
	world_role = "runner";
	answer = ask("RunTask", "{'taskDefinition':'f'}");
	ck_assert_msg(answer.status == 200, "%s", answer.text);
	answer_done(&answer);
	world_role = "gone";
	answer = ask("ListTasks", "{}");
	ck_assert_str_eq(answer.type, "AccessDeniedException");
	answer_done(&answer);
	world_role = NULL;
}
END_TEST

START_TEST(a_caller_learns_who_he_is_in_xml)
{
	static const struct asked ways[] = {
		{.type = FORM, .body = "Action=GetCallerIdentity&Version=2011-06-15"},
		{.type = FORM "; charset=utf-8",
		 .body = "Version=2011-06-15&Action=Get%43allerIdentity&Extra=a+b"},
		{.method = "GET", .query = "Action=GetCallerIdentity&Version=2011-06-15"},
	};
	char want[128];

	(void)snprintf(want, sizeof(want), "<Arn>arn:aws:iam::%s:user/alice</Arn><UserId>AIDA",
		       world.account);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct answer answer = send_asked(&ways[i]);

		ck_works(answer);
		ck_assert_msg(strstr(answer.text, want), "%s", answer.text);
		ck_assert(strstr(answer.text, "<GetCallerIdentityResponse xmlns="
					      "\"https://sts.amazonaws.com/doc/2011-06-15/\">"));
		ck_assert(strstr(answer.text, "<RequestId>"));
		answer_done(&answer);
	}
}
END_TEST

START_TEST(query_errors_are_xml_with_their_own_names)
{
	static const struct {
		struct asked asked;
		int status;
		const char *part;
	} ways[] = {
		{{.type = FORM,
		  .body = "Action=GetCallerIdentity&Version=2011-06-15",
		  .is_stranger = true},
		 403,
		 "<Code>MissingAuthenticationToken</Code>"},
		{{.type = FORM, .body = "Action=AssumeRole&Version=2011-06-15"},
		 400,
		 "<Code>InvalidAction</Code><Message>Could not find operation AssumeRole for "
		 "version 2011-06-15</Message>"},
		{{.type = FORM, .body = "Action=%3Cx%26&Version=2011-06-15"},
		 400,
		 "operation &lt;x&amp; for version"},
	};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct answer answer = send_asked(&ways[i].asked);

		ck_assert_int_eq(answer.status, ways[i].status);
		ck_assert_msg(strstr(answer.text, ways[i].part), "%s", answer.text);
		ck_assert(strstr(answer.text, "<ErrorResponse xmlns="));
		answer_done(&answer);
	}
}
END_TEST

START_TEST(forms_are_decoded_or_refused)
{
	static const struct {
		const char *form, *json; /* NULL: refused */
	} forms[] = {
		{"", "{}"},
		{"a=b", "{\"a\":\"b\"}"},
		{"a=b&c=", "{\"a\":\"b\",\"c\":\"\"}"},
		{"&&a&&", "{\"a\":\"\"}"},
		{"a%20b=%C3%A9+x=y", "{\"a b\":\"\xc3\xa9 x=y\"}"},
		{"a=1&a=2", NULL},
		{"a=%", NULL},
		{"a=%4", NULL},
		{"a=%zz", NULL},
		{"a=%00", NULL},
		{"a=%ff", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(json_decrefp) json_t *object = NULL;
		AUTO(freep) char *text = NULL;
		struct err err = ERR_INIT;
		int result = query_form_parse(forms[i].form, strlen(forms[i].form), &object, &err);

		ck_assert_msg((result == 0) == (forms[i].json != NULL), "%s", forms[i].form);
		if (result == 0) {
			text = out_dump(object);
			ck_assert_str_eq(text, forms[i].json);
		}
	}
}
END_TEST

START_TEST(a_token_fits_its_own_list_only)
{
	struct arena *arena = arena_new(1 << 20);
	struct err err = ERR_INIT;
	const char *token;
	const char *last;

	ck_assert_int_eq(page_token_make(arena, "ListTasks", "a b", &token, &err), 0);
	ck_assert_int_eq(page_token_read(arena, "ListTasks", token, &last, &err), 0);
	ck_assert_str_eq(last, "a b");
	ck_assert_int_eq(page_token_read(arena, "ListClusters", token, &last, &err), -1);
	ck_assert_int_eq(page_token_read(arena, "ListTask", token, &last, &err), -1);
	ck_assert_int_eq(page_token_read(arena, "ListTasks", "4", &last, &err), -1);
	ck_assert_int_eq(
		page_token_read(arena, "ListTasks", "4c6973745461736b73200041", &last, &err), -1);
	arena_free(arena);
}
END_TEST

START_TEST(text_that_is_not_utf8_is_mended_not_lost)
{
	static const struct {
		const char *text, *want;
	} texts[] = {
		{"plain", "plain"},	  {"caf\xc3\xa9", "caf\xc3\xa9"},
		{"a\xff\xfe z", "a?? z"}, {"\xc3", "?"},
		{"\xe2\x82", "??"},	  {"\xf0\x9f\x98\x80!\xc0\x80", "\xf0\x9f\x98\x80!??"},
		{"\xed\xa0\x80", "???"},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(json_decrefp) json_t *string = out_string(texts[i].text);

		ck_assert_str_eq(json_string_value(string), texts[i].want);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("api");
	TCase *tests = tcase_create("api");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_add_loop_test(tests, requests_are_answered_in_the_apis_form, 0, ARRAY_LEN(rows));
	tcase_add_test(tests, deep_and_strange_bodies_are_errors_of_the_client);
	tcase_add_test(tests, every_operation_stands_an_empty_request);
	tcase_add_test(tests, the_table_is_sorted_and_every_row_is_found);
	tcase_add_test(tests, a_role_may_do_what_its_policy_says);
	tcase_add_test(tests, a_caller_learns_who_he_is_in_xml);
	tcase_add_test(tests, query_errors_are_xml_with_their_own_names);
	tcase_add_test(tests, forms_are_decoded_or_refused);
	tcase_add_test(tests, a_token_fits_its_own_list_only);
	tcase_add_test(tests, text_that_is_not_utf8_is_mended_not_lost);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
