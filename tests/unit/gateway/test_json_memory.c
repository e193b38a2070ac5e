/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks that are kept: apart, given again, not without end. Built with json_memory.c in the
 * way that is kept in a release, beside ASan.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "gateway/json_memory.h"
#include "tests/support/suite.h"

#define KEPT 512 /* as json_memory.c has it */

START_TEST(memory_of_any_size_is_apart)
{
	void *blocks[64];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
			blocks[i] = json_memory_take(i * 7 + 1);
			ck_assert_ptr_nonnull(blocks[i]);
			ck_assert_uint_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
			memset(blocks[i], (int)i, i * 7 + 1);
		}
		for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
			const unsigned char *bytes = blocks[i];

			ck_assert_uint_eq(bytes[0], i);
			ck_assert_uint_eq(bytes[i * 7], i);
			json_memory_give(blocks[i]);
		}
	}
	json_memory_give(NULL);
	ck_assert_ptr_null(json_memory_take(SIZE_MAX));
}
END_TEST

START_TEST(a_block_comes_back_for_the_next_of_its_size)
{
	void *small = json_memory_take(33);
	void *large = json_memory_take(4096);
	void *other;

	json_memory_give(small);
	other = json_memory_take(65); /* of another class */
	ck_assert_ptr_ne(other, small);
	ck_assert_ptr_eq(json_memory_take(64), small);
	json_memory_give(small);
	json_memory_give(other);
	json_memory_give(large);
}
END_TEST

START_TEST(no_more_is_kept_than_the_limit)
{
	static void *blocks[KEPT + 1];
	void *again;

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		blocks[i] = json_memory_take(100);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		json_memory_give(blocks[i]);
	/* The last one that was kept, not the one beyond. */
	again = json_memory_take(100);
	ck_assert_ptr_eq(again, blocks[KEPT - 1]);
	json_memory_give(again);
}
END_TEST

static void *give_and_take(void *block)
{
	json_memory_give(block);
	return json_memory_take(8);
}

START_TEST(another_thread_may_give_a_block_and_keeps_it)
{
	void *block = json_memory_take(8);
	void *again = NULL;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, give_and_take, block), 0);
	ck_assert_int_eq(pthread_join(thread, &again), 0);
	ck_assert_ptr_eq(again, block);
	json_memory_give(again);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		memory_of_any_size_is_apart,
		a_block_comes_back_for_the_next_of_its_size,
		no_more_is_kept_than_the_limit,
		another_thread_may_give_a_block_and_keeps_it,
	};

	return suite_run("gateway/json_memory", tests, ARRAY_LEN(tests));
}
