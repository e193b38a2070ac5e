/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listings of revisions and of families, page by page: a page begins behind the last
 * key of the page before, so pages neither overlap nor skip while others register.
 */
#include <stdio.h>
#include <string.h>

#include "store/definition.h"
#include "store/record.h"

#define SQL_MAX 512 /* the longest text below has about 350 bytes */

static void read_key(struct record_row *row, void *ret_item)
{
	struct definition_key *ret_key = ret_item;

	ret_key->family = record_text(row, 0);
	ret_key->revision = db_int(row->query, 1);
}

/* Of one family the order is that of revisions alone: with the family in it, the planner
 * would sort what the index gives in order. */
static void list_sql(bool one_family, bool descending, bool after, char ret[SQL_MAX])
{
	const char *order = descending ? " DESC" : "";
	const char *than = descending ? "<" : ">";
	char behind[64] = "";

	if (after)
		snprintf(behind, sizeof(behind),
			 one_family ? " AND revision %s ?6" : " AND (family, revision) %s (?5, ?6)",
			 than);
	snprintf(ret, SQL_MAX,
		 "SELECT family, revision FROM definition WHERE account = ?1 AND status = ?2%s%s"
		 " ORDER BY %s%s%srevision%s LIMIT ?3",
		 one_family ? " AND family = ?4" : "", behind, one_family ? "" : "family",
		 one_family ? "" : order, one_family ? "" : ", ", order);
}

int definition_list(struct db *db, const char *account, const char *family,
		    enum definition_status status, bool descending,
		    const struct definition_key *after, size_t limit, struct arena *arena,
		    struct definition_key **ret_keys, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	char sql[SQL_MAX];

	if (family && after && strcmp(family, after->family) != 0) {
		bool behind = (strcmp(family, after->family) > 0) != descending;

		after = NULL; /* the page before was of another family */
		limit = behind ? limit : 0;
	}
	list_sql(family != NULL, descending, after != NULL, sql);
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, definition_status_name(status));
	db_bind_int(query, 3, (int64_t)limit);
	if (family)
		db_bind_text(query, 4, family);
	if (after && !family)
		db_bind_text(query, 5, after->family);
	if (after)
		db_bind_int(query, 6, after->revision);
	return record_list(query, read_key, sizeof(struct definition_key), arena, ret_keys,
			   ret_count, err);
}

/* The condition of each word, as the partial indexes have it; NULL: no such word. */
static const char *families_where(const char *status)
{
	static const struct {
		const char *status, *where;
	} rows[] = {
		{"ACTIVE", " AND active > 0"},
		{"INACTIVE", " AND active = 0 AND total > 0"},
		{"ALL", " AND total > 0"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].status, status) == 0)
			return rows[i].where;
	}
	return NULL;
}

/*
 * The page begins at the later one of the prefix and @after, so that the index is
 * entered at the right place.
 */
int definition_families(struct db *db, const char *account, const char *prefix, const char *status,
			const char *after, size_t limit, struct arena *arena,
			const char ***ret_families, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);
	const char *where = families_where(status);
	bool from_prefix = prefix && (!after || strcmp(after, prefix) < 0);
	char sql[SQL_MAX];

	if (!where)
		return err_set(err, ERR_INVALID, "no status \"%s\" of families", status);
	snprintf(sql, sizeof(sql),
		 "SELECT family FROM definition_family WHERE account = ?1 AND family %s ?2%s%s"
		 " ORDER BY family LIMIT ?3",
		 from_prefix ? ">=" : ">", prefix ? " AND family < ?4" : "", where);
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, from_prefix ? prefix : after ? after : "");
	db_bind_int(query, 3, (int64_t)limit);
	if (prefix)
		db_bind_text(query, 4, end);
	return record_texts(query, arena, ret_families, ret_count, err);
}
