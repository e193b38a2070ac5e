/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task definitions, one at a time. The family's row holds the last number given out
 * and how many revisions it has, ACTIVE and in all; every change of a revision
 * changes those counts in the same transaction, so that families are listed by status
 * without looking at their revisions.
 */
#include "store/definition.h"

#include <assert.h>
#include <string.h>

#include "store/definition_private.h"
#include "store/record.h"

/* A revision whose deletion was asked stays for an hour at least: the API's promise. */
#define EXPUNGE_AFTER_MS (60 * 60 * 1000LL)
#define EXPUNGE_BATCH	 100 /* at most so many a call, so that the write lock is short */

#define DEFINITION_COLUMNS                                                                         \
	"family, revision, status, body_json, registered_by, registered_ms, deregistered_ms,"      \
	" delete_requested_ms"

static const char *const status_names[DEFINITION_STATUS_COUNT] = {
	[DEFINITION_ACTIVE] = "ACTIVE",
	[DEFINITION_INACTIVE] = "INACTIVE",
	[DEFINITION_DELETING] = "DELETE_IN_PROGRESS",
};

const char *definition_status_name(enum definition_status status)
{
	assert(status < DEFINITION_STATUS_COUNT);
	return status_names[status];
}

static enum definition_status status_parse(const char *name)
{
	for (int status = 0; status < DEFINITION_STATUS_COUNT; status++) {
		if (strcmp(status_names[status], name) == 0)
			return (enum definition_status)status;
	}
	assert(!"a status that the schema's CHECK refuses");
	return DEFINITION_DELETING;
}

/* Adds to the family's counts and, if @number, takes its next number. */
static int family_count(struct db *db, const char *account, const char *family, int64_t number,
			int64_t active, int64_t total, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO definition_family (account, family, last_revision, active, total)"
		     " VALUES (?1, ?2, ?3, ?4, ?5)"
		     " ON CONFLICT (account, family) DO UPDATE SET"
		     " last_revision = definition_family.last_revision + excluded.last_revision,"
		     " active = definition_family.active + excluded.active,"
		     " total = definition_family.total + excluded.total",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, family);
	db_bind_int(query, 3, number);
	db_bind_int(query, 4, active);
	db_bind_int(query, 5, total);
	return db_run(query, NULL, err);
}

static int last_revision(struct db *db, const char *account, const char *family,
			 int64_t *ret_revision, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT last_revision FROM definition_family"
		     " WHERE account = ?1 AND family = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, family);
	return record_int(query, 0, ret_revision, err);
}

static int insert(struct db *db, const char *account, const struct definition *definition,
		  int64_t revision, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO definition (account, " DEFINITION_COLUMNS ")"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, definition->family);
	db_bind_int(query, 3, revision);
	db_bind_text(query, 4, definition_status_name(DEFINITION_ACTIVE));
	db_bind_text(query, 5, definition->body_json);
	db_bind_text(query, 6, definition->registered_by);
	db_bind_int(query, 7, definition->registered_ms);
	return db_run(query, NULL, err);
}

int definition_register(struct db *db, const char *account, const struct definition *definition,
			int64_t *ret_revision, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t revision;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    family_count(db, account, definition->family, 1, 1, 1, err) < 0 ||
	    last_revision(db, account, definition->family, &revision, err) < 0 ||
	    insert(db, account, definition, revision, err) < 0 ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_revision = revision;
	return 0;
}

static int read_definition(struct db_query *query, struct arena *arena,
			   struct definition *ret_definition, struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	struct definition definition = {
		.family = record_text(&row, 0),
		.revision = db_int(query, 1),
		.status = status_parse(db_text(query, 2)),
		.body_json = record_text(&row, 3),
		.registered_by = record_text(&row, 4),
		.registered_ms = db_int(query, 5),
		.deregistered_ms = db_int(query, 6),
		.delete_requested_ms = db_int(query, 7),
	};

	if (record_row_check(&row, err) < 0)
		return -1;
	*ret_definition = definition;
	return 0;
}

