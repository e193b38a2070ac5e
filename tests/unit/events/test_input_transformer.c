/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What targets get of events. All answers that were recorded of the real service are compared where
 * the data folder is there (SLIPWAY_SHARED_DATA, else ../shared/data); the rules that they taught
 * stand here as tables.
 */
#include "tests/unit/events/event_world.h"

#include <jansson.h>

#include "events/target_input.h"

#define PAYLOAD "{\"acc_id\":\"0a787ecb-4015\",\"sf_id\":\"baz\"}"
#define DETAIL	"{\"command\":\"update-account\",\"payload\":" PAYLOAD "}"
#define SPECIAL                                                                                    \
	"{\"command\":\"update-account\",\"payload\":" PAYLOAD ",\"listsingle\":[\"HIGH\"],"       \
	"\"listmulti\":[\"ACTIVE\",\"INACTIVE\"],\"valid\":true,\"number\":1.50,\"none\":null,"    \
	"\"quoted\":\"say \\\"hi\\\"\\n\",\"deep\":{\"q\":\"a\\\"b\\\\c\"}}"
#define DUPLICATED                                                                                 \
	"{\"command\":\"update-account\",\"payload\":{\"acc_id\":\"0a787ecb-4015\","               \
	"\"payload\":{\"message\":\"baz\",\"id\":\"123\"}}}"

/* An envelope with the words that the records have in the place of what changes. */
static struct json_slice envelope(const char *detail, const char *id)
{
	AUTO(freep)
	char *text = xasprintf(
		"{\"version\":\"0\",\"id\":\"%s\",\"detail-type\":\"core.update-account-command\","
		"\"source\":\"core.update-account-command\",\"account\":\"111111111111\","
		"\"time\":\"date\",\"region\":\"<region>\",\"resources\":[],\"detail\":%s}",
		id, detail);

	return world_json(text);
}

static const struct input_facts facts = {
	.rule_arn = "arn:<partition>:events:<region>:111111111111:rule/<bus-name>/<rule-name>",
	.rule_name = "<rule-name>",
	.ingested_ms = 1522949460000,
};
#define INGESTED "2018-04-05T17:31:00Z"

static const struct shape_pair paths[] = {
	{"userId", "$.detail.payload.acc_id"},
	{"payload", "$.detail.payload"},
	{"systemstring", "$.detail.awsAccountId"},
	{"listsingle", "$.detail.listsingle"},
	{"listmulti", "$.detail.listmulti"},
	{"valid", "$.detail.valid"},
	{"detail-type", "$.detail-type"},
	{"timestamp", "$.time"},
	{"command", "$.detail.command"},
	{"number", "$.detail.number"},
	{"none", "$.detail.none"},
	{"quoted", "$.detail.quoted"},
	{"deep", "$.detail.deep"},
	{"all", "$.detail.payload.*"},
	{"missing", "$.detail.notinmessage"},
};

static struct target_input_request request_of(const char *template)
{
	return (struct target_input_request){.target = {"<target-id>", 1},
					     .input_template = template,
					     .paths = paths,
					     .path_count = ARRAY_LEN(paths)};
}

/* What a target gets, NULL if nothing is delivered. */
static const char *made_of(const struct target_input_request *request, struct json_slice event)
{
	struct err err = ERR_INIT;
	struct target_input *input;

	ASSERT_OK(target_input_make(request, world, &input, &err), &err);
	if (target_input_apply(input, event, &facts, world, &world_out, &err) == 0)
		return world_written();
	ck_assert_int_eq(err.code, ERR_INVALID);
	buf_clear(&world_out);
	return NULL;
}

static const char *refusal_of(const struct target_input_request *request)
{
	struct err err = ERR_INIT;
	struct target_input *input;

	ck_assert_int_lt(target_input_make(request, world, &input, &err), 0);
	ck_assert_int_eq(err.code, ERR_INVALID);
	return arena_strdup(world, err.text);
}

/* @text with @new for each @old; the arena's. */
static const char *replaced(const char *text, const char *old, const char *new)
{
	AUTO(buf_done) struct buf made;
	struct err err = ERR_INIT;

	buf_init(&made, 1 << 20);
	for (const char *at = strstr(text, old); at; at = strstr(text, old)) {
		ASSERT_OK(buf_append(&made, text, (size_t)(at - text), &err), &err);
		ASSERT_OK(buf_append_text(&made, new, &err), &err);
		text = at + strlen(old);
	}
	ASSERT_OK(buf_append_text(&made, text, &err), &err);
	return arena_strdup(world, buf_text(&made));
}

