/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database never sees a value in clear: it is sealed before it is bound, and opened from
 * the row's own bytes.
 */
#include "store/sealed.h"

#include <string.h>

#include "store/record.h"

static int require_key(const struct seal_key *key, struct err *err)
{
	if (key)
		return 0;
	return err_set(err, ERR_UNAVAILABLE,
		       "there is no key for secrets: see secret_key in slipway.conf(5)");
}

int sealed_bind(struct db_query *query, int index, const struct seal_key *key, const char *label,
		const char *value, struct err *err)
{
	AUTO(buf_done) struct buf sealed;

	buf_init(&sealed, SEALED_VALUE_MAX + SEAL_BYTES_MORE);
	if (require_key(key, err) < 0 ||
	    seal_close(key, label, value, strlen(value), &sealed, err) < 0)
		return -1;
	db_bind_blob(query, index, sealed.data, sealed.len);
	return 0;
}

int sealed_value(struct db_query *query, int column, const struct seal_key *key, const char *label,
		 struct arena *arena, const char **ret_value, struct err *err)
{
	AUTO(buf_done) struct buf value;
	size_t len = 0;
	const void *sealed = db_blob(query, column, &len);
	const char *text;

	buf_init_secret(&value, SEALED_VALUE_MAX);
	if (require_key(key, err) < 0 || seal_open(key, label, sealed, len, &value, err) < 0)
		return -1;
	text = arena_strndup(arena, (const char *)value.data, value.len);
	if (!text)
		return record_full(err);
	*ret_value = text;
	return 0;
}

int sealed_text(struct db_query *query, int column, struct arena *arena, const char **ret_text,
		struct err *err)
{
	size_t len = 0;
	const void *sealed = db_blob(query, column, &len);
	char *text = arena_alloc(arena, BASE64_SIZE(len));

	if (!text)
		return record_full(err);
	base64_encode(sealed, len, text);
	*ret_text = text;
	return 0;
}

int sealed_any(struct db *db, bool *ret_any, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t any;

	if (db_query(db,
		     "SELECT EXISTS (SELECT 1 FROM parameter_version)"
		     " OR EXISTS (SELECT 1 FROM secret_version)"
		     " OR EXISTS (SELECT 1 FROM webhook)"
		     " OR EXISTS (SELECT 1 FROM event_connection WHERE sealed IS NOT NULL)",
		     &query, err) < 0 ||
	    record_int(query, 0, &any, err) < 0)
		return -1;
	*ret_any = any != 0;
	return 0;
}
