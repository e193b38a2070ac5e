/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "core/clock.h"
#include "provisioner/output.h"

#define NOW_MS 1000000

static struct place place;
static struct task task;
static struct task_spec spec;
static json_t *spec_json;
static struct output output;

static void open_place(void)
{
	place_logs(&place);
	task = place_task(&place, 1);
	spec_json = NULL;
}

static void close_place(void)
{
	json_decref(spec_json);
	place_done(&place);
}

static int plan(const char *containers)
{
	AUTO(freep)
	char *text = xasprintf("{\"containers\":%s,\"ephemeralStorageGiB\":20}", containers);

	ASSERT_OK(shape_parse(text, strlen(text), &spec_json, &place.err), &place.err);
	ASSERT_OK(shape_fill(&task_spec_shape, spec_json, place.arena, &spec, &place.err),
		  &place.err);
	return output_plan(&task, &spec, &output, &place.err);
}

/* A report as it comes from an agent. */
static struct report *report_with(uint64_t seq, unsigned container, unsigned flags,
				  const char *text, int64_t wall_ms)
{
	struct wire_output said = {.container = container,
				   .stream = 1,
				   .flags = flags,
				   .wall_ms = wall_ms,
				   .bytes = (const uint8_t *)text,
				   .len = strlen(text)};
	struct frame_decoder decoder;
	struct report *report;
	struct frame frame;
	AUTO(buf_done) struct buf out;

	buf_init(&out, 1u << 20);
	ASSERT_OK(wire_output_write(&said, seq, &out, &place.err), &place.err);
	frame_decoder_init(&decoder);
	ASSERT_OK(frame_feed(&decoder, out.data, out.len, &place.err), &place.err);
	ck_assert(frame_next(&decoder, &frame));
	report = xcalloc(1, sizeof(*report) + frame.len);
	report->type = frame.type;
	report->seq = frame.seq;
	report->len = frame.len;
	memcpy(report->payload, frame.payload, frame.len);
	frame_decoder_done(&decoder);
	return report;
}

static struct report *report_of(uint64_t seq, unsigned container, const char *text, int64_t wall_ms)
{
	return report_with(seq, container, 0, text, wall_ms);
}

static size_t read_events(const char *group, struct log_event **ret_events)
{
	struct log_query query = {.account = ACCOUNT, .group = group, .limit = 1000};
	size_t count;

	ASSERT_OK(log_read(place.db, &query, place.arena, ret_events, &count, &place.err),
		  &place.err);
	return count;
}

#define ONE "[{\"name\":\"app\",\"image\":\"i\"}]"
#define AWSLOGS(options)                                                                           \
	"[{\"name\":\"app\",\"image\":\"i\",\"logConfiguration\":{\"logDriver\":\"awslogs\","      \
	"\"options\":{" options "}}}]"

START_TEST(a_task_without_a_log_configuration_writes_to_our_group)
{
	ASSERT_OK(plan(ONE), &place.err);
	ck_assert_str_eq(output.targets[0].group, LOGS_TASKS_GROUP);
	ck_assert_str_eq(output.targets[0].stream, "app/00000000000000000000000000000001");
	ck_assert(output.make_group[0]);
}
END_TEST

START_TEST(awslogs_names_group_and_stream)
{
	ASSERT_OK(plan(AWSLOGS("\"awslogs-group\":\"g\",\"awslogs-stream-prefix\":\"p\"")),
		  &place.err);
	ck_assert_str_eq(output.targets[0].group, "g");
	ck_assert_str_eq(output.targets[0].stream, "p/app/00000000000000000000000000000001");
	ck_assert(!output.make_group[0]);
}
END_TEST

START_TEST(awslogs_without_a_group_is_refused)
{
	ASSERT_FAILS(plan(AWSLOGS("\"awslogs-region\":\"r\"")), ERR_INVALID, &place.err);
}
END_TEST

