/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of flags. The search begins behind the last one given out, so that a user
 * rests as long as possible before it is used again.
 */
#include "provisioner/user_pool.h"

struct user_pool {
	uid_t first;
	unsigned count, next;
	bool held[];
};

struct user_pool *user_pool_new(uid_t first, unsigned count)
{
	struct user_pool *pool;

	if (first == 0)
		count = 0;
	pool = xcalloc(1, sizeof(*pool) + count * sizeof(pool->held[0]));
	pool->first = first;
	pool->count = count;
	return pool;
}

void user_pool_free(struct user_pool *pool)
{
	free(pool);
}

int user_pool_take(struct user_pool *pool, uid_t *ret_uid, struct err *err)
{
	if (pool->first == 0) {
		*ret_uid = 0;
		return 0;
	}
	for (unsigned i = 0; i < pool->count; i++) {
		unsigned index = (pool->next + i) % pool->count;

		if (pool->held[index])
			continue;
		pool->held[index] = true;
		pool->next = index + 1;
		*ret_uid = pool->first + index;
		return 0;
	}
	return err_set(err, ERR_LIMIT, "all %u users of machines are in use", pool->count);
}

static bool *flag_of(struct user_pool *pool, uid_t uid)
{
	if (pool->first == 0 || uid < pool->first || uid - pool->first >= pool->count)
		return NULL;
	return &pool->held[uid - pool->first];
}

bool user_pool_claim(struct user_pool *pool, uid_t uid)
{
	bool *held = flag_of(pool, uid);

	if (!held || *held)
		return false;
	*held = true;
	return true;
}

void user_pool_give(struct user_pool *pool, uid_t uid)
{
	bool *held = flag_of(pool, uid);

	if (held)
		*held = false;
}
