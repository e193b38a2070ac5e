/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Account settings. There are a dozen names, so who lists them asks for each.
 */
#include "store/account_setting.h"

#include "store/record.h"

int account_setting_put(struct db *db, const char *account, const char *principal,
			const struct account_setting *setting, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO account_setting (account, principal, name, value)"
		     " VALUES (?1, ?2, ?3, ?4)"
		     " ON CONFLICT (account, principal, name) DO UPDATE SET value = excluded.value",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, principal);
	db_bind_text(query, 3, setting->name);
	db_bind_text(query, 4, setting->value);
	return db_run(query, NULL, err);
}

int account_setting_delete(struct db *db, const char *account, const char *principal,
			   const char *name, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM account_setting"
		     " WHERE account = ?1 AND principal = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, principal);
	db_bind_text(query, 3, name);
	return db_run(query, NULL, err);
}

int account_setting_find(struct db *db, const char *account, const char *principal,
			 const char *name, struct arena *arena, const char **ret_value,
			 struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	const char *value = NULL;
	int rc;

	if (db_query(db,
		     "SELECT value FROM account_setting"
		     " WHERE account = ?1 AND principal = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, principal);
	db_bind_text(query, 3, name);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	row.query = query;
	if (rc == 1)
		value = record_text(&row, 0);
	if (record_row_check(&row, err) < 0)
		return -1;
	*ret_value = value;
	return 0;
}
