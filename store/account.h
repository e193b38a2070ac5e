/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts, and the access keys that sign for them. Every other record belongs
 * to one account, and every function that reads takes the account.
 */
#ifndef SLIPWAY_STORE_ACCOUNT_H
#define SLIPWAY_STORE_ACCOUNT_H

#include "core/arena.h"
#include "store/db.h"

#define ACCOUNT_ID_SIZE 13 /* 12 digits */
#define ACCESS_KEY_SIZE 21 /* "AKIA" and 16 of base 32 */
#define SECRET_KEY_SIZE 41

struct account {
	char id[ACCOUNT_ID_SIZE];
	char name[65];
	int64_t created_ms;
};
struct access_key {
	char id[ACCESS_KEY_SIZE], secret[SECRET_KEY_SIZE], account[ACCOUNT_ID_SIZE];
	char user[65]; /* of the ARN arn:aws:iam::ACCOUNT:user/USER; with a role: the task */
	char role[65]; /* "": a user's own key */
	bool active;
	int64_t created_ms;
};

/* ERR_EXISTS for a name that is taken. */
int account_create(struct db *db, const char *name, struct account *ret_account, struct err *err)
	MUST_CHECK;
/* ERR_NOT_FOUND. */
int account_find(struct db *db, const char *id, struct account *ret_account, struct err *err)
	MUST_CHECK;
int account_find_by_name(struct db *db, const char *name, struct account *ret_account,
			 struct err *err) MUST_CHECK;
int account_list(struct db *db, struct account **ret_accounts, size_t *ret_count, struct err *err)
	MUST_CHECK;
int access_key_create(struct db *db, const char *account, const char *user,
		      struct access_key *ret_key, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND for an unknown one; inactive ones are found. */
int access_key_find(struct db *db, const char *id, struct access_key *ret_key, struct err *err)
	MUST_CHECK;
int access_key_list(struct db *db, const char *account, struct access_key **ret_keys,
		    size_t *ret_count, struct err *err) MUST_CHECK;
int access_key_set_active(struct db *db, const char *id, bool active, struct err *err) MUST_CHECK;
int access_key_delete(struct db *db, const char *id, struct err *err) MUST_CHECK;

#endif
