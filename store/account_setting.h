/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Account settings: name and value, set for one principal (an ARN) of an account.
 * Which names there are and which principal's setting holds, the gateway knows.
 */
#ifndef SLIPWAY_STORE_ACCOUNT_SETTING_H
#define SLIPWAY_STORE_ACCOUNT_SETTING_H

#include "core/arena.h"
#include "store/db.h"

struct account_setting {
	const char *name, *value;
};

/* Insert or replace. Writers run inside the caller's transaction, if there is one. */
int account_setting_put(struct db *db, const char *account, const char *principal,
			const struct account_setting *setting, struct err *err) MUST_CHECK;
/* It is no error if there is none. */
int account_setting_delete(struct db *db, const char *account, const char *principal,
			   const char *name, struct err *err) MUST_CHECK;
/* *ret_value is NULL if it is not set. Lives in @arena. */
int account_setting_find(struct db *db, const char *account, const char *principal,
			 const char *name, struct arena *arena, const char **ret_value,
			 struct err *err) MUST_CHECK;

#endif
