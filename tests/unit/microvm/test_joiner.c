/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/joiner.h"

static struct joiner joiner;
static struct buf events; /* each is followed by "|" */

static void begin(const char *pattern)
{
	struct err err = ERR_INIT;

	buf_init(&events, 4u << 20);
	ASSERT_OK(joiner_init(&joiner, pattern, &err), &err);
	joiner_renew(&joiner, 2);
}

static void hand_over(void)
{
	struct wire_output event;
	struct err err = ERR_INIT;

	ck_assert(joiner_held(&joiner, &event));
	ck_assert_uint_eq(event.flags, WIRE_OUTPUT_EVENT);
	ck_assert_uint_le(event.len, WIRE_EVENT_MAX);
	ASSERT_OK(buf_append(&events, event.bytes, event.len, &err), &err);
	ASSERT_OK(buf_append(&events, "|", 1, &err), &err);
	joiner_taken(&joiner);
}

static void say_piece(unsigned stream, unsigned flags, int64_t wall_ms, const void *bytes,
		      size_t len)
{
	struct wire_output piece = {
		.stream = stream, .flags = flags, .wall_ms = wall_ms, .bytes = bytes, .len = len};

	while (!joiner_take(&joiner, &piece))
		hand_over();
	ck_assert_uint_eq(piece.len, 0);
}

static void say(unsigned stream, unsigned flags, const char *text)
{
	say_piece(stream, flags, 7, text, strlen(text));
}

static void end(const char *expected)
{
	struct wire_output event;

	if (joiner_held(&joiner, &event))
		hand_over();
	ck_assert_str_eq(buf_text(&events), expected);
	joiner_done(&joiner);
	joiner_done(&joiner);
	buf_done(&events);
}

START_TEST(lines_belong_to_the_last_that_began_an_event)
{
	begin("^E");
	say(1, 0, "before\nE one\n  at a\n  at b\n\nE two\nE three\n");
	say(1, 0, "more\n");
	say(1, WIRE_OUTPUT_NO_NEWLINE, "rest");
	end("before\n|E one\n  at a\n  at b\n\n|E two\n|E three\nmore\nrest\n|");
}
END_TEST

START_TEST(both_streams_are_one)
{
	begin("^E");
	say(1, 0, "E out\n");
	say(2, 0, "  trace\n");
	say(1, 0, "done\n");
	end("E out\n  trace\ndone\n|");
}
END_TEST

START_TEST(an_event_has_the_time_and_stream_of_its_first_line)
{
	struct wire_output event;

	begin("^E");
	say_piece(2, 0, 100, "E\n", 2);
	say_piece(1, 0, 200, "x\n", 2);
	ck_assert(joiner_held(&joiner, &event));
	ck_assert_uint_eq(event.stream, 2);
	ck_assert_int_eq(event.wall_ms, 100);
	joiner_taken(&joiner);
	say_piece(1, 0, 300, "y\n", 2);
	ck_assert(joiner_held(&joiner, &event));
	ck_assert_int_eq(event.wall_ms, 300);
	end("y\n|");
}
END_TEST

START_TEST(only_the_first_part_of_a_long_line_begins_an_event)
{
	begin("^E");
	say(1, WIRE_OUTPUT_PARTIAL, "E long ");
	say(1, WIRE_OUTPUT_PARTIAL, "E not this ");
	say(2, 0, "between\n");
	say(1, 0, "E nor this\nE this\n");
	/* The line was broken by another, so its last part looks like a line. */
	end("E long E not this \nbetween\n|E nor this\n|E this\n|");
}
END_TEST

START_TEST(an_event_is_never_too_long)
{
	static char line[1024];
	struct wire_output event;
	size_t len = 0;

	begin("^E");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 600; i++)
		say_piece(1, 0, 7, line, sizeof(line));
	ck_assert(joiner_held(&joiner, &event));
	hand_over();
	for (size_t i = 0; i < events.len; i++)
		len += events.data[i] != '|';
	ck_assert_uint_eq(len, 600 * sizeof(line));
	ck_assert_uint_eq(events.len - len, 3);
	joiner_done(&joiner);
	buf_done(&events);
}
END_TEST

START_TEST(a_line_that_takes_too_long_is_told_of_once)
{
	begin("^E|(a+)+$");
	say(1, 0, "E\n");
	say(1, 0, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n");
	say(1, 0, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n");
	end("E\n"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n"
	    "[slipway] awslogs-multiline-pattern or awslogs-datetime-format takes too long to be "
	    "looked for in lines as the one before: they begin no event\n"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n|");
}
END_TEST

START_TEST(another_run_begins_with_nothing)
{
	begin("^E");
	say(1, WIRE_OUTPUT_PARTIAL, "E long ");
	joiner_renew(&joiner, 1);
	say(1, 0, "new\n");
	end("new\n|");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lines_belong_to_the_last_that_began_an_event,
		both_streams_are_one,
		an_event_has_the_time_and_stream_of_its_first_line,
		only_the_first_part_of_a_long_line_begins_an_event,
		an_event_is_never_too_long,
		a_line_that_takes_too_long_is_told_of_once,
		another_run_begins_with_nothing,
	};

	return suite_run("joiner", tests, ARRAY_LEN(tests));
}
