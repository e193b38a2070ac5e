/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that moves what has gathered in a database's journal into the database, so that none of
 * those who write has to, while others wait for it.
 */
#ifndef SLIPWAY_STORE_JOURNAL_KEEPER_H
#define SLIPWAY_STORE_JOURNAL_KEEPER_H

#include "store/db.h"

struct journal_keeper;

/* @writer's commits wake it; @own is a connection to the same database for it alone. Both are
 * borrowed until it is freed; nobody uses @writer while it is made or freed. */
int journal_keeper_new(struct db *writer, struct db *own, struct journal_keeper **ret_keeper,
		       struct err *err) MUST_CHECK;
/* Stops it and waits for it. Takes NULL. */
void journal_keeper_free(struct journal_keeper *keeper);

#endif