int definition_find(struct db *db, const char *account, const char *family, int64_t revision,
		    struct arena *arena, struct definition *ret_definition, struct err *err)
{
	static const char one[] = "SELECT " DEFINITION_COLUMNS " FROM definition"
				  " WHERE account = ?1 AND family = ?2 AND revision = ?3";
	static const char newest[] = "SELECT " DEFINITION_COLUMNS " FROM definition"
				     " WHERE account = ?1 AND family = ?2 AND status = 'ACTIVE'"
				     " ORDER BY revision DESC LIMIT 1";
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, revision ? one : newest, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, family);
	if (revision)
		db_bind_int(query, 3, revision);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0 && revision)
		return err_set(err, ERR_NOT_FOUND, "no task definition %s:%lld", family,
			       (long long)revision);
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no active task definition %s", family);
	return read_definition(query, arena, ret_definition, err);
}

static int find_status(struct db *db, const char *account, const char *family, int64_t revision,
		       enum definition_status *ret_status, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT status FROM definition"
		     " WHERE account = ?1 AND family = ?2 AND revision = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, family);
	db_bind_int(query, 3, revision);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no task definition %s:%lld", family,
			       (long long)revision);
	*ret_status = status_parse(db_text(query, 0));
	return 0;
}

/* The time of each status is that of its first arrival. */
static int update_status(struct db *db, const char *account, const char *family, int64_t revision,
			 enum definition_status status, int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE definition SET status = ?4,"
		     " deregistered_ms = CASE WHEN ?4 <> 'ACTIVE' AND deregistered_ms = 0"
		     " THEN ?5 ELSE deregistered_ms END,"
		     " delete_requested_ms = CASE WHEN ?4 = 'DELETE_IN_PROGRESS'"
		     " AND delete_requested_ms = 0 THEN ?5 ELSE delete_requested_ms END"
		     " WHERE account = ?1 AND family = ?2 AND revision = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, family);
	db_bind_int(query, 3, revision);
	db_bind_text(query, 4, definition_status_name(status));
	db_bind_int(query, 5, now_ms);
	return db_run(query, NULL, err);
}

int definition_set_status(struct db *db, const char *account, const char *family, int64_t revision,
			  enum definition_status status, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	enum definition_status before;
	int64_t active;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    find_status(db, account, family, revision, &before, err) < 0)
		return -1;
	active = (status == DEFINITION_ACTIVE) - (before == DEFINITION_ACTIVE);
	if (update_status(db, account, family, revision, status, now_ms, err) < 0 ||
	    (active != 0 && family_count(db, account, family, 0, active, 0, err) < 0))
		return -1;
	return record_scope_commit(&scope, err);
}

/* ---- the end of a revision ---- */

struct expunged {
	char *account, *family;
	int64_t revision;
};

static void expunged_done(struct expunged *one)
{
	free(one->account);
	free(one->family);
}

/* 1: *ret_one is a revision that may go, 0: none. */
static int expunge_next(struct db *db, int64_t now_ms, struct expunged *ret_one, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, DEFINITION_EXPUNGE_SQL, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms - EXPUNGE_AFTER_MS);
	rc = db_step(query, err);
	if (rc == 1)
		*ret_one = (struct expunged){.account = xstrdup(db_text(query, 0)),
					     .family = xstrdup(db_text(query, 1)),
					     .revision = db_int(query, 2)};
	return rc;
}

static int expunge_one(struct db *db, const struct expunged *one, struct err *err)
{
	AUTO(freep)
	char *resource =
		xasprintf("task-definition/%s:%lld", one->family, (long long)one->revision);
	struct db_query *query;

	if (db_query(db, "DELETE FROM tag WHERE account = ?1 AND resource = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, one->account);
	db_bind_text(query, 2, resource);
	if (db_run(query, NULL, err) < 0 ||
	    db_query(db,
		     "DELETE FROM definition"
		     " WHERE account = ?1 AND family = ?2 AND revision = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, one->account);
	db_bind_text(query, 2, one->family);
	db_bind_int(query, 3, one->revision);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return family_count(db, one->account, one->family, 0, 0, -1, err);
}

int definition_expunge(struct db *db, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	for (int i = 0; i < EXPUNGE_BATCH; i++) {
		AUTO(expunged_done) struct expunged one = {0};
		int rc = expunge_next(db, now_ms, &one, err);

		if (rc < 0)
			return -1;
		if (rc == 0)
			break;
		if (expunge_one(db, &one, err) < 0)
			return -1;
	}
	return record_scope_commit(&scope, err);
}