/* The recorded body @index of @list as text: as it is, or as JSON without blanks. */
static const char *body(json_t *answer, const char *list)
{
	json_t *value = json_object_get(json_array_get(json_object_get(answer, list), 0), "Body");
	const char *text;
	char *dumped;

	if (!value)
		return NULL;
	if (json_is_string(value))
		return arena_strdup(world, json_string_value(value));
	dumped = json_dumps(value, JSON_COMPACT);
	text = arena_strdup(world, dumped);
	free(dumped);
	return text;
}

static void check_body(const char *name, json_t *answer, const char *list, const char *made)
{
	const char *wanted = body(answer, list);

	if (!wanted) {
		ck_assert_msg(made == NULL, "%s: %s", name, made);
		return;
	}
	ck_assert_msg(made != NULL, "%s: nothing", name);
	wanted = replaced(wanted, "<ingestion-time>", "date");
	made = replaced(made, INGESTED, "date");
	ck_assert_msg(strcmp(made, wanted) == 0, "%s:\n%s\n%s", name, made, wanted);
}

static void check_error(const char *name, json_t *answer, const char *member, const char *made)
{
	const char *wanted = NULL;

	ck_assert_msg(json_unpack(answer, "{s:{s:{s:s}}}", member, "Error", "Message", &wanted) ==
			      0,
		      "%s", name);
	ck_assert_str_eq(made, wanted);
}

static void check_path(const char *name, json_t *answer, const char *list, const char *detail,
		       const char *path)
{
	struct target_input_request request = {.target = {"t", 1}, .input_path = path};

	check_body(name, answer, list, made_of(&request, envelope(detail, "<uuid:3>")));
}

/* Both rounds of such a test: all values are there, then one is not. */
static void check_both(const char *name, json_t *answer, const char *template)
{
	struct target_input_request request = request_of(template);

	check_body(name, answer, "custom-variables-match-all",
		   made_of(&request, envelope(DETAIL, "<uuid:2>")));
	request = request_of(replaced(template, "<command>", "<missing>"));
	check_body(name, answer, "custom-variables-not-match-all",
		   made_of(&request, envelope(DETAIL, "<uuid:2>")));
}

static void check_template(const char *name, json_t *answer, const char *list, const char *template,
			   const char *detail)
{
	struct target_input_request request = request_of(template);

	check_body(name, answer, list, made_of(&request, envelope(detail, "<uuid:2>")));
}

#define DEFAULT_STRING                                                                             \
	"\"Event of <detail-type> type, at time <timestamp>, info extracted from detail "          \
	"<command>\""
#define DEFAULT_JSON                                                                               \
	"{\"detailType\": <detail-type>,  \"time\": <timestamp>, \"command\": <command>}"

/* One record: its name says the test, and in brackets the template. */
static void check_record(const char *name, json_t *answer)
{
	const char *test = strstr(name, "test_events_inputs.py::");
	const char *bracket = strchr(name, '[');
	const char *template = "";
	struct target_input_request request;

	ck_assert_ptr_nonnull(test);
	if (bracket)
		template = replaced(arena_strndup(world, bracket + 1, strlen(bracket) - 2), "\\n",
				    "\n");
	if (strstr(test, "nested_keys_replacement"))
		check_template(name, answer, "input-transformed-messages", template, SPECIAL);
	else if (strstr(test, "predefined_variables"))
		check_template(name, answer, "messages", template, DETAIL);
	else if (strstr(test, "input_template_string"))
		check_both(name, answer, bracket ? template : DEFAULT_STRING);
	else if (strstr(test, "input_template_json"))
		check_both(name, answer, DEFAULT_JSON);
	else if (strstr(test, "nested[event_detail0]"))
		check_path(name, answer, "message", DETAIL, "$.detail.payload");
	else if (strstr(test, "nested[event_detail1]"))
		check_path(name, answer, "message", DUPLICATED, "$.detail.payload");
	else if (strstr(test, "max_level_depth"))
		check_path(name, answer, "message", DETAIL, "$.detail.payload.sf_id");
	else if (strstr(test, "multiple_targets")) {
		check_path(name, answer, "message-queue-1", DETAIL, "$.detail");
		check_path(name, answer, "message-queue-2", DETAIL, NULL);
	} else if (strstr(test, "TestInputPath::test_put_events_with_input_path"))
		check_path(name, answer, "message", DETAIL, "$.detail");
	else if (strstr(test, "missing_keys")) {
		request = request_of("\"Event of <detail-type> type, with not defined key "
				     "<notdefinedkey>\"");
		check_error(name, answer, "missing-key-exception-error", refusal_of(&request));
	} else if (strstr(test, "input_path_and_input_transformer")) {
		request = request_of(DEFAULT_JSON);
		request.input_path = "$.detail";
		check_error(name, answer, "duplicated-input-operations-error",
			    refusal_of(&request));
	} else {
		ck_abort_msg("no test for %s", name);
	}
}

#define RECORDS_EXPECTED 31

