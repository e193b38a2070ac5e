/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access keys. The secret is kept as it is, because verifying a signature needs it;
 * the database's mode keeps it from others.
 */
#include <stdio.h>

#include "core/clock.h"
#include "core/ident.h"
#include "store/account.h"
#include "store/record.h"

#define KEY_PREFIX     "AKIA"
#define KEY_PREFIX_LEN (sizeof(KEY_PREFIX) - 1)
#define USER_NAME_MAX  (sizeof(((struct access_key *)0)->user) - 1)

#define KEY_COLUMNS "id, secret, account, user_name, active, created_ms"

static void read_key(struct db_query *query, struct access_key *ret_key)
{
	*ret_key = (struct access_key){.active = db_int(query, 4) != 0,
				       .created_ms = db_int(query, 5)};
	snprintf(ret_key->id, sizeof(ret_key->id), "%s", db_text(query, 0));
	snprintf(ret_key->secret, sizeof(ret_key->secret), "%s", db_text(query, 1));
	snprintf(ret_key->account, sizeof(ret_key->account), "%s", db_text(query, 2));
	snprintf(ret_key->user, sizeof(ret_key->user), "%s", db_text(query, 3));
}

static int insert(struct db *db, const struct access_key *key, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "INSERT INTO access_key (" KEY_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, key->id);
	db_bind_text(query, 2, key->secret);
	db_bind_text(query, 3, key->account);
	db_bind_text(query, 4, key->user);
	db_bind_int(query, 5, key->active);
	db_bind_int(query, 6, key->created_ms);
	return db_run(query, NULL, err);
}

int access_key_create(struct db *db, const char *account, const char *user,
		      struct access_key *ret_key, struct err *err)
{
	struct access_key key = {.active = true, .created_ms = clock_wall_ms()};

	if (!ident_is_name(user, USER_NAME_MAX))
		return err_set(err, ERR_INVALID,
			       "a user's name has 1 to %zu letters, digits, - and _",
			       USER_NAME_MAX);
	snprintf(key.id, sizeof(key.id), KEY_PREFIX);
	ident_base32(key.id + KEY_PREFIX_LEN, ACCESS_KEY_SIZE - 1 - KEY_PREFIX_LEN);
	ident_base64(key.secret, SECRET_KEY_SIZE - 1);
	snprintf(key.account, sizeof(key.account), "%s", account);
	snprintf(key.user, sizeof(key.user), "%s", user);
	if (insert(db, &key, err) < 0) {
		/* Only the reference to the account can be broken. */
		if (err->code == ERR_CONFLICT)
			return err_set(err, ERR_NOT_FOUND, "no account %s", account);
		return -1;
	}
	*ret_key = key;
	return 0;
}

int access_key_find(struct db *db, const char *id, struct access_key *ret_key, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, "SELECT " KEY_COLUMNS " FROM access_key WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no access key %s", id);
	read_key(query, ret_key);
	return 0;
}

int access_key_list(struct db *db, const char *account, struct access_key **ret_keys,
		    size_t *ret_count, struct err *err)
{
	AUTO(buf_done) struct buf list;
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	buf_init(&list, RECORD_LIST_MAX);
	if (db_query(db,
		     "SELECT " KEY_COLUMNS " FROM access_key WHERE account = ?1"
		     " ORDER BY created_ms, id",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	while ((rc = db_step(query, err)) == 1) {
		struct access_key key;

		read_key(query, &key);
		if (buf_append(&list, &key, sizeof(key), err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	*ret_count = list.len / sizeof(struct access_key);
	*ret_keys = (struct access_key *)(void *)STEAL(list.data, NULL);
	return 0;
}

/* Runs a bound change of one key. */
static int change_one(struct db_query *query, const char *id, struct err *err)
{
	int64_t changed;

	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no access key %s", id);
	return 0;
}

int access_key_set_active(struct db *db, const char *id, bool active, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "UPDATE access_key SET active = ?2 WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, active);
	return change_one(query, id, err);
}

int access_key_delete(struct db *db, const char *id, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM access_key WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	return change_one(query, id, err);
}
