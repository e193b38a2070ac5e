/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags lie in the ledger as JSON texts. A key is there as `"KEY":`, which no value can hold, as in
 * a value each " has a backslash in front of it. LIKE does not look at the case of letters
 * everywhere, so what it finds is looked at again.
 */
#include "billing/tag_use.h"

#include <jansson.h>
#include <string.h>

/* `"KEY":`; the caller frees it. */
static char *key_text(const char *key)
{
	AUTO(json_decrefp) json_t *json = json_string(key);
	size_t len = json ? json_dumpb(json, NULL, 0, JSON_ENCODE_ANY) : 0;
	char *text = xcalloc(len + 2, 1);

	if (len > 0)
		(void)json_dumpb(json, text, len, JSON_ENCODE_ANY);
	text[len] = ':';
	return text;
}

/* What LIKE takes as itself, with % around it; the caller frees it. */
static char *like_text(const char *text)
{
	char *like = xcalloc(2 * strlen(text) + 3, 1);
	char *at = like;

	*at++ = '%';
	for (; *text; text++) {
		if (*text == '%' || *text == '_' || *text == '!')
			*at++ = '!';
		*at++ = *text;
	}
	*at = '%';
	return like;
}

static int find(struct db *db, const char *sql, const char *account, const char *text,
		bool *ret_found, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *like = like_text(text);
	int rc;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, like);
	while ((rc = db_step(query, err)) == 1) {
		const char *tags = db_text(query, 0);

		if (tags && strstr(tags, text)) {
			*ret_found = true;
			return 0;
		}
	}
	return rc;
}

static bool is_of_provider(const char *key)
{
	static const char *const begins[] = {"aws:ecs:", "slipway:"};

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		if (strncmp(key, begins[i], strlen(begins[i])) == 0)
			return true;
	}
	return false;
}

int tag_used(struct db *db, const char *account, const char *key, bool *ret_used, struct err *err)
{
	AUTO(freep) char *text = key_text(key);
	bool used = is_of_provider(key);

	if (!used && find(db,
			  "SELECT tags_json FROM ledger_task"
			  " WHERE account = ?1 AND tags_json LIKE ?2 ESCAPE '!'",
			  account, text, &used, err) < 0)
		return -1;
	/* Tags that were added while the task ran: only of those its close has the texts. */
	if (!used && find(db,
			  "SELECT ledger.tags_json FROM ledger JOIN ledger_task"
			  " ON ledger_task.number = ledger.task WHERE ledger.tags_json IS NOT NULL"
			  " AND ledger.tags_json LIKE ?2 ESCAPE '!' AND account = ?1",
			  account, text, &used, err) < 0)
		return -1;
	if (!used && find(db,
			  "SELECT meter_running.tags_json FROM meter_running JOIN ledger_task"
			  " ON ledger_task.number = meter_running.task"
			  " WHERE meter_running.tags_json LIKE ?2 ESCAPE '!' AND account = ?1",
			  account, text, &used, err) < 0)
		return -1;
	*ret_used = used;
	return 0;
}
