/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal is used from its beginning again once all of it is in the database and nobody reads it.
 * While somebody writes without a pause that never is: what was written meanwhile is left. So when
 * it has grown long, the keeper moves the rest with the write lock held, which is little by then.
 *
 * It is a convenience: without it (its program is not running, or its database fails) whoever
 * writes moves the journal himself when it is longer still (db_sqlite.c).
 */
#include "store/journal_keeper.h"

#include <errno.h>
#include <pthread.h>

#include "core/log.h"
#include "store/db_private.h"

#define MOVE_PAGES  1000 /* this much more than was left the last time: 4 MiB */
#define LONG_PAGES  8000
#define MORE_PASSES 2

struct journal_keeper {
	struct db *writer, *own;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t grown;
	int64_t pages; /* in the journal, as of the last commit */
	int64_t left;  /* of them when it was last seen to */
	bool wanted, stopped;
};

static void on_commit(void *ctx, int64_t pages)
{
	struct journal_keeper *keeper = ctx;

	(void)pthread_mutex_lock(&keeper->lock);
	if (pages < keeper->pages)
		keeper->left = 0; /* begun anew */
	keeper->pages = pages;
	keeper->wanted = pages >= keeper->left + MOVE_PAGES;
	if (keeper->wanted)
		(void)pthread_cond_signal(&keeper->grown);
	(void)pthread_mutex_unlock(&keeper->lock);
}

/* False: it is to end. */
static bool wait_for_growth(struct journal_keeper *keeper)
{
	bool go_on;

	(void)pthread_mutex_lock(&keeper->lock);
	while (!keeper->wanted && !keeper->stopped)
		(void)pthread_cond_wait(&keeper->grown, &keeper->lock);
	/* A failure is tried again after as many pages more. */
	keeper->left = keeper->pages;
	keeper->wanted = false;
	go_on = !keeper->stopped;
	(void)pthread_mutex_unlock(&keeper->lock);
	return go_on;
}

static int keep(struct journal_keeper *keeper, struct err *err)
{
	int64_t pages;

	if (db_move_journal(keeper->own, false, &pages, err) < 0)
		return -1;
	if (pages < LONG_PAGES)
		return 0;
	/* Each takes less time than the one before, and so leaves less for the next. */
	for (int i = 0; i < MORE_PASSES; i++) {
		if (db_move_journal(keeper->own, false, &pages, err) < 0)
			return -1;
	}
	return db_move_journal(keeper->own, true, &pages, err);
}

static void *run(void *ctx)
{
	struct journal_keeper *keeper = ctx;

	while (wait_for_growth(keeper)) {
		struct err err = ERR_INIT;

		if (keep(keeper, &err) < 0)
			log_warn("journal of the database stays as it is for now: %s", err.text);
	}
	return NULL;
}

int journal_keeper_new(struct db *writer, struct db *own, struct journal_keeper **ret_keeper,
		       struct err *err)
{
	struct journal_keeper *keeper = xcalloc(1, sizeof(*keeper));
	int rc;

	*keeper = (struct journal_keeper){.writer = writer,
					  .own = own,
					  .lock = PTHREAD_MUTEX_INITIALIZER,
					  .grown = PTHREAD_COND_INITIALIZER};
	rc = pthread_create(&keeper->thread, NULL, run, keeper);
	if (rc != 0) {
		free(keeper);
		return err_sys(err, rc, "start the thread of the journal");
	}
	db_watch_journal(writer, on_commit, keeper);
	*ret_keeper = keeper;
	return 0;
}

void journal_keeper_free(struct journal_keeper *keeper)
{
	if (!keeper)
		return;
	db_watch_journal(keeper->writer, NULL, NULL);
	(void)pthread_mutex_lock(&keeper->lock);
	keeper->stopped = true;
	(void)pthread_cond_signal(&keeper->grown);
	(void)pthread_mutex_unlock(&keeper->lock);
	(void)pthread_join(keeper->thread, NULL);
	(void)pthread_cond_destroy(&keeper->grown);
	(void)pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}
