/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users for machines: every machine runs as a user of its own, so that one guest
 * that breaks out of its QEMU still meets the others as a stranger. A user is
 * held from before its machine starts until its files are gone. After a crash it
 * is read from the owner of the machine's scratch disk.
 */
#ifndef SLIPWAY_PROVISIONER_USER_POOL_H
#define SLIPWAY_PROVISIONER_USER_POOL_H

#include <sys/types.h>

#include "core/err.h"

struct user_pool;

/* @count users from @first on. @first 0: there is no choice; every taker gets 0. */
struct user_pool *user_pool_new(uid_t first, unsigned count);
void user_pool_free(struct user_pool *pool);
/* ERR_LIMIT when all are held. */
int user_pool_take(struct user_pool *pool, uid_t *ret_uid, struct err *err) MUST_CHECK;
/* Take a certain one: false if it is not the pool's or held already. */
bool user_pool_claim(struct user_pool *pool, uid_t uid);
void user_pool_give(struct user_pool *pool, uid_t uid); /* 0 and strangers are ignored */

#endif
