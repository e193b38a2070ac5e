/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store with an account, and questions about it.
 */
#ifndef SLIPWAY_TESTS_UNIT_RELAY_RELAY_WORLD_H
#define SLIPWAY_TESTS_UNIT_RELAY_RELAY_WORLD_H

#include "tests/support/suite.h"

#include <pthread.h>

#include "core/file.h"
#include "relay/carrier_private.h"

#define INBOX "SELECT COUNT(*) FROM event_inbox"
#define IDS   "SELECT COUNT(DISTINCT id) FROM event_inbox"
#define MARKS "SELECT COUNT(*) FROM event_mark"
#define DEAD  "SELECT COUNT(*) FROM event_dead"

static char world_folder[64];
static struct db *world_db; /* the test's own */
static struct doorbell *world_bell;

static inline void world_path(const char *name, char ret[96])
{
	(void)snprintf(ret, 96, "%s/%s", world_folder, name);
}

static inline struct db *world_open(void)
{
	struct err err = ERR_INIT;
	struct db *db;
	char path[96];

	world_path("state.db", path);
	ASSERT_OK(db_open_state(path, &db, &err), &err);
	return db;
}

static inline void relay_world_begin(void)
{
	struct err err = ERR_INIT;
	char path[96];

	suite_folder(world_folder, sizeof(world_folder));
	world_path("bell", path);
	world_db = world_open();
	ASSERT_OK(doorbell_open(path, &world_bell, &err), &err);
}

static inline void relay_world_end(void)
{
	struct err err = ERR_INIT;

	db_free(world_db);
	doorbell_free(world_bell);
	ASSERT_OK(file_remove_tree(world_folder, &err), &err);
}

static inline long long world_count_alone(const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(db_query(world_db, sql, &query, &err), &err);
	ck_assert_int_eq(db_step(query, &err), 1);
	return db_int(query, 0);
}

/* From any thread: statements of one connection that overlap would share an old snapshot. */
static inline long long world_count(const char *sql)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	long long count;

	(void)pthread_mutex_lock(&lock);
	count = world_count_alone(sql);
	(void)pthread_mutex_unlock(&lock);
	return count;
}

/* Of all events in their order, with "," between. */
static inline const char *world_text(const char *sql)
{
	static char text[8192];
	AUTO(db_donep) struct db_query *query = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(db_query(world_db, sql, &query, &err), &err);
	text[0] = '\0';
	if (db_step(query, &err) == 1 && db_text(query, 0))
		(void)snprintf(text, sizeof(text), "%s", db_text(query, 0));
	return text;
}

#endif
