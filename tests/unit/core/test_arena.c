/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/arena.h"

START_TEST(memory_is_zeroed_aligned_and_apart)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	char *before = NULL;

	for (size_t size = 0; size < 300; size++) {
		char *memory = arena_alloc(arena, size);

		ck_assert_ptr_nonnull(memory);
		ck_assert_uint_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
		ck_assert_ptr_ne(memory, before);
		for (size_t i = 0; i < size; i++)
			ck_assert_int_eq(memory[i], 0);
		memset(memory, 0xff, size);
		before = memory;
	}
}
END_TEST

START_TEST(the_maximum_holds_for_small_and_large)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1024);
	size_t count = 0;

	ck_assert_ptr_null(arena_alloc(arena, 1025));
	ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(arena, SIZE_MAX - 16));
	while (arena_alloc(arena, 16))
		count++;
	ck_assert_uint_eq(count, 64);
	ck_assert_ptr_null(arena_strdup(arena, "x"));
	ck_assert_ptr_null(arena_printf(arena, "x"));
}
END_TEST

START_TEST(large_things_do_not_spoil_the_block_of_small_ones)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	char *small = arena_strdup(arena, "small");
	char *large = arena_alloc(arena, 100000);
	char *next = arena_strdup(arena, "next");

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', 100000);
	ck_assert_str_eq(small, "small");
	ck_assert_str_eq(next, "next");
}
END_TEST

START_TEST(texts_are_copied_and_formatted)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096);

	ck_assert_str_eq(arena_strdup(arena, "abc"), "abc");
	ck_assert_str_eq(arena_strndup(arena, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_strndup(arena, "", 0), "");
	ck_assert_str_eq(arena_printf(arena, "%s/%d", "a", 5), "a/5");
	ck_assert_ptr_null(arena_strndup(arena, "", SIZE_MAX));
	arena_free(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		memory_is_zeroed_aligned_and_apart,
		the_maximum_holds_for_small_and_large,
		large_things_do_not_spoil_the_block_of_small_ones,
		texts_are_copied_and_formatted,
	};

	return suite_run("core/arena", tests, ARRAY_LEN(tests));
}
