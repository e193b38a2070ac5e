/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A secret is sealed under its webhook's account and id, so no row can be put in another's place.
 */
#include "store/webhook.h"

#include <stdio.h>

#include "core/ident.h"
#include "store/record.h"
#include "store/sealed.h"

#define COLUMNS	      "id, account, name, bus, kind, source, type, created_ms"
#define SEALED_COLUMN 8
#define ID_DIGITS     12

static char *label_of(const struct webhook *webhook)
{
	return xasprintf("webhook/%s/%s", webhook->account, webhook->id);
}

void webhook_make_id(const char *name, char ret[WEBHOOK_ID_SIZE])
{
	char digits[IDENT_HEX32_SIZE];

	ident_hex32(digits);
	(void)snprintf(ret, WEBHOOK_ID_SIZE, "%.*s-%.*s", WEBHOOK_NAME_MAX, name, ID_DIGITS,
		       digits);
}

int webhook_create(struct db *db, const struct seal_key *key, const struct webhook *webhook,
		   struct err *err)
{
	AUTO(freep) char *label = label_of(webhook);
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO webhook (" COLUMNS ", sealed)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		     " ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, webhook->id);
	db_bind_text(query, 2, webhook->account);
	db_bind_text(query, 3, webhook->name);
	db_bind_text(query, 4, webhook->bus);
	db_bind_text(query, 5, webhook->kind);
	db_bind_text(query, 6, webhook->source);
	db_bind_text(query, 7, webhook->type);
	db_bind_int(query, 8, webhook->created_ms);
	if (sealed_bind(query, 9, key, label, webhook->secret, err) < 0 ||
	    db_run(STEAL(query, NULL), &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_EXISTS, "there is a webhook %s", webhook->name);
}

static void read_webhook(struct record_row *row, void *ret_item)
{
	*(struct webhook *)ret_item = (struct webhook){
		.id = record_text(row, 0),
		.account = record_text(row, 1),
		.name = record_text(row, 2),
		.bus = record_text(row, 3),
		.kind = record_text(row, 4),
		.source = record_text(row, 5),
		.type = record_text(row, 6),
		.created_ms = db_int(row->query, 7),
	};
}

int webhook_find(struct db *db, const struct seal_key *key, const char *id, struct arena *arena,
		 struct webhook *ret_webhook, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *label = NULL;
	struct record_row row = {.arena = arena};
	struct webhook found;
	int rc;

	if (db_query(db, "SELECT " COLUMNS ", sealed FROM webhook WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no webhook %s", id);
	row.query = query;
	read_webhook(&row, &found);
	if (record_row_check(&row, err) < 0)
		return -1;
	label = label_of(&found);
	if (sealed_value(query, SEALED_COLUMN, key, label, arena, &found.secret, err) < 0)
		return err_wrap(err, "secret of webhook %s", id);
	*ret_webhook = found;
	return 0;
}

int webhook_list(struct db *db, struct arena *arena, struct webhook **ret_webhooks,
		 size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT " COLUMNS " FROM webhook ORDER BY account, name", &query, err) < 0)
		return -1;
	return record_list(query, read_webhook, sizeof(struct webhook), arena, ret_webhooks,
			   ret_count, err);
}

int webhook_delete(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "DELETE FROM webhook WHERE account = ?1 AND name = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no webhook %s", name);
}
