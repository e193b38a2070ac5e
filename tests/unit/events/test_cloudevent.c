/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudEvents of requests, in all modes; what is refused; the conformance samples.
 */
#include "tests/unit/events/cloudevent_sample.h"

#define HEADERS(...)                                                                               \
	(const struct header[]){__VA_ARGS__},                                                      \
		sizeof((const struct header[]){__VA_ARGS__}) / sizeof(struct header)
#define CE_MINIMUM                                                                                 \
	{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"},                            \
	{                                                                                          \
		"ce-type", "t"                                                                     \
	}
#define STRUCTURED                                                                                 \
	{                                                                                          \
		"content-type", "application/cloudevents+json"                                     \
	}
#define BATCHED                                                                                    \
	{                                                                                          \
		"content-type", "application/cloudevents-batch+json; charset=UTF-8"                \
	}
#define MINIMUM "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\""

static struct cloudevents read_ok(const struct header *headers, size_t count, const char *body)
{
	struct cloudevents events = {0};
	struct err err = ERR_INIT;

	ASSERT_OK(cloudevents_read(headers, count, (const uint8_t *)body, strlen(body), world,
				   &events, &err),
		  &err);
	return events;
}

/* Refused with @code, and the text has @word. */
static void refused(const struct header *headers, size_t count, const char *body,
		    enum err_code code, const char *word)
{
	struct cloudevents events = {.count = 77};
	struct err err = ERR_INIT;

	ck_assert_msg(cloudevents_read(headers, count, (const uint8_t *)body, strlen(body), world,
				       &events, &err) < 0,
		      "taken, but %s", word);
	ck_assert_msg(err.code == code && strstr(err.text, word), "%s instead of %s", err.text,
		      word);
	ck_assert_uint_eq(events.count, 77);
}

static const char *json_of(const struct cloudevent *event)
{
	struct err err = ERR_INIT;

	ASSERT_OK(cloudevent_write_json(event, &world_out, &err), &err);
	return world_written();
}

START_TEST(a_binary_request_is_an_event)
{
	struct cloudevents events =
		read_ok(HEADERS(CE_MINIMUM, {"ce-time", "2018-04-05T03:56:24Z"}, {"ce-myext", "5"},
				{"content-type", "application/json; charset=utf-8"}, {"host", "h"}),
			"{\"a\": 1.10}");

	ck_assert_int_eq(events.mode, CLOUDEVENT_BINARY);
	ck_assert_str_eq(
		json_of(events.events),
		"{" MINIMUM ",\"datacontenttype\":\"application/json; charset=utf-8\","
		"\"time\":\"2018-04-05T03:56:24Z\",\"myext\":\"5\",\"data\":{\"a\":1.10}}");
}
END_TEST

START_TEST(a_structured_request_is_an_event)
{
	struct cloudevents events = read_ok(
		HEADERS(STRUCTURED, {"ce-id", "not looked at"}),
		"{ " MINIMUM ", \"subject\": null, \"b\": true, \"n\": -5, \"data\": [1.10] }");

	ck_assert_int_eq(events.mode, CLOUDEVENT_STRUCTURED);
	ck_assert_ptr_null(events.events->subject);
	ck_assert_str_eq(json_of(events.events),
			 "{" MINIMUM ",\"b\":true,\"n\":-5,\"data\":[1.10]}");
}
END_TEST

START_TEST(a_batch_is_all_its_events)
{
	struct cloudevents events = read_ok(HEADERS(BATCHED), "[{" MINIMUM "},{" MINIMUM "}]");

	ck_assert_int_eq(events.mode, CLOUDEVENT_BATCHED);
	ck_assert_uint_eq(events.count, 2);
	ck_assert_str_eq(json_of(&events.events[1]), "{" MINIMUM "}");
	ck_assert_uint_eq(read_ok(HEADERS(BATCHED), "[]").count, 0);
	refused(HEADERS(BATCHED), "[{" MINIMUM "},{\"id\":\"1\"}]", ERR_INVALID,
		"event 2 of the batch: specversion is required");
	refused(HEADERS(BATCHED), "{" MINIMUM "}", ERR_INVALID, "must be a JSON array");
	refused(HEADERS(STRUCTURED), "[{" MINIMUM "}]", ERR_INVALID, "must be a JSON object");
}
END_TEST

START_TEST(what_data_is_depends_on_its_type)
{
	static const struct {
		const char *type, *body;
		enum cloudevent_data kind;
		const char *json;
	} cases[] = {
		{"application/json", "\"x\"", CLOUDEVENT_JSON, "\"data\":\"x\""},
		{"application/vnd.a+JSON", "{ }", CLOUDEVENT_JSON, "\"data\":{}"},
		{"text/plain", "{ }", CLOUDEVENT_TEXT, "\"data\":\"{ }\""},
		{"text/plain; charset=utf-8", "\xc3\xa4", CLOUDEVENT_TEXT, "\"data\":\"\xc3\xa4\""},
		{"text/plain; charset=iso-8859-1", "\xe4", CLOUDEVENT_BYTES,
		 "\"data_base64\":\"5A==\""},
		{"text/plain", "\xe4", CLOUDEVENT_BYTES, "\"data_base64\":\"5A==\""},
		{"application/xml", "<a/>", CLOUDEVENT_TEXT, "\"data\":\"<a/>\""},
		{"image/png", "abc", CLOUDEVENT_BYTES, "\"data_base64\":\"YWJj\""},
		{NULL, "abc", CLOUDEVENT_BYTES, "\"data_base64\":\"YWJj\""},
		{"text/plain", "", CLOUDEVENT_NO_DATA, ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct header headers[] = {CE_MINIMUM, {"content-type", cases[i].type}};
		struct cloudevents events = read_ok(headers, cases[i].type ? 5 : 4, cases[i].body);
		struct cloudevents again;

		ck_assert_int_eq(events.events->data_kind, cases[i].kind);
		ck_assert_msg(strstr(json_of(events.events), cases[i].json), "%s", cases[i].json);
		again = read_ok(HEADERS(STRUCTURED), json_of(events.events));
		ck_assert_int_eq(again.events->data_kind, cases[i].kind);
		ck_assert_str_eq(json_of(again.events), json_of(events.events));
	}
	refused(HEADERS(CE_MINIMUM, {"content-type", "application/json"}), "{", ERR_INVALID,
		"the body is not what its content-type says");
}
END_TEST

START_TEST(headers_are_unquoted_and_decoded_once)
{
	static const struct {
		const char *header, *value;
	} cases[] = {
		{"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"%2525", "%25"},
		{"\"a b\"", "a b"},
		{"\"a \\\"b\\\" \\\\\"", "a \"b\" \\"},
		{"\"%20\"", " "},
		{"a b", "a b"},
		{"  trimmed ", "trimmed"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cloudevents events =
			read_ok(HEADERS(CE_MINIMUM, {"ce-ext", cases[i].header}), "");

		ck_assert_str_eq(events.events->extensions[0].value, cases[i].value);
	}
}
END_TEST

START_TEST(broken_headers_are_refused)
{
	static const struct {
		const char *name, *value, *word;
	} cases[] = {
		{"ce-ext", "%C0%A0", "ext is not UTF-8"},
		{"ce-ext", "\xff", "ext is not UTF-8"},
		{"ce-ext", "%ED%A0%80", "ext is not UTF-8"},
		{"ce-ext", "%0A", "ext is not UTF-8 or has a character"},
		{"ce-ext", "%C2%85", "ext is not UTF-8 or has a character"},
		{"ce-ext", "%EF%BF%BF", "ext is not UTF-8 or has a character"},
		{"ce-ext", "%00", "NUL"},
		{"ce-ext", "100%", "ext: has a broken percent-encoding"},
		{"ce-ext", "%2", "broken percent-encoding"},
		{"ce-ext", "%zz", "broken percent-encoding"},
		{"ce-ext", "\"a", "not closed"},
		{"ce-ext", "\"a\"b\"", "quote inside"},
		{"ce-ext", "\"a\\\"", "not closed"},
		{"ce-my_ext", "a", "only a-z and 0-9"},
		{"ce-my-ext", "a", "only a-z and 0-9"},
		{"ce-", "a", "from 1 to"},
		{"ce-data", "a", "data is no attribute"},
		{"ce-datacontenttype", "a/b", "content-type"},
		{"ce-id", "2", "id is given twice"},
		{"ce-subject", "", "subject must not be empty"},
		{"ce-time", "yesterday", "time: is no time of RFC 3339"},
		{"ce-dataschema", "/relative", "absolute URI"},
		{"content-type", "nonsense", "media type"},
		{"content-type", "text/plain x", "media type"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		refused(HEADERS(CE_MINIMUM, {cases[i].name, cases[i].value}), "", ERR_INVALID,
			cases[i].word);
	refused(HEADERS(CE_MINIMUM, {"ce-a", "1"}, {"ce-a", "1"}), "", ERR_INVALID,
		"a is given twice");
	refused(HEADERS(CE_MINIMUM, {"content-type", "a/b"}, {"content-type", "a/b"}), "",
		ERR_INVALID, "content-type is given twice");
}
END_TEST

START_TEST(broken_json_events_are_refused)
{
	static const struct {
		const char *body, *word;
	} cases[] = {
		{"{" MINIMUM, "the body: not JSON"},
		{"{\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}", "specversion is required"},
		{"{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}",
		 "specversion must be 1.0"},
		{"{\"specversion\":\"1.0\",\"source\":\"/s\",\"type\":\"t\"}", "id is required"},
		{"{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/s\",\"type\":\"t\"}",
		 "id must not be empty"},
		{"{\"specversion\":\"1.0\",\"id\":5,\"source\":\"/s\",\"type\":\"t\"}",
		 "id must be a string"},
		{"{\"specversion\":\"1.0\",\"id\":null,\"source\":\"/s\",\"type\":\"t\"}",
		 "id is required"},
		{"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"a b\",\"type\":\"t\"}",
		 "source must be a URI-reference"},
		{"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"%g1\",\"type\":\"t\"}",
		 "source must be a URI-reference"},
		{"{" MINIMUM ",\"id\":\"2\"}", "id is given twice"},
		{"{" MINIMUM ",\"MyExt\":\"2\"}", "only a-z and 0-9"},
		{"{" MINIMUM ",\"e\":{}}", "e must be a string, true, false or an integer"},
		{"{" MINIMUM ",\"e\":[]}", "e must be a string"},
		{"{" MINIMUM ",\"e\":1.5}", "e must be a string"},
		{"{" MINIMUM ",\"e\":2147483648}", "e must be a string"},
		{"{" MINIMUM ",\"e\":123456789012345678901}", "e must be a string"},
		{"{" MINIMUM ",\"e\":\"a\\u0000\"}", "e: has a NUL"},
		{"{" MINIMUM ",\"e\":\"a\\u0001\"}", "e is not UTF-8 or has a character"},
		{"{" MINIMUM ",\"data\":1,\"data_base64\":\"\"}", "data is given twice"},
		{"{" MINIMUM ",\"data\":1,\"data\":1}", "data is given twice"},
		{"{" MINIMUM ",\"data_base64\":\"a\"}", "not base64"},
		{"{" MINIMUM ",\"data_base64\":5}", "data_base64: is no string"},
		{"{" MINIMUM ",\"\\u0064ata\":5}", "data is no attribute"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		refused(HEADERS(STRUCTURED), cases[i].body, ERR_INVALID, cases[i].word);
}
END_TEST

START_TEST(formats_that_are_not_json_are_unsupported)
{
	static const char *const types[] = {
		"application/cloudevents",
		"application/cloudevents+avro",
		"application/cloudevents-batch+protobuf",
		"Application/CloudEvents+XML",
		"application/cloudevents+json; charset=utf-16",
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		refused(HEADERS(CE_MINIMUM, {"content-type", types[i]}), "{" MINIMUM "}",
			ERR_UNSUPPORTED, "JSON");
	(void)read_ok(HEADERS({"content-type", "Application/CloudEvents+JSON;charset=\"UTF-8\""}),
		      "{" MINIMUM "}");
}
END_TEST

START_TEST(everything_has_a_limit)
{
	AUTO(buf_done) struct buf body;
	struct err err = ERR_INIT;

	buf_init(&body, 4u << 20);
	ASSERT_OK(buf_append_text(&body, "[", &err), &err);
	for (int i = 0; i <= CLOUDEVENT_BATCH_MAX; i++)
		ASSERT_OK(buf_append_text(&body, i > 0 ? ",1" : "1", &err), &err);
	ASSERT_OK(buf_append_text(&body, "]", &err), &err);
	refused(HEADERS(BATCHED), buf_text(&body), ERR_LIMIT, "more than 1000 events");
	buf_clear(&body);
	ASSERT_OK(buf_append_text(&body, "{" MINIMUM, &err), &err);
	for (int i = 0; i <= CLOUDEVENT_EXTENSIONS_MAX; i++)
		ASSERT_OK(buf_printf(&body, &err, ",\"e%d\":1", i), &err);
	ASSERT_OK(buf_append_text(&body, "}", &err), &err);
	refused(HEADERS(STRUCTURED), buf_text(&body), ERR_LIMIT, "more than 64 extensions");
	buf_clear(&body);
	ASSERT_OK(buf_printf(&body, &err, "{" MINIMUM ",\"e\":\"%*s\"}", CLOUDEVENT_VALUE_MAX + 1,
			     "x"),
		  &err);
	refused(HEADERS(STRUCTURED), buf_text(&body), ERR_LIMIT, "e has more than 16384 bytes");
	buf_clear(&body);
	ASSERT_OK(
		buf_printf(&body, &err, "{" MINIMUM ",\"data\":\"%*s\"}", CLOUDEVENT_SIZE_MAX, "x"),
		&err);
	refused(HEADERS(STRUCTURED), buf_text(&body), ERR_LIMIT, "more than 1048576 bytes");
}
END_TEST

static struct cloudevents through_binary(const struct cloudevent *event)
{
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	struct err err = ERR_INIT;
	const char *body;
	size_t count;

	ASSERT_OK(cloudevent_write_binary(event, world, headers, &count, &world_out, &err), &err);
	body = world_written();
	return read_ok(headers, count, body);
}

START_TEST(an_event_survives_the_binary_mode)
{
	struct cloudevents events = read_ok(
		HEADERS(STRUCTURED),
		"{" MINIMUM ",\"subject\":\"a b%\\\"\xc3\xa4\xf0\x9f\x98\x80\",\"e\":\"\","
		"\"datacontenttype\":\"text/plain\",\"time\":\"2018-04-05T03:56:24.1+02:00\","
		"\"dataschema\":\"urn:a\",\"data\":\"Gr\xc3\xbc\xc3\x9f"
		"e\"}");

	ck_assert_str_eq(json_of(through_binary(events.events).events), json_of(events.events));
}
END_TEST

START_TEST(headers_are_encoded_as_the_specification_says)
{
	struct cloudevent event = {.specversion = "1.0",
				   .id = "1",
				   .source = "/s",
				   .type = "t",
				   .subject = "Euro \xe2\x82\xac \"%\" ~!",
				   .data_kind = CLOUDEVENT_JSON,
				   .data = "5",
				   .data_len = 1};
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	struct err err = ERR_INIT;
	size_t count;

	ASSERT_OK(cloudevent_write_binary(&event, world, headers, &count, &world_out, &err), &err);
	ck_assert_uint_eq(count, 6);
	ck_assert_str_eq(headers[0].name, "content-type");
	ck_assert_str_eq(headers[0].value, "application/json");
	ck_assert_str_eq(headers[5].name, "ce-subject");
	ck_assert_str_eq(headers[5].value, "Euro%20%E2%82%AC%20%22%25%22%20~!");
	ck_assert_str_eq(world_written(), "5");
}
END_TEST

/* Each event of the file, from headers and through both other forms. */
static void check_samples(const char *file, size_t expected)
{
	char *text = sample_file(file);
	struct sample sample;
	size_t count = 0;

	if (!text)
		return;
	for (; sample_next(&text, &sample); count++) {
		struct cloudevents events = read_ok(sample.headers, sample.count, sample.body);
		struct cloudevents again = read_ok(HEADERS(STRUCTURED), json_of(events.events));

		ck_assert_str_eq(json_of(again.events), json_of(events.events));
		again = through_binary(events.events);
		ck_assert_str_eq(json_of(again.events), json_of(events.events));
		ck_assert_uint_gt(again.events->data_len, 0);
	}
	ck_assert_uint_eq(count, expected);
}

START_TEST(the_yaml_samples_are_events)
{
	check_samples("v1_minimum.yaml", 6);
}
END_TEST

/* One of their extensions ends with a newline, which the specification forbids in attributes; an
 * HTTP header cannot have it either. */
START_TEST(the_yaml_samples_with_extensions_are_events)
{
	char *text = sample_file("v1.yaml");
	struct sample sample;
	size_t count = 0;

	if (!text)
		return;
	for (; sample_next(&text, &sample); count++) {
		struct cloudevents events;

		for (size_t i = 0; i < sample.count; i++)
			sample.headers[i].value =
				arena_strndup(world, sample.headers[i].value,
					      strcspn(sample.headers[i].value, "\n"));
		events = read_ok(sample.headers, sample.count, sample.body);
		ck_assert_uint_eq(events.events->extension_count, 2);
		ck_assert_str_eq(events.events->extensions[1].value, "{\"othervalue\": 5}");
	}
	ck_assert_uint_eq(count, 2);
}
END_TEST

/* A message of the feature file, its lines indented by eight: headers, an empty line, a body. */
static struct cloudevents read_message(char *text, const char *type)
{
	struct header headers[16];
	size_t count = 0;
	const char *body;

	(void)sample_line(&text);
	while (*text != '\n') {
		char *line = sample_line(&text);
		char *colon = strstr(line, ": ");

		line += sample_indent(line);
		*colon = '\0';
		for (char *c = line; *c; c++)
			*c |= ' ';
		headers[count].value = strcmp(colon + 2, "<contentType>") == 0 ? type : colon + 2;
		headers[count++].name = line;
	}
	text++;
	body = sample_block(&text, 7);
	return read_ok(headers, count, body);
}

START_TEST(the_messages_of_the_http_binding_are_events)
{
	static const char *const types[2][2] = {
		{"application/json", "application/json; charset=utf-8"},
		{"application/cloudevents+json", "application/cloudevents+json; charset=utf-8"},
	};
	char *text = sample_file("http-protocol-binding.feature");

	if (!text)
		return;
	for (int i = 0; i < 4; i++) {
		char *scenario = strstr(text, i < 2 ? "Scenario Outline: Binary"
						    : "Scenario Outline: Structured");
		char *message = strstr(scenario, "\"\"\"\n") + 4;
		char *end = strstr(message, "        \"\"\"");
		struct cloudevents events =
			read_message(arena_strndup(world, message, (size_t)(end - message)),
				     types[i / 2][i % 2]);

		ck_assert_int_eq(events.mode, i / 2);
		ck_assert_str_eq(events.events->id, "1234-1234-1234");
		ck_assert_str_eq(events.events->type, "com.example.someevent");
		ck_assert_str_eq(events.events->source, "/mycontext/subcontext");
		ck_assert_str_eq(events.events->time, "2018-04-05T03:56:24Z");
		ck_assert_str_eq(events.events->datacontenttype, types[0][i % 2 && i < 2]);
		ck_assert_ptr_nonnull(
			strstr(json_of(events.events), "\"data\":{\"message\":\"Hello World!\"}}"));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_binary_request_is_an_event,
		a_structured_request_is_an_event,
		a_batch_is_all_its_events,
		what_data_is_depends_on_its_type,
		headers_are_unquoted_and_decoded_once,
		broken_headers_are_refused,
		broken_json_events_are_refused,
		formats_that_are_not_json_are_unsupported,
		everything_has_a_limit,
		an_event_survives_the_binary_mode,
		headers_are_encoded_as_the_specification_says,
		the_yaml_samples_are_events,
		the_yaml_samples_with_extensions_are_events,
		the_messages_of_the_http_binding_are_events,
	};

	return world_run("gateway/cloudevent", tests, ARRAY_LEN(tests));
}
