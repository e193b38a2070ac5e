/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts are those of jansson, byte by byte: tests/unit compares rather than lists them.
 */
#include "tests/support/suite.h"

#include <string.h>

#include "core/json_write.h"
#include "gateway/json_memory.h"

static void check_same(const json_t *value)
{
	char *wanted = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(13));
	AUTO(buf_done) struct buf text;
	struct err err = ERR_INIT;

	buf_init(&text, 1 << 20);
	ck_assert_ptr_nonnull(wanted);
	ASSERT_OK(json_write(&text, value, &err), &err);
	ck_assert_str_eq(buf_text(&text), wanted);
	json_memory_give(wanted);
}

START_TEST(documents_are_written_as_jansson_writes_them)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"b\":1,\"a\":[true,false,null,{}],\"c\":{\"d\":[[],[1,2]]}}",
		"[\"\", \"plain\", \"\\\"\\\\/\", \"\\b\\t\\n\\f\\r\\u0001\\u000b\\u001f\\u007f\"]",
		"[\"\303\274 \342\202\254 \360\237\230\200\", \"\\u0000 inside\"]",
		"{\"\\n\\\"key\\\"\": \"\\u2028\"}",
		"[0, -1, 9223372036854775807, -9223372036854775808, 10, 100]",
		"[0.0, -0.0, 0.5, 1.0, 1e20, 1e-20, -1.25, 0.1, 0.001, 0.0001, 12345.678]",
		"[1764000000.123, 1764000000.1, 1764000000.0, 9999999999.999, 10000000000.5]",
		"[3.14159265358979, 1764000000.1234, 0.3333333333333333, 1e300]",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		json_t *value = json_loads(texts[i], JSON_ALLOW_NUL, NULL);

		ck_assert_msg(value != NULL, "%s", texts[i]);
		check_same(value);
		json_decref(value);
	}
}
END_TEST

START_TEST(every_millisecond_is_written_as_jansson_writes_it)
{
	for (int64_t ms = 1; ms < 10000000000000; ms = ms * 3 + 7) {
		json_t *value = json_real((double)ms / 1000.0);

		check_same(value);
		json_decref(value);
	}
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
	json_t *value = json_loads("{\"key\":[1,2.5,\"text\",null]}", 0, NULL);
	struct err err = ERR_INIT;

	for (size_t max = 0; max < 27; max++) {
		AUTO(buf_done) struct buf text;

		buf_init(&text, max);
		ck_assert_int_eq(json_write(&text, value, &err), -1);
		ck_assert_int_eq(err.code, ERR_LIMIT);
		err_clear(&err);
	}
	json_decref(value);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		documents_are_written_as_jansson_writes_them,
		every_millisecond_is_written_as_jansson_writes_it,
		a_full_buffer_is_an_error,
	};

	json_memory_use();
	return suite_run("core/json_write", tests, ARRAY_LEN(tests));
}
