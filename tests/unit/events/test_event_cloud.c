/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudEvents on a bus, and a bus's events as CloudEvents: nothing is lost either way.
 */
#include "tests/unit/events/event_world.h"

#include "events/cloudevent_private.h"
#include "events/event_cloud.h"

#define MINIMUM "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\""

static const struct event_place place = {
	.id = "not used",
	.account = "111111111111",
	.region = "eu-west-1",
	.now_ms = 1522949460000,
};

static struct cloudevent cloudevent_of(const char *json)
{
	struct cloudevent cloudevent;
	struct err err = ERR_INIT;

	ASSERT_OK(cloudevent_read_json(world_json(json), world, &cloudevent, &err), &err);
	return cloudevent;
}

static const char *json_of(const struct cloudevent *cloudevent)
{
	struct err err = ERR_INIT;

	ASSERT_OK(cloudevent_write_json(cloudevent, &world_out, &err), &err);
	return world_written();
}

static const char *envelope_of(const struct cloudevent *cloudevent)
{
	struct err err = ERR_INIT;

	ASSERT_OK(event_from_cloudevent(cloudevent, &place, world, &world_out, &err), &err);
	return world_written();
}

static struct cloudevent back(const char *envelope)
{
	struct cloudevent cloudevent;
	struct err err = ERR_INIT;
	struct event event;

	ASSERT_OK(event_read(envelope, strlen(envelope), world, &event, &err), &err);
	ASSERT_OK(cloudevent_from_event(&event, world, &cloudevent, &err), &err);
	return cloudevent;
}

START_TEST(data_is_the_detail_and_attributes_stand_beside_it)
{
	struct cloudevent cloudevent =
		cloudevent_of("{" MINIMUM ",\"time\":\"2018-04-05T19:31:00.5+02:00\",\"ext\":true,"
			      "\"data\":{\"a\":1.10}}");
	char id[IDENT_UUID_SIZE];
	AUTO(freep) char *wanted = NULL;

	event_cloud_id("/s", "1", id);
	wanted = xasprintf(
		"{\"version\":\"0\",\"id\":\"%s\",\"detail-type\":\"t\",\"source\":\"/s\","
		"\"account\":\"111111111111\",\"time\":\"2018-04-05T17:31:00Z\","
		"\"region\":\"eu-west-1\",\"resources\":[],\"detail\":{\"a\":1.10},"
		"\"cloudevent\":{" MINIMUM ",\"time\":\"2018-04-05T19:31:00.5+02:00\","
		"\"ext\":true}}",
		id);
	ck_assert_str_eq(envelope_of(&cloudevent), wanted);
}
END_TEST

START_TEST(a_cloudevent_comes_back_as_it_went_in)
{
	static const char *const cases[] = {
		"{" MINIMUM "}",
		"{" MINIMUM ",\"data\":{\"data\":5}}",
		"{" MINIMUM ",\"data\":{}}",
		"{" MINIMUM ",\"data\":5}",
		"{" MINIMUM ",\"data\":null}",
		"{" MINIMUM ",\"data\":\"text\"}",
		"{" MINIMUM ",\"datacontenttype\":\"text/plain\",\"data\":\"te\\u0000xt\"}",
		"{" MINIMUM ",\"datacontenttype\":\"text/plain\",\"data\":{\"a\":1}}",
		"{" MINIMUM ",\"data_base64\":\"/w==\"}",
		"{" MINIMUM ",\"data_base64\":\"\"}",
		"{" MINIMUM
		",\"subject\":\"a \\\"b\\\"\",\"b\":false,\"n\":-2147483648,\"s\":\"5\"}",
		"{" MINIMUM
		",\"datacontenttype\":\"application/json\",\"resources\":\"[\\\"a\\\"]\"}",
		"{" MINIMUM ",\"resources\":\"not a list\",\"account\":\"x\",\"data\":[1e400]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cloudevent cloudevent = cloudevent_of(cases[i]);
		struct cloudevent again = back(envelope_of(&cloudevent));

		ck_assert_str_eq(json_of(&again), json_of(&cloudevent));
		ck_assert_int_eq(again.data_kind, cloudevent.data_kind);
	}
}
END_TEST

START_TEST(every_envelope_of_a_cloudevent_is_json)
{
	struct cloudevent cloudevent =
		cloudevent_of("{" MINIMUM ",\"datacontenttype\":\"a/b\",\"data_base64\":\"/w==\"}");
	const char *envelope = envelope_of(&cloudevent);

	ck_assert_str_eq(world_text(world_json(envelope)), envelope);
	ck_assert_ptr_nonnull(strstr(envelope, "\"detail\":{\"data_base64\":\"/w==\"}"));
	ck_assert_ptr_nonnull(strstr(envelope, "\"data_in\":\"detail.data_base64\""));
}
END_TEST

