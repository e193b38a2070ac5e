/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "provisioner/user_pool.h"

static struct err err;

START_TEST(no_user_is_given_out_twice)
{
	struct user_pool *pool = user_pool_new(64100, 3);
	uid_t uids[3], more;

	for (int i = 0; i < 3; i++)
		ASSERT_OK(user_pool_take(pool, &uids[i], &err), &err);
	ck_assert_uint_ne(uids[0], uids[1]);
	ck_assert_uint_ne(uids[1], uids[2]);
	ck_assert_int_eq(user_pool_take(pool, &more, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	user_pool_give(pool, uids[1]);
	ASSERT_OK(user_pool_take(pool, &more, &err), &err);
	ck_assert_uint_eq(more, uids[1]);
	user_pool_free(pool);
}
END_TEST

START_TEST(a_user_that_was_given_back_rests_as_long_as_there_are_others)
{
	struct user_pool *pool = user_pool_new(64100, 3);
	uid_t first, second;

	ASSERT_OK(user_pool_take(pool, &first, &err), &err);
	user_pool_give(pool, first);
	ASSERT_OK(user_pool_take(pool, &second, &err), &err);
	ck_assert_uint_ne(first, second);
	user_pool_free(pool);
}
END_TEST

START_TEST(a_user_of_an_earlier_life_is_claimed_once)
{
	struct user_pool *pool = user_pool_new(64100, 2);
	uid_t uid;

	ck_assert(user_pool_claim(pool, 64101));
	ck_assert(!user_pool_claim(pool, 64101));
	ck_assert(!user_pool_claim(pool, 64102));
	ck_assert(!user_pool_claim(pool, 0));
	ASSERT_OK(user_pool_take(pool, &uid, &err), &err);
	ck_assert_uint_eq(uid, 64100);
	user_pool_free(pool);
}
END_TEST

START_TEST(without_privilege_everybody_is_nobody)
{
	struct user_pool *pool = user_pool_new(0, 10);
	uid_t uid = 1;

	ASSERT_OK(user_pool_take(pool, &uid, &err), &err);
	ck_assert_uint_eq(uid, 0);
	user_pool_give(pool, 0);
	user_pool_free(pool);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		no_user_is_given_out_twice,
		a_user_that_was_given_back_rests_as_long_as_there_are_others,
		a_user_of_an_earlier_life_is_claimed_once,
		without_privilege_everybody_is_nobody,
	};

	return suite_run("provisioner/user_pool", tests, ARRAY_LEN(tests));
}
