/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/wire/exec.h"

static struct frame frame_of(const struct buf *out, enum frame_type type)
{
	return (struct frame){.type = type,
			      .payload = out->data + FRAME_HEADER_SIZE,
			      .len = out->len - FRAME_HEADER_SIZE};
}

START_TEST(bytes_come_as_they_went)
{
	struct wire_exec_bytes bytes = {.id = 0xfffffffe,
					.stream = WIRE_EXEC_ERRORS,
					.bytes = (const uint8_t *)"a\0b",
					.len = 3};
	struct wire_exec_bytes again;
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;
	struct frame frame;

	buf_init(&out, 65536);
	ASSERT_OK(wire_exec_bytes_write(&bytes, &out, &err), &err);
	frame = frame_of(&out, FRAME_EXEC_OUTPUT);
	ASSERT_OK(wire_exec_bytes_read(&frame, &again, &err), &err);
	ck_assert_uint_eq(again.id, bytes.id);
	ck_assert_int_eq(again.stream, WIRE_EXEC_ERRORS);
	ck_assert_uint_eq(again.len, 3);
	ck_assert_mem_eq(again.bytes, "a\0b", 3);
	/* Output has a stream of output, input has that of input. */
	frame.type = FRAME_EXEC_INPUT;
	ck_assert_int_eq(wire_exec_bytes_read(&frame, &again, &err), -1);
	frame.len = WIRE_EXEC_HEADER_SIZE - 1;
	ck_assert_int_eq(wire_exec_bytes_read(&frame, &again, &err), -1);
	frame.len = WIRE_EXEC_HEADER_SIZE + WIRE_EXEC_PIECE + 1;
	ck_assert_int_eq(wire_exec_bytes_read(&frame, &again, &err), -1);
	bytes.len = WIRE_EXEC_PIECE + 1;
	ck_assert_int_eq(wire_exec_bytes_write(&bytes, &out, &err), -1);
}
END_TEST

START_TEST(a_start_comes_as_it_went)
{
	static const char *words[] = {"sh", "-c", "echo \"x\"\n"};
	struct wire_exec_start start = {
		.id = UINT32_MAX, .container = 9, .terminal = true, .rows = 1, .columns = 1000};
	struct wire_exec_start again;
	AUTO(arena_freep) struct arena *arena = arena_new(65536);
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;
	struct frame frame;

	buf_init(&out, 65536);
	start.args = (struct shape_list){.items = words, .count = ARRAY_LEN(words)};
	ASSERT_OK(wire_write(&wire_exec_start_shape, &start, FRAME_EXEC_START, 0, &out, &err),
		  &err);
	frame = frame_of(&out, FRAME_EXEC_START);
	ASSERT_OK(wire_read(&wire_exec_start_shape, &frame, arena, &again, &json, &err), &err);
	ck_assert_int_eq(again.id, UINT32_MAX);
	ck_assert_int_eq(again.container, 9);
	ck_assert(again.terminal);
	ck_assert_int_eq(again.columns, 1000);
	ck_assert_uint_eq(again.args.count, 3);
	ck_assert_str_eq(((const char **)again.args.items)[2], words[2]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {bytes_come_as_they_went, a_start_comes_as_it_went};

	return suite_run("microvm/exec", tests, ARRAY_LEN(tests));
}