START_TEST(a_group_is_made_only_when_that_is_asked_for)
{
	ASSERT_OK(plan(AWSLOGS("\"awslogs-group\":\"g\"")), &place.err);
	ck_assert_int_eq(output_prepare(place.db, &output, NOW_MS, &place.err), -1);
	ck_assert_ptr_nonnull(strstr(place.err.text, "The specified log group does not exist."));
	ck_assert(!db_in_transaction(place.db));
	json_decref(spec_json);
	ASSERT_OK(plan(AWSLOGS("\"awslogs-group\":\"g\",\"awslogs-create-group\":\"true\"")),
		  &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
}
END_TEST

START_TEST(each_line_becomes_an_event_and_nothing_is_lost)
{
	struct log_event *events;
	struct report *list;
	int64_t seq;

	ASSERT_OK(plan(ONE), &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
	list = report_of(1, 0, "one\n\ntwo\n", NOW_MS);
	list->next = report_of(2, 0, "a piece", NOW_MS);
	ASSERT_OK(output_write(place.db, &output, list, NOW_MS, &place.err), &place.err);
	report_list_free(list);
	ck_assert_uint_eq(read_events(LOGS_TASKS_GROUP, &events), 4);
	ck_assert_uint_eq(events[0].message_len, 3);
	ck_assert_uint_eq(events[1].message_len, 0);
	ck_assert_int_eq(memcmp(events[2].message, "two", 3), 0);
	ck_assert_int_eq(memcmp(events[3].message, "a piece", 7), 0);
	ASSERT_OK(log_agent_seq(place.db, task.id, &seq, &place.err), &place.err);
	ck_assert_int_eq(seq, 2);
}
END_TEST

START_TEST(an_event_that_was_joined_stays_one)
{
	struct log_event *events;
	struct report *list;

	ASSERT_OK(plan(ONE), &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
	list = report_with(1, 0, WIRE_OUTPUT_EVENT, "E\n at a\n at b\n", NOW_MS);
	ASSERT_OK(output_write(place.db, &output, list, NOW_MS, &place.err), &place.err);
	report_list_free(list);
	ck_assert_uint_eq(read_events(LOGS_TASKS_GROUP, &events), 1);
	ck_assert_uint_eq(events[0].message_len, 14);
	ck_assert_int_eq(memcmp(events[0].message, "E\n at a\n at b\n", 14), 0);
}
END_TEST

START_TEST(a_guests_clock_cannot_leave_its_tasks_life)
{
	struct log_event *events;
	struct report *list;

	ASSERT_OK(plan(ONE), &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
	list = report_of(1, 0, "early\n", -5);
	list->next = report_of(2, 0, "late\n", INT64_MAX);
	ASSERT_OK(output_write(place.db, &output, list, NOW_MS, &place.err), &place.err);
	report_list_free(list);
	ck_assert_uint_eq(read_events(LOGS_TASKS_GROUP, &events), 2);
	ck_assert_int_eq(events[0].timestamp_ms, task.created_ms);
	ck_assert_int_eq(events[1].timestamp_ms, NOW_MS);
}
END_TEST

START_TEST(output_of_no_container_is_the_agents_fault_and_writes_nothing)
{
	struct log_event *events;
	struct report *list;

	ASSERT_OK(plan(ONE), &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
	list = report_of(1, 0, "fine\n", NOW_MS);
	list->next = report_of(2, 1, "not fine\n", NOW_MS);
	ASSERT_FAILS(output_write(place.db, &output, list, NOW_MS, &place.err), ERR_INVALID,
		     &place.err);
	report_list_free(list);
	ck_assert_uint_eq(read_events(LOGS_TASKS_GROUP, &events), 0);
}
END_TEST

START_TEST(output_to_a_group_that_was_deleted_is_dropped)
{
	struct report *list;
	int64_t seq;

	ASSERT_OK(plan(ONE), &place.err);
	ASSERT_OK(output_prepare(place.db, &output, NOW_MS, &place.err), &place.err);
	ASSERT_OK(log_group_delete(place.db, ACCOUNT, LOGS_TASKS_GROUP, &place.err), &place.err);
	list = report_of(7, 0, "gone\n", NOW_MS);
	ASSERT_OK(output_write(place.db, &output, list, NOW_MS, &place.err), &place.err);
	report_list_free(list);
	ASSERT_OK(log_agent_seq(place.db, task.id, &seq, &place.err), &place.err);
	ck_assert_int_eq(seq, 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/output");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_place, close_place);
	tcase_add_test(all, a_task_without_a_log_configuration_writes_to_our_group);
	tcase_add_test(all, awslogs_names_group_and_stream);
	tcase_add_test(all, awslogs_without_a_group_is_refused);
	tcase_add_test(all, a_group_is_made_only_when_that_is_asked_for);
	tcase_add_test(all, each_line_becomes_an_event_and_nothing_is_lost);
	tcase_add_test(all, an_event_that_was_joined_stays_one);
	tcase_add_test(all, a_guests_clock_cannot_leave_its_tasks_life);
	tcase_add_test(all, output_of_no_container_is_the_agents_fault_and_writes_nothing);
	tcase_add_test(all, output_to_a_group_that_was_deleted_is_dropped);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
