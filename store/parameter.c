/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value is sealed under its account, name and version, so no row can be put in another's
 * place.
 */
#include "store/parameter.h"

#include <string.h>

#include "store/record.h"
#include "store/sealed.h"

#define COLUMNS                                                                                    \
	"p.name, p.type, p.description, p.data_type, p.tier, p.key_id,"                            \
	" v.version, v.modified_ms, v.modified_by, v.sealed"
#define SEALED_COLUMN 9
#define JOINED                                                                                     \
	" FROM parameter p JOIN parameter_version v ON v.account = p.account AND v.name = p.name"

static char *label_of(const char *account, const char *name, int64_t version)
{
	return xasprintf("ssm/%s/%s/%lld", account, name, (long long)version);
}

static int read_parameter(struct record_row *row, const struct seal_key *key, const char *account,
			  enum parameter_read read, struct parameter *ret, struct err *err)
{
	AUTO(freep) char *label = NULL;

	*ret = (struct parameter){
		.name = record_text(row, 0),
		.type = record_text(row, 1),
		.description = record_text(row, 2),
		.data_type = record_text(row, 3),
		.tier = record_text(row, 4),
		.key_id = record_text(row, 5),
		.version = db_int(row->query, 6),
		.modified_ms = db_int(row->query, 7),
		.modified_by = record_text(row, 8),
	};
	if (record_row_check(row, err) < 0 || read == PARAMETER_ABOUT)
		return row->full ? -1 : 0;
	if (read == PARAMETER_SEALED && strcmp(ret->type, PARAMETER_SECURE) == 0)
		return sealed_text(row->query, SEALED_COLUMN, row->arena, &ret->value, err);
	label = label_of(account, ret->name, ret->version);
	if (sealed_value(row->query, SEALED_COLUMN, key, label, row->arena, &ret->value, err) < 0)
		return err_wrap(err, "parameter %s", ret->name);
	return 0;
}

/* 0: there is no parameter of this name. */
static int newest_version(struct db *db, const char *account, const char *name,
			  int64_t *ret_version, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT version FROM parameter WHERE account = ?1 AND name = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return record_int(query, 0, ret_version, err);
}

