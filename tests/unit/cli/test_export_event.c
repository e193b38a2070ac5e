/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the outbox as lines, and whose they are. */
#include "tests/support/suite.h"

#include "cli/export_event.h"

static const struct outbox_event event = {.position = 7,
					  .id = "111122223333-team-\"1\"",
					  .type = "slipway.budget.spent",
					  .source = "/slipway/111122223333",
					  .subject = "budget/team",
					  .time_ms = 1767225600007,
					  .data_json = "{ \"spent\": \"1.5\" }"};

START_TEST(an_event_is_a_cloudevent_in_one_line)
{
	AUTO(buf_done) struct buf out;
	struct err err = ERR_INIT;

	buf_init(&out, 4096);
	ASSERT_OK(export_event_write(&event, &out, &err), &err);
	ck_assert_str_eq(buf_text(&out),
			 "{\"specversion\":\"1.0\",\"id\":\"111122223333-team-\\\"1\\\"\","
			 "\"source\":\"/slipway/111122223333\",\"type\":\"slipway.budget.spent\","
			 "\"subject\":\"budget/team\",\"time\":\"2026-01-01T00:00:00.007Z\","
			 "\"datacontenttype\":\"application/json\",\"data\":{\"spent\":\"1.5\"}}"
			 "\n");
}
END_TEST

START_TEST(data_that_is_no_json_is_an_error)
{
	static const char *const texts[] = {"", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(buf_done) struct buf out;
		struct outbox_event bad = event;
		struct err err = ERR_INIT;

		buf_init(&out, 4096);
		bad.data_json = texts[i];
		ck_assert_int_eq(export_event_write(&bad, &out, &err), -1);
		ck_assert_int_eq(err.code, ERR_CORRUPT);
		ck_assert_uint_eq(out.len, 0);
	}
}
END_TEST

START_TEST(an_event_is_of_the_account_in_its_source)
{
	struct outbox_event other = event;

	ck_assert(export_event_is_of(&event, "111122223333"));
	ck_assert(!export_event_is_of(&event, "11112222333"));
	ck_assert(!export_event_is_of(&event, "444455556666"));
	other.source = "/other/111122223333";
	ck_assert(!export_event_is_of(&other, "111122223333"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_event_is_a_cloudevent_in_one_line,
				      data_that_is_no_json_is_an_error,
				      an_event_is_of_the_account_in_its_source};

	return suite_run("cli/export_event", tests, ARRAY_LEN(tests));
}