#define NATIVE                                                                                     \
	"{\"version\":\"0\",\"id\":\"11111111-2222-4333-8444-555555555555\",\"detail-type\":\"T "  \
	"x\","                                                                                     \
	"\"source\":\"my.app\",\"account\":\"222222222222\",\"time\":\"2018-04-05T17:31:00Z\","    \
	"\"region\":\"eu-west-1\",\"resources\":[\"arn:1\",\"b\\\"\"],\"detail\":{\"a\":1.10}}"

START_TEST(a_buss_event_becomes_a_cloudevent_with_all_it_has)
{
	struct cloudevent cloudevent = back(NATIVE);
	struct event event;
	struct err err = ERR_INIT;
	const char *again = envelope_of(&cloudevent);

	ck_assert_str_eq(
		json_of(&cloudevent),
		"{\"specversion\":\"1.0\",\"id\":\"11111111-2222-4333-8444-555555555555\","
		"\"source\":\"my.app\",\"type\":\"T x\",\"datacontenttype\":\"application/json\","
		"\"time\":\"2018-04-05T17:31:00Z\",\"account\":\"222222222222\","
		"\"region\":\"eu-west-1\",\"resources\":\"[\\\"arn:1\\\",\\\"b\\\\\\\"\\\"]\","
		"\"data\":{\"a\":1.10}}");
	ASSERT_OK(event_read(again, strlen(again), world, &event, &err), &err);
	ck_assert_str_eq(event.source, "my.app");
	ck_assert_str_eq(event.detail_type, "T x");
	ck_assert_str_eq(event.time, "2018-04-05T17:31:00Z");
	ck_assert_str_eq(world_text(event.resources), "[\"arn:1\",\"b\\\"\"]");
	ck_assert_str_eq(world_text(event.detail), "{\"a\":1.10}");
	ck_assert_ptr_nonnull(strstr(world_text(event.cloudevent), "\"account\":\"222222222222\""));
}
END_TEST

START_TEST(a_source_that_is_no_reference_is_encoded)
{
	struct err err = ERR_INIT;
	struct event_entry entry = {
		.source = "my app%\xc3\xa4%20", .detail_type = "T", .detail = "{}"};
	struct cloudevent cloudevent;

	ASSERT_OK(event_make(&entry, &place, &world_out, &err), &err);
	cloudevent = back(world_written());
	ck_assert_str_eq(cloudevent.source, "my%20app%25%C3%A4%20");
}
END_TEST

START_TEST(what_cannot_be_said_is_an_error)
{
	struct event_entry entry = {.source = "s", .detail_type = "a\nb", .detail = "{}"};
	struct cloudevent cloudevent;
	struct err err = ERR_INIT;
	struct event event;
	const char *text;

	ASSERT_OK(event_make(&entry, &place, &world_out, &err), &err);
	text = world_written();
	ASSERT_OK(event_read(text, strlen(text), world, &event, &err), &err);
	ck_assert_int_lt(cloudevent_from_event(&event, world, &cloudevent, &err), 0);
	ck_assert_int_eq(err.code, ERR_INVALID);
}
END_TEST

START_TEST(nobody_speaks_for_the_services)
{
	struct cloudevent cloudevent = cloudevent_of(
		"{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"aws.ecs\",\"type\":\"t\"}");
	struct err err = ERR_INIT;

	ck_assert_int_lt(event_from_cloudevent(&cloudevent, &place, world, &world_out, &err), 0);
	ck_assert_int_eq(err.code, ERR_DENIED);
	ck_assert_str_eq(err.text, "Not authorized for the source.");
}
END_TEST

START_TEST(source_and_id_are_the_identity)
{
	char ids[4][IDENT_UUID_SIZE];

	event_cloud_id("/s", "1", ids[0]);
	event_cloud_id("/s", "1", ids[1]);
	event_cloud_id("/s1", "", ids[2]);
	event_cloud_id("/t", "1", ids[3]);
	ck_assert_str_eq(ids[0], ids[1]);
	ck_assert_str_ne(ids[0], ids[2]);
	ck_assert_str_ne(ids[0], ids[3]);
	ck_assert_uint_eq(strlen(ids[0]), IDENT_UUID_SIZE - 1);
	ck_assert_int_eq(ids[0][14], '8');
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		data_is_the_detail_and_attributes_stand_beside_it,
		a_cloudevent_comes_back_as_it_went_in,
		every_envelope_of_a_cloudevent_is_json,
		a_buss_event_becomes_a_cloudevent_with_all_it_has,
		a_source_that_is_no_reference_is_encoded,
		what_cannot_be_said_is_an_error,
		nobody_speaks_for_the_services,
		source_and_id_are_the_identity,
	};

	return world_run("gateway/event_cloud", tests, ARRAY_LEN(tests));
}