int parameter_find(struct db *db, const struct seal_key *key, const char *account, const char *name,
		   int64_t version, enum parameter_read read, struct arena *arena,
		   struct parameter *ret_parameter, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	struct parameter found;
	int64_t newest;
	int rc;

	if (newest_version(db, account, name, &newest, err) < 0)
		return -1;
	if (newest == 0)
		return err_set(err, ERR_NOT_FOUND, "no parameter %s", name);
	if (db_query(db,
		     "SELECT " COLUMNS JOINED
		     " WHERE p.account = ?1 AND p.name = ?2 AND v.version = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, version > 0 ? version : newest);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_INVALID, "no version %lld of parameter %s",
			       (long long)version, name);
	row.query = query;
	if (read_parameter(&row, key, account, read, &found, err) < 0)
		return -1;
	*ret_parameter = found;
	return 0;
}

/* --- writing --- */

static int write_head(struct db *db, const char *account, const struct parameter *given,
		      int64_t version, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO parameter (account, name, type, description, data_type,"
		     " tier, key_id, version)"
		     " VALUES (?1, ?2, ?3, COALESCE(?4, ''), COALESCE(?5, 'text'),"
		     " COALESCE(?6, 'Standard'), COALESCE(?7, ''), ?8)"
		     " ON CONFLICT (account, name) DO UPDATE SET version = excluded.version,"
		     " description = COALESCE(?4, parameter.description),"
		     " data_type = COALESCE(?5, parameter.data_type),"
		     " tier = COALESCE(?6, parameter.tier),"
		     " key_id = COALESCE(?7, parameter.key_id)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, given->name);
	db_bind_text(query, 3, given->type);
	db_bind_text(query, 4, given->description);
	db_bind_text(query, 5, given->data_type);
	db_bind_text(query, 6, given->tier);
	db_bind_text(query, 7, given->key_id);
	db_bind_int(query, 8, version);
	return db_run(query, NULL, err);
}

static int write_version(struct db *db, const struct seal_key *key, const char *account,
			 const struct parameter *given, int64_t version, struct err *err)
{
	AUTO(freep) char *label = label_of(account, given->name, version);
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "INSERT INTO parameter_version (account, name, version, sealed, modified_ms,"
		     " modified_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, given->name);
	db_bind_int(query, 3, version);
	if (sealed_bind(query, 4, key, label, given->value, err) < 0)
		return -1;
	db_bind_int(query, 5, given->modified_ms);
	db_bind_text(query, 6, given->modified_by);
	return db_run(STEAL(query, NULL), NULL, err);
}

static int drop_old_versions(struct db *db, const char *account, const char *name, int64_t newest,
			     struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM parameter_version WHERE account = ?1 AND name = ?2"
		     " AND version <= ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, newest - PARAMETER_VERSIONS_MAX);
	return db_run(query, NULL, err);
}

/* What is to be written over what is there; *ret_version is the one before, 0: none. */
static int check_before(struct db *db, const char *account, const struct parameter *given,
			bool overwrite, int64_t *ret_version, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64u * 1024);
	struct parameter before;

	if (parameter_find(db, NULL, account, given->name, 0, PARAMETER_ABOUT, arena, &before,
			   err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		*ret_version = 0;
		return given->type ? 0 : err_set(err, ERR_INVALID, "a parameter needs a type");
	}
	if (!overwrite)
		return err_set(err, ERR_EXISTS, "there is a parameter %s", given->name);
	if (given->type && strcmp(given->type, before.type) != 0)
		return err_set(err, ERR_CONFLICT, "parameter %s is a %s", given->name, before.type);
	*ret_version = before.version;
	return 0;
}

int parameter_put(struct db *db, const struct seal_key *key, const char *account,
		  const struct parameter *given, bool overwrite, int64_t *ret_version,
		  struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct parameter head = *given;
	int64_t before;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    check_before(db, account, given, overwrite, &before, err) < 0)
		return -1;
	if (!head.type)
		head.type = "String"; /* not looked at: the row is there */
	if (write_head(db, account, &head, before + 1, err) < 0 ||
	    write_version(db, key, account, given, before + 1, err) < 0 ||
	    drop_old_versions(db, account, given->name, before + 1, err) < 0 ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_version = before + 1;
	return 0;
}

int parameter_delete(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "DELETE FROM parameter WHERE account = ?1 AND name = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no parameter %s", name);
}

/* --- lists --- */

static int list_rows(struct db_query *query, const struct seal_key *key, const char *account,
		     const struct parameter_list *asked, enum parameter_read read,
		     struct arena *arena, struct buf *list, struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	int rc = 0;

	while (list->len < asked->limit * sizeof(struct parameter) &&
	       (rc = db_step(query, err)) == 1) {
		struct parameter found;

		if (asked->wanted &&
		    !asked->wanted(asked->ctx, db_text(query, 0), db_text(query, 1)))
			continue;
		if (read_parameter(&row, key, account, read, &found, err) < 0 ||
		    buf_append(list, &found, sizeof(found), err) < 0)
			return -1;
	}
	return rc < 0 ? -1 : 0;
}

int parameter_list(struct db *db, const struct seal_key *key, const char *account,
		   const struct parameter_list *asked, enum parameter_read read,
		   struct arena *arena, struct parameter **ret_parameters, size_t *ret_count,
		   struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(buf_done) struct buf list;
	AUTO(freep) char *end = record_prefix_end(asked->prefix);

	buf_init(&list, RECORD_LIST_MAX);
	if (db_query(db,
		     "SELECT " COLUMNS JOINED " AND v.version = p.version"
		     " WHERE p.account = ?1 AND p.name >= ?2 AND p.name < ?3 AND p.name > ?4"
		     " ORDER BY p.name",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, asked->prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, asked->after ? asked->after : "");
	if (list_rows(query, key, account, asked, read, arena, &list, err) < 0)
		return -1;
	return record_list_take(&list, sizeof(struct parameter), arena, ret_parameters, ret_count,
				err);
}
