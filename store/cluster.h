/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clusters. An INACTIVE one stays describable and its name can be made anew.
 */
#ifndef SLIPWAY_STORE_CLUSTER_H
#define SLIPWAY_STORE_CLUSTER_H

#include "core/arena.h"
#include "store/db.h"

struct cluster {
	const char *name;
	bool active;
	const char *settings_json;	/* array as given, "[]" */
	const char *configuration_json; /* object or NULL */
	const char *providers_json;	/* capacityProviders, "[]" */
	const char *strategy_json;	/* defaultCapacityProviderStrategy, "[]" */
	const char *connect_json;	/* serviceConnectDefaults or NULL */
	int64_t created_ms;
	int64_t running, pending; /* tasks RUNNING, and on the way there; see cluster_count() */
	int64_t stopping;	  /* tasks past RUNNING and not STOPPED */
};

/* All texts of results live in @arena. Writers run inside the caller's transaction, if there
 * is one. */
int cluster_put(struct db *db, const char *account, const struct cluster *cluster, struct err *err)
	MUST_CHECK; /* insert, or revive */
int cluster_find(struct db *db, const char *account, const char *name, struct arena *arena,
		 struct cluster *ret_cluster, struct err *err) MUST_CHECK; /* ERR_NOT_FOUND */
/* Fill in the numbers of tasks of @cluster, which was found: takes time with each task that
 * is not STOPPED, so only who answers them asks. */
int cluster_count(struct db *db, const char *account, struct cluster *cluster, struct err *err)
	MUST_CHECK;
/* ACTIVE ones, names after @after in order, at most @limit. */
int cluster_list(struct db *db, const char *account, const char *after, size_t limit,
		 struct arena *arena, const char ***ret_names, size_t *ret_count, struct err *err)
	MUST_CHECK;
int cluster_deactivate(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;

#endif