START_TEST(all_recorded_answers_are_given)
{
	const char *set = getenv("SLIPWAY_SHARED_DATA");
	AUTO(freep)
	char *path = xasprintf("%s/events/input-transformer.snapshot.json",
			       set ? set : "../shared/data");
	json_t *snapshot = json_load_file(path, 0, NULL);
	const char *name;
	json_t *record;

	if (!snapshot) {
		(void)printf("input_transformer: no recorded answers, skipped\n");
		return;
	}
	json_object_foreach (snapshot, name, record)
		check_record(name, json_object_get(record, "recorded-content"));
	ck_assert_uint_eq(json_object_size(snapshot), RECORDS_EXPECTED);
	json_decref(snapshot);
}
END_TEST

START_TEST(values_are_put_in_by_where_they_stand)
{
	static const struct {
		const char *template, *wanted; /* NULL: the event is dropped */
	} cases[] = {
		{"{\"a\": <userId>}", "{\"a\":\"0a787ecb-4015\"}"},
		{"{\"a\": \"<userId>\"}", "{\"a\":\"0a787ecb-4015\"}"},
		{"{\"a\": \"x/<userId>/<number>\"}", "{\"a\":\"x/0a787ecb-4015/1.50\"}"},
		{"{\"a\": [<number>, <valid>, <none>, <missing>]}",
		 "{\"a\":[1.50,true,null,\"\"]}"},
		{"{\"a\": \"<number> <valid> <none> <missing>\"}", "{\"a\":\"1.50 true null \"}"},
		{"{\"a\": <payload>}", "{\"a\":" PAYLOAD "}"},
		{"{\"a\": \"<payload>\"}", NULL},
		{"{\"not_valid\": \"users-service/users/<payload>\", \"bod\": <payload>}", NULL},
		{"{\"a\": \"<listsingle>\"}", NULL},
		{"<payload>", PAYLOAD},
		{" <userId>\n", "\"0a787ecb-4015\""},
		{"<listsingle> single list item", NULL},
		{"plain", NULL},
		{"{\"a\": <userId>", NULL},
		{"\"<payload>\"", "\"{acc_id:0a787ecb-4015,sf_id:baz}\""},
		{"\"<deep>\"", "\"{q:ab\\\\c}\""},
		{"\"<all>\"", "\"[0a787ecb-4015,baz]\""},
		{"{\"a\": <all>}", "{\"a\":[\"0a787ecb-4015\",\"baz\"]}"},
		{"\"one <userId>\"\n\"two\"\n", "\"one 0a787ecb-4015\"\n\"two\""},
		{"\"one\" two", NULL},
		{"\"one\"\"two\"", NULL},
		{"\"one", NULL},
		{"\"instance \\\"<userId>\\\" is\"", "\"instance \\\"0a787ecb-4015\\\" is\""},
		{"{\"a\": \"say \\\"<userId>\\\"\"}", "{\"a\":\"say \\\"0a787ecb-4015\\\"\"}"},
		{"\"a < b\"", "\"a < b\""},
		{"\"a\tb\"", NULL},
		{"{\"<userId>\": 1}", "{\"0a787ecb-4015\":1}"},
		{"{\"e\": <aws.events.event.ingestion-time>}", "{\"e\":\"" INGESTED "\"}"},
		{"{\"e\": \"<aws.events.event.json>\"}", NULL},
		{"5", "5"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target_input_request request = request_of(cases[i].template);
		const char *made = made_of(&request, envelope(SPECIAL, "i"));

		if (!cases[i].wanted)
			ck_assert_msg(!made, "%s: %s", cases[i].template, made);
		else
			ck_assert_msg(made && strcmp(made, cases[i].wanted) == 0, "%s: %s",
				      cases[i].template, made);
	}
}
END_TEST

START_TEST(no_value_can_end_the_string_around_it)
{
	struct target_input_request request = request_of("{\"a\": \"<quoted>\", \"b\": <quoted>}");

	ck_assert_str_eq(made_of(&request, envelope(SPECIAL, "i")),
			 "{\"a\":\"say \\\"hi\\\"\\n\",\"b\":\"say \\\"hi\\\"\\n\"}");
	request = request_of("\"<quoted>\"");
	ck_assert_str_eq(made_of(&request, envelope(SPECIAL, "i")), "\"say \\\"hi\\\"\\n\"");
}
END_TEST

START_TEST(placeholders_that_nobody_defined_are_refused)
{
	struct target_input_request request = request_of("{\"a\": <aws.events.other>}");

	ck_assert_str_eq(refusal_of(&request), "InputTemplate for target <target-id> contains "
					       "invalid placeholder aws.events.other.");
	request = request_of("\"<>\"");
	ck_assert_str_eq(refusal_of(&request),
			 "InputTemplate for target <target-id> contains invalid placeholder .");
	request = request_of("\"<a b>\"");
	ck_assert_str_eq(refusal_of(&request),
			 "InputTemplate for target <target-id> contains invalid placeholder a b.");
}
END_TEST

START_TEST(members_beyond_the_limits_are_named)
{
	struct shape_pair many[INPUT_PATHS_MAX + 1];
	struct shape_pair one = {"aws.x", "$.a"};
	AUTO(freep) char *long_text = xcalloc(1, INPUT_TEMPLATE_MAX + 2);
	struct target_input_request request = request_of("5");

	request.paths = many;
	request.path_count = ARRAY_LEN(many);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct shape_pair){arena_printf(world, "n%zu", i), "$.detail"};
	ck_assert_ptr_nonnull(
		strstr(refusal_of(&request),
		       "'targets.1.member.inputTransformer.inputPathsMap' failed to "
		       "satisfy constraint: Member must have length less than or equal "
		       "to 100"));
	request.path_count = INPUT_PATHS_MAX;
	ck_assert_str_eq(made_of(&request, envelope(DETAIL, "i")), "5");
	request.paths = &one;
	request.path_count = 1;
	ck_assert_ptr_nonnull(strstr(refusal_of(&request), "Value 'aws.x' at"));
	one.key = "x";
	one.value = "$.a['b']";
	ck_assert_ptr_nonnull(strstr(refusal_of(&request),
				     "InputPathsMap for target <target-id> is not valid, x: "));
	memset(long_text, ' ', INPUT_TEMPLATE_MAX + 1);
	request = request_of(long_text);
	ck_assert_ptr_nonnull(strstr(refusal_of(&request), "less than or equal to 8192"));
	request = request_of("");
	ck_assert_ptr_nonnull(strstr(refusal_of(&request), "greater than or equal to 1"));
}
END_TEST

