/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts: an id of 12 random digits, as AWS has them, and a name for people.
 */
#include "store/account.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/ident.h"
#include "store/record.h"

#define ACCOUNT_DIGITS	 (ACCOUNT_ID_SIZE - 1)
#define ACCOUNT_NAME_MAX (sizeof(((struct account *)0)->name) - 1)

static void read_account(struct db_query *query, struct account *ret_account)
{
	*ret_account = (struct account){.created_ms = db_int(query, 2)};
	snprintf(ret_account->id, sizeof(ret_account->id), "%s", db_text(query, 0));
	snprintf(ret_account->name, sizeof(ret_account->name), "%s", db_text(query, 1));
}

static int insert(struct db *db, const struct account *account, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "INSERT INTO account (id, name, created_ms) VALUES (?1, ?2, ?3)", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account->id);
	db_bind_text(query, 2, account->name);
	db_bind_int(query, 3, account->created_ms);
	return db_run(query, NULL, err);
}

int account_create(struct db *db, const char *name, struct account *ret_account, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct account account = {.created_ms = clock_wall_ms()};
	struct account other;

	if (!ident_is_name(name, ACCOUNT_NAME_MAX))
		return err_set(err, ERR_INVALID,
			       "an account's name has 1 to %zu letters, digits, - and _",
			       ACCOUNT_NAME_MAX);
	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	if (account_find_by_name(db, name, &other, err) == 0)
		return err_set(err, ERR_EXISTS, "there is an account \"%s\" already", name);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	ident_digits(account.id, ACCOUNT_DIGITS);
	snprintf(account.name, sizeof(account.name), "%s", name);
	if (insert(db, &account, err) < 0 || record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_account = account;
	return 0;
}

static int find_one(struct db *db, const char *sql, const char *text, struct account *ret_account,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, text);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no account \"%s\"", text);
	read_account(query, ret_account);
	return 0;
}

int account_find(struct db *db, const char *id, struct account *ret_account, struct err *err)
{
	return find_one(db, "SELECT id, name, created_ms FROM account WHERE id = ?1", id,
			ret_account, err);
}

int account_find_by_name(struct db *db, const char *name, struct account *ret_account,
			 struct err *err)
{
	return find_one(db, "SELECT id, name, created_ms FROM account WHERE name = ?1", name,
			ret_account, err);
}

int account_list(struct db *db, struct account **ret_accounts, size_t *ret_count, struct err *err)
{
	AUTO(buf_done) struct buf list;
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	buf_init(&list, RECORD_LIST_MAX);
	if (db_query(db, "SELECT id, name, created_ms FROM account ORDER BY name", &query, err) < 0)
		return -1;
	while ((rc = db_step(query, err)) == 1) {
		struct account account;

		read_account(query, &account);
		if (buf_append(&list, &account, sizeof(account), err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	*ret_count = list.len / sizeof(struct account);
	*ret_accounts = (struct account *)(void *)STEAL(list.data, NULL);
	return 0;
}
