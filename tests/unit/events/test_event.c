/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of PutEvents and envelopes. What was recorded of the real service is compared with it
 * where the data folder is there (SLIPWAY_SHARED_DATA, else ../shared/data).
 */
#include "tests/unit/events/event_world.h"

#include <jansson.h>

#define RECORDED "tests/aws/services/events/test_events.py::TestEvents::"

static const struct event_place place = {
	.id = "11111111-2222-4333-8444-555555555555",
	.account = "111111111111",
	.region = "eu-west-1",
	.now_ms = 1522949460999,
};

static struct event_entry good(void)
{
	return (struct event_entry){
		.source = "my.app", .detail_type = "T", .detail = "{ \"a\" : 1.10 }"};
}

static json_t *recorded(void)
{
	const char *set = getenv("SLIPWAY_SHARED_DATA");
	AUTO(freep)
	char *path = xasprintf("%s/events/api.snapshot.json", set ? set : "../shared/data");

	return json_load_file(path, 0, NULL);
}

static void check_recorded(json_t *snapshot, const char *name, const struct event_entry *entry)
{
	AUTO(freep) char *key = xasprintf("%s%s", RECORDED, name);
	json_t *answer = json_object_get(json_object_get(snapshot, key), "recorded-content");
	enum event_refusal refusal = event_entry_check(entry);
	const char *code = NULL;
	const char *text = NULL;

	answer = json_array_get(json_object_get(json_object_get(answer, "put-events"), "Entries"),
				0);
	ck_assert_msg(answer != NULL, "%s is not recorded", name);
	ck_assert_int_eq(
		json_unpack(answer, "{s?s,s?s}", "ErrorCode", &code, "ErrorMessage", &text), 0);
	ck_assert_str_eq(event_refusal_code(refusal), code ? code : "");
	ck_assert_str_eq(event_refusal_text(refusal), text ? text : "");
}

START_TEST(entries_are_refused_as_the_service_was_seen_to)
{
	json_t *snapshot = recorded();
	struct event_entry entry = good();

	if (!snapshot) {
		(void)printf("event: no recorded answers, skipped\n");
		return;
	}
	entry.source = NULL;
	check_recorded(snapshot, "test_put_events_without_source", &entry);
	entry = good();
	entry.detail = NULL;
	check_recorded(snapshot, "test_put_event_without_detail", &entry);
	entry = good();
	entry.detail_type = NULL;
	check_recorded(snapshot, "test_put_event_without_detail_type", &entry);
	entry = good();
	entry.detail = "not json";
	check_recorded(snapshot, "test_put_event_malformed_detail[STRING]", &entry);
	entry.detail = "[\"a\"]";
	check_recorded(snapshot, "test_put_event_malformed_detail[ARRAY]", &entry);
	entry.detail = "{\"a\": 1";
	check_recorded(snapshot, "test_put_event_malformed_detail[MALFORMED_JSON]", &entry);
	entry.detail = "\"text\"";
	check_recorded(snapshot, "test_put_event_malformed_detail[SERIALIZED_STRING]", &entry);
	entry = good();
	entry.timed = true;
	check_recorded(snapshot, "test_put_events_with_time_field", &entry);
	json_decref(snapshot);
}
END_TEST

START_TEST(every_refusal_has_its_entry)
{
	struct event_entry entries[EVENT_REFUSED_COUNT];

	for (size_t i = 0; i < EVENT_REFUSED_COUNT; i++)
		entries[i] = good();
	entries[EVENT_REFUSED_SOURCE].source = "";
	entries[EVENT_REFUSED_DETAIL].detail = "";
	entries[EVENT_REFUSED_DETAIL_TYPE].detail_type = "";
	entries[EVENT_REFUSED_RESERVED].source = "aws.ec2";
	entries[EVENT_REFUSED_TIME].timed = true;
	entries[EVENT_REFUSED_TIME].time_ms = INT64_MAX;
	entries[EVENT_REFUSED_MALFORMED].detail = "{";
	for (int i = 0; i < EVENT_REFUSED_COUNT; i++)
		ck_assert_int_eq(event_entry_check(&entries[i]), i);
}
END_TEST

START_TEST(sizes_are_counted_as_documented)
{
	static const char *const resources[] = {"arn:1", "arn:22"};
	struct event_entry entry = {.source = "abc",
				    .detail_type = "\xc3\xa4",
				    .detail = "{}",
				    .resources = resources,
				    .resource_count = 2};
	struct err err = ERR_INIT;

	ck_assert_uint_eq(event_entry_size(&entry), 3 + 2 + 2 + 5 + 6);
	entry.timed = true;
	ck_assert_uint_eq(event_entry_size(&entry), 3 + 2 + 2 + 5 + 6 + 14);
	ASSERT_OK(event_entries_fit(&entry, 1, 33, &err), &err);
	ck_assert_int_lt(event_entries_fit(&entry, 1, 32, &err), 0);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_str_eq(err.text, "Total size of the entries in the request is over the limit.");
}
END_TEST

START_TEST(an_envelope_has_the_services_members_in_its_order)
{
	static const char *const resources[] = {"arn:1", "a\"b"};
	struct event_entry entry = good();
	struct err err = ERR_INIT;

	ASSERT_OK(event_make(&entry, &place, &world_out, &err), &err);
	ck_assert_str_eq(world_written(),
			 "{\"version\":\"0\",\"id\":\"11111111-2222-4333-8444-555555555555\","
			 "\"detail-type\":\"T\",\"source\":\"my.app\",\"account\":\"111111111111\","
			 "\"time\":\"2018-04-05T17:31:00Z\",\"region\":\"eu-west-1\","
			 "\"resources\":[],\"detail\":{\"a\":1.10}}");
	entry.timed = true;
	entry.resources = resources;
	entry.resource_count = 2;
	ASSERT_OK(event_make(&entry, &place, &world_out, &err), &err);
	ck_assert_ptr_nonnull(strstr(world_written(),
				     "\"time\":\"1970-01-01T00:00:00Z\",\"region\":\"eu-west-1\","
				     "\"resources\":[\"arn:1\",\"a\\\"b\"],\"detail\":"));
}
END_TEST

START_TEST(an_envelope_is_read_again)
{
	struct event_entry entry = good();
	struct err err = ERR_INIT;
	struct event event;
	const char *text;

	entry.source = "a\"b\n";
	ASSERT_OK(event_make(&entry, &place, &world_out, &err), &err);
	text = world_written();
	ASSERT_OK(event_read(text, strlen(text), world, &event, &err), &err);
	ck_assert_str_eq(event.id, place.id);
	ck_assert_str_eq(event.source, entry.source);
	ck_assert_str_eq(event.detail_type, "T");
	ck_assert_str_eq(event.account, place.account);
	ck_assert_str_eq(event.region, place.region);
	ck_assert_str_eq(event.time, "2018-04-05T17:31:00Z");
	ck_assert_str_eq(world_text(event.detail), "{\"a\":1.10}");
	ck_assert_str_eq(world_text(event.resources), "[]");
	ck_assert_uint_eq(event.cloudevent.len, 0);
	ck_assert_int_lt(event_read("{\"id\":\"a\"}", 10, world, &event, &err), 0);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		entries_are_refused_as_the_service_was_seen_to,
		every_refusal_has_its_entry,
		sizes_are_counted_as_documented,
		an_envelope_has_the_services_members_in_its_order,
		an_envelope_is_read_again,
	};

	return world_run("gateway/event", tests, ARRAY_LEN(tests));
}
