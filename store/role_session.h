/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short-lived keys that a task has for its role. They are not stored: token, key and
 * secret are made from one seed of the store, so the provisioner can make them at any
 * time and the gateway can tell them again.
 */
#ifndef SLIPWAY_STORE_ROLE_SESSION_H
#define SLIPWAY_STORE_ROLE_SESSION_H

#include "core/digest.h"
#include "store/account.h"
#include "store/role_policy.h"
#include "store/task.h"

#define ROLE_TOKEN_SIZE (TASK_ID_SIZE + ROLE_NAME_SIZE + 20 + 1 + SHA256_HEX_SIZE)

struct role_session {
	char task[TASK_ID_SIZE];
	char role[ROLE_NAME_SIZE];
	int64_t expires_s; /* since 1970 */
	char access_key[ACCESS_KEY_SIZE], secret[SECRET_KEY_SIZE];
	char token[ROLE_TOKEN_SIZE];
};

struct role_seed {
	uint8_t bytes[SHA256_SIZE];
};

/* Read it; the first time, make it (a transaction of its own). */
int role_seed_make(struct db *db, struct role_seed *ret_seed, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND: it was not made, so no session exists. */
int role_seed_find(struct db *db, struct role_seed *ret_seed, struct err *err) MUST_CHECK;

/* @task and @role are well-formed. */
void role_session_make(const struct role_seed *seed, const char *task, const char *role,
		       int64_t expires_s, struct role_session *ret_session);
/* The session that @token is of; ERR_INVALID for one that was not made by @seed. */
int role_session_read(const struct role_seed *seed, const char *token,
		      struct role_session *ret_session, struct err *err) MUST_CHECK;

/* The account of an unfinished task; ERR_NOT_FOUND: it is over, and so are its keys. */
int role_session_account(struct db *db, const char *task, char ret_account[ACCOUNT_ID_SIZE],
			 struct err *err) MUST_CHECK;

#endif
