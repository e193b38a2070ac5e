/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters. A row is never removed: an INACTIVE one answers descriptions until its
 * name is put again. The counts of tasks come from an index over unfinished tasks
 * only, so describing costs the same after a million stopped ones; whoever only needs the
 * cluster to be there does not pay for them.
 */
#include "store/cluster.h"

#include "store/lifecycle.h"
#include "store/record.h"

#define CLUSTER_COLUMNS                                                                            \
	"name, active, settings_json, configuration_json, providers_json, strategy_json,"          \
	" connect_json, created_ms"

int cluster_put(struct db *db, const char *account, const struct cluster *cluster, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO cluster (account, " CLUSTER_COLUMNS ")"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		     " ON CONFLICT (account, name) DO UPDATE SET active = excluded.active,"
		     " settings_json = excluded.settings_json,"
		     " configuration_json = excluded.configuration_json,"
		     " providers_json = excluded.providers_json,"
		     " strategy_json = excluded.strategy_json,"
		     " connect_json = excluded.connect_json, created_ms = excluded.created_ms",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, cluster->name);
	db_bind_int(query, 3, cluster->active);
	db_bind_text(query, 4, cluster->settings_json);
	db_bind_text(query, 5, cluster->configuration_json);
	db_bind_text(query, 6, cluster->providers_json);
	db_bind_text(query, 7, cluster->strategy_json);
	db_bind_text(query, 8, cluster->connect_json);
	db_bind_int(query, 9, cluster->created_ms);
	return db_run(query, NULL, err);
}

static void count_state(struct cluster *cluster, enum task_state state, int64_t count)
{
	switch (state) {
	case TASK_PROVISIONING:
	case TASK_PENDING:
	case TASK_ACTIVATING:
		cluster->pending += count;
		break;
	case TASK_RUNNING:
		cluster->running += count;
		break;
	default:
		cluster->stopping += count;
		break;
	}
}

static int read_cluster(struct db_query *query, struct arena *arena, struct cluster *ret_cluster,
			struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};

	*ret_cluster = (struct cluster){
		.name = record_text(&row, 0),
		.active = db_int(query, 1) != 0,
		.settings_json = record_text(&row, 2),
		.configuration_json = record_text_or_null(&row, 3),
		.providers_json = record_text(&row, 4),
		.strategy_json = record_text(&row, 5),
		.connect_json = record_text_or_null(&row, 6),
		.created_ms = db_int(query, 7),
	};
	return record_row_check(&row, err);
}

int cluster_find(struct db *db, const char *account, const char *name, struct arena *arena,
		 struct cluster *ret_cluster, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct cluster cluster;
	int rc;

	if (db_query(db, "SELECT " CLUSTER_COLUMNS " FROM cluster WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no cluster %s", name);
	if (read_cluster(query, arena, &cluster, err) < 0)
		return -1;
	*ret_cluster = cluster;
	return 0;
}

int cluster_count(struct db *db, const char *account, struct cluster *cluster, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT state, COUNT(*) FROM task WHERE account = ?1 AND cluster = ?2"
		     " AND state <> 'STOPPED' GROUP BY state",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, cluster->name);
	while ((rc = db_step(query, err)) == 1)
		count_state(cluster, task_state_parse(db_text(query, 0)), db_int(query, 1));
	return rc;
}

int cluster_list(struct db *db, const char *account, const char *after, size_t limit,
		 struct arena *arena, const char ***ret_names, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT name FROM cluster WHERE account = ?1 AND name > ?2 AND active = 1"
		     " ORDER BY name LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, after ? after : "");
	db_bind_int(query, 3, (int64_t)limit);
	return record_texts(query, arena, ret_names, ret_count, err);
}

int cluster_deactivate(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "UPDATE cluster SET active = 0 WHERE account = ?1 AND name = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no cluster %s", name);
	return 0;
}
