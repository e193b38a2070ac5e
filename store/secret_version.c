/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of secrets and the stages that point at them. A value is sealed under its
 * account, name and version. When AWSCURRENT moves, AWSPREVIOUS goes to where it was.
 */
#include <string.h>

#include "store/record.h"
#include "store/sealed.h"
#include "store/secret.h"

#define COLUMNS	      "version, is_binary, created_ms, sealed"
#define SEALED_COLUMN 3

static char *label_of(const char *account, const char *name, const char *id)
{
	return xasprintf("secretsmanager/%s/%s/%s", account, name, id);
}

/* --- reading --- */

static int read_stages(struct db *db, const char *account, const char *name, struct arena *arena,
		       struct secret_version *version, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT stage FROM secret_stage"
		     " WHERE account = ?1 AND name = ?2 AND version = ?3 ORDER BY stage",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, version->id);
	return record_texts(query, arena, &version->stages, &version->stage_count, err);
}

/* The version at which @stage points; ERR_NOT_FOUND. */
static int find_stage(struct db *db, const char *account, const char *name, const char *stage,
		      struct arena *arena, const char **ret_id, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	const char **ids;
	size_t count;

	if (db_query(db,
		     "SELECT version FROM secret_stage"
		     " WHERE account = ?1 AND name = ?2 AND stage = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, stage);
	if (record_texts(query, arena, &ids, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no version of %s at stage %s", name, stage);
	*ret_id = ids[0];
	return 0;
}

static int read_id(struct db *db, const struct seal_key *key, const char *account, const char *name,
		   const char *id, struct arena *arena, struct secret_version *ret_version,
		   struct err *err)
{
	AUTO(freep) char *label = label_of(account, name, id);
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM secret_version"
		     " WHERE account = ?1 AND name = ?2 AND version = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, id);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no version %s of %s", id, name);
	row.query = query;
	*ret_version = (struct secret_version){
		.id = record_text(&row, 0),
		.binary = db_int(query, 1) != 0,
		.created_ms = db_int(query, 2),
	};
	if (record_row_check(&row, err) < 0)
		return -1;
	if (sealed_value(query, SEALED_COLUMN, key, label, arena, &ret_version->value, err) < 0)
		return err_wrap(err, "secret %s", name);
	return 0;
}

int secret_read(struct db *db, const struct seal_key *key, const char *account, const char *name,
		const char *id, const char *stage, struct arena *arena,
		struct secret_version *ret_version, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct secret_version version;
	const char *at = id;

	if (!id && !stage)
		stage = SECRET_CURRENT;
	if (record_scope_begin_read(&scope, db, err) < 0 ||
	    (stage && find_stage(db, account, name, stage, arena, &at, err) < 0))
		return -1;
	if (id && strcmp(id, at) != 0)
		return err_set(err, ERR_INVALID, "version %s of %s is not at stage %s", id, name,
			       stage);
	if (read_id(db, key, account, name, at, arena, &version, err) < 0 ||
	    read_stages(db, account, name, arena, &version, err) < 0)
		return -1;
	*ret_version = version;
	return 0;
}

static void read_about(struct record_row *row, void *ret_item)
{
	struct secret_version *ret_version = ret_item;

	*ret_version = (struct secret_version){
		.id = record_text(row, 0),
		.binary = db_int(row->query, 1) != 0,
		.created_ms = db_int(row->query, 2),
	};
}

int secret_versions(struct db *db, const char *account, const char *name, struct arena *arena,
		    struct secret_version **ret_versions, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct secret_version *versions;
	size_t count;

	if (db_query(db,
		     "SELECT version, is_binary, created_ms FROM secret_version v"
		     " WHERE account = ?1 AND name = ?2 AND EXISTS (SELECT 1 FROM secret_stage s"
		     " WHERE s.account = v.account AND s.name = v.name AND s.version = v.version)"
		     " ORDER BY created_ms, version",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (record_list(query, read_about, sizeof(*versions), arena, &versions, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (read_stages(db, account, name, arena, &versions[i], err) < 0)
			return -1;
	}
	*ret_versions = versions;
	*ret_count = count;
	return 0;
}

/* --- writing --- */

static int insert(struct db *db, const struct seal_key *key, const char *account, const char *name,
		  const struct secret_version *given, int64_t now_ms, struct err *err)
{
	AUTO(freep) char *label = label_of(account, name, given->id);
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "INSERT INTO secret_version (account, name, version, is_binary, sealed,"
		     " created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, given->id);
	db_bind_int(query, 4, given->binary);
	if (sealed_bind(query, 5, key, label, given->value, err) < 0)
		return -1;
	db_bind_int(query, 6, now_ms);
	return db_run(STEAL(query, NULL), NULL, err);
}

/* *ret_known: it is there with this value. ERR_EXISTS: with another. */
static int look_for_retry(struct db *db, const struct seal_key *key, const char *account,
			  const char *name, const struct secret_version *given, bool *ret_known,
			  struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new_secret(2 * SEALED_VALUE_MAX);
	struct secret_version before;

	*ret_known = false;
	if (read_id(db, key, account, name, given->id, arena, &before, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		return 0;
	}
	if (strcmp(before.value, given->value) != 0 || before.binary != given->binary)
		return err_set(err, ERR_EXISTS, "version %s of %s has another value", given->id,
			       name);
	*ret_known = true;
	return 0;
}

static int set_stage(struct db *db, const char *account, const char *name, const char *stage,
		     const char *id, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO secret_stage (account, name, stage, version)"
		     " VALUES (?1, ?2, ?3, ?4)"
		     " ON CONFLICT (account, name, stage) DO UPDATE SET version = excluded.version",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, stage);
	db_bind_text(query, 4, id);
	return db_run(query, NULL, err);
}

static int move_stage(struct db *db, const char *account, const char *name, const char *stage,
		      const char *id, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096);
	const char *before = NULL;

	if (strcmp(stage, SECRET_CURRENT) == 0) {
		if (find_stage(db, account, name, stage, arena, &before, err) < 0 &&
		    err->code != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
		if (before && strcmp(before, id) != 0 &&
		    set_stage(db, account, name, SECRET_PREVIOUS, before, err) < 0)
			return -1;
	}
	return set_stage(db, account, name, stage, id, err);
}

/* Versions that no stage points at, the oldest first, until few enough are left. */
static int drop_old(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM secret_version WHERE account = ?1 AND name = ?2"
		     " AND version IN (SELECT version FROM secret_version"
		     " WHERE account = ?1 AND name = ?2"
		     " AND version NOT IN (SELECT version FROM secret_stage"
		     " WHERE account = ?1 AND name = ?2)"
		     " ORDER BY created_ms DESC, version LIMIT -1"
		     " OFFSET ?3 - (SELECT COUNT(DISTINCT version) FROM secret_stage"
		     " WHERE account = ?1 AND name = ?2))",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, SECRET_VERSIONS_MAX);
	return db_run(query, NULL, err);
}

static int count_stages(struct db *db, const char *account, const char *name, int64_t *ret_count,
			struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM secret_stage WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return record_int(query, 0, ret_count, err);
}

static int move_stages(struct db *db, const char *account, const char *name,
		       const struct secret_version *version, struct err *err)
{
	int64_t before, after;

	if (count_stages(db, account, name, &before, err) < 0)
		return -1;
	for (size_t i = 0; i < version->stage_count; i++) {
		if (move_stage(db, account, name, version->stages[i], version->id, err) < 0)
			return -1;
	}
	if (count_stages(db, account, name, &after, err) < 0)
		return -1;
	if (after > before && after > SECRET_STAGES_MAX)
		return err_set(err, ERR_LIMIT, "a secret can have %d stages", SECRET_STAGES_MAX);
	return 0;
}

int secret_put(struct db *db, const struct seal_key *key, const char *account, const char *name,
	       const struct secret_version *given, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	bool known;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    look_for_retry(db, key, account, name, given, &known, err) < 0)
		return -1;
	if (known)
		return record_scope_commit(&scope, err);
	if (insert(db, key, account, name, given, now_ms, err) < 0 ||
	    move_stages(db, account, name, given, err) < 0 ||
	    drop_old(db, account, name, err) < 0 ||
	    secret_change(db, account, name, NULL, NULL, now_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}
