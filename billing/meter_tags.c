/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On AWS a task has no tags unless somebody asked for them at each launch, and bills
 * that cannot be divided are what people complain about. Here tags of what a task was made
 * from are always on its bill.
 */
#include "billing/meter_tags.h"

#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

#include "store/record.h"

const char *meter_architecture(void)
{
	struct utsname about;

	return uname(&about) == 0 && strcmp(about.machine, "aarch64") == 0 ? "ARM64" : "X86_64";
}

static int add_tags(struct db *db, const char *account, const char *resource, json_t *tags,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, "SELECT key, value FROM tag WHERE account = ?1 AND resource = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, resource);
	while ((rc = db_step(query, err)) == 1) {
		const char *value = db_text(query, 1);

		if (json_object_set_new(tags, db_text(query, 0), json_string(value ? value : "")) <
		    0)
			return err_set(err, ERR_CORRUPT, "a tag of %s is not UTF-8", resource);
	}
	return rc;
}

int meter_tags(struct db *db, const struct ledger_task *task, struct arena *arena,
	       const char **ret_json, struct err *err)
{
	AUTO(json_decrefp) json_t *tags = json_object();
	AUTO(freep)
	char *definition =
		xasprintf("task-definition/%s:%lld", task->family, (long long)task->revision);
	AUTO(freep) char *service = NULL;
	AUTO(freep) char *own = xasprintf("task/%s/%s", task->cluster, task->task);
	size_t len;
	char *text;

	if (strncmp(task->group, "service:", strlen("service:")) == 0)
		service =
			xasprintf("service/%s/%s", task->cluster, task->group + strlen("service:"));
	if (add_tags(db, task->account, definition, tags, err) < 0 ||
	    (service && add_tags(db, task->account, service, tags, err) < 0) ||
	    add_tags(db, task->account, own, tags, err) < 0)
		return -1;
	/* Not json_dumps(): its text is not always one for free(). */
	len = json_dumpb(tags, NULL, 0, JSON_COMPACT | JSON_SORT_KEYS);
	text = arena_alloc(arena, len + 1);
	if (!text)
		return record_full(err);
	(void)json_dumpb(tags, text, len, JSON_COMPACT | JSON_SORT_KEYS); /* as it was counted */
	*ret_json = text;
	return 0;
}
