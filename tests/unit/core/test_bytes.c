/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/bytes.h"

static const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 0xf8}; /* what is read begins at 1 */

START_TEST(numbers_are_read_in_their_order)
{
	ck_assert_uint_eq(be16_get(bytes + 1), 0x0102);
	ck_assert_uint_eq(be32_get(bytes + 1), 0x01020304);
	ck_assert_uint_eq(be64_get(bytes + 1), UINT64_C(0x01020304050607f8));
	ck_assert_uint_eq(le16_get(bytes + 1), 0x0201);
	ck_assert_uint_eq(le32_get(bytes + 1), 0x04030201);
	ck_assert_uint_eq(le64_get(bytes + 1), UINT64_C(0xf807060504030201));
}
END_TEST

START_TEST(what_is_written_is_what_was_read_and_no_more)
{
	uint8_t out[sizeof(bytes)];

#define ASSERT_WRITTEN(order, bits)                                                                \
	do {                                                                                       \
		memset(out, 0xee, sizeof(out));                                                    \
		order##bits##_put(out + 1, order##bits##_get(bytes + 1));                          \
		ck_assert_mem_eq(out + 1, bytes + 1, (bits) / 8);                                  \
		for (size_t i = 0; i < sizeof(out); i++)                                           \
			ck_assert((i >= 1 && i < 1 + (bits) / 8) || out[i] == 0xee);               \
	} while (0);
	BYTES_ORDERS(ASSERT_WRITTEN)
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		numbers_are_read_in_their_order,
		what_is_written_is_what_was_read_and_no_more,
	};

	return suite_run("core/bytes", tests, ARRAY_LEN(tests));
}