START_TEST(a_constant_is_checked_and_shortened)
{
	struct target_input_request request = {.target = {"t", 1}, .input = "{ \"a\":\n 1.0 }"};

	ck_assert_str_eq(made_of(&request, envelope(DETAIL, "i")), "{\"a\":1.0}");
	request.input = "{'a'}";
	ck_assert_str_eq(refusal_of(&request), "JSON syntax error in input for target t: [Source: "
					       "(String)\"{'a'}\"; line: 1, column: 2]");
	request.input = "{\n\"a\": x}";
	ck_assert_ptr_nonnull(strstr(refusal_of(&request), "line: 2, column: 6]"));
	request.input = "";
	ck_assert_ptr_nonnull(strstr(refusal_of(&request), "JSON syntax error"));
	request.input = "1";
	request.input_path = "$";
	ck_assert_str_eq(refusal_of(&request),
			 "Only one of Input, InputPath, or InputTransformer must "
			 "be provided for target t.");
}
END_TEST

START_TEST(a_path_to_nothing_is_an_error)
{
	struct target_input_request request = {.target = {"t", 1}, .input_path = "$.detail.no"};
	struct target_input *input;
	struct err err = ERR_INIT;

	ASSERT_OK(target_input_make(&request, world, &input, &err), &err);
	ck_assert_int_lt(
		target_input_apply(input, envelope(DETAIL, "i"), &facts, world, &world_out, &err),
		0);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	request.input_path = "detail";
	ck_assert_ptr_nonnull(
		strstr(refusal_of(&request), "InputPath for target t is not valid: "));
}
END_TEST

START_TEST(a_template_cannot_make_an_input_without_bounds)
{
	AUTO(freep) char *big = xcalloc(1, 100001);
	AUTO(freep) char *detail = NULL;
	AUTO(buf_done) struct buf template;
	struct target_input_request request;
	struct target_input *input;
	struct err err = ERR_INIT;

	memset(big, 'x', 100000);
	detail = xasprintf("{\"payload\":\"%s\"}", big);
	buf_init(&template, INPUT_TEMPLATE_MAX);
	ASSERT_OK(buf_append_text(&template, "\"", &err), &err);
	for (int i = 0; i < 800; i++)
		ASSERT_OK(buf_append_text(&template, "<payload>", &err), &err);
	ASSERT_OK(buf_append_text(&template, "\"", &err), &err);
	request = request_of(buf_text(&template));
	ASSERT_OK(target_input_make(&request, world, &input, &err), &err);
	ck_assert_int_lt(
		target_input_apply(input, envelope(detail, "i"), &facts, world, &world_out, &err),
		0);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		all_recorded_answers_are_given,
		values_are_put_in_by_where_they_stand,
		no_value_can_end_the_string_around_it,
		placeholders_that_nobody_defined_are_refused,
		members_beyond_the_limits_are_named,
		a_constant_is_checked_and_shortened,
		a_path_to_nothing_is_an_error,
		a_template_cannot_make_an_input_without_bounds,
	};

	return world_run("gateway/input_transformer", tests, ARRAY_LEN(tests));
}
