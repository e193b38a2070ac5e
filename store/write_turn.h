/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is to write a database. SQLite's write lock goes to whoever happens to look when
 * it is free, so one who writes without a pause can keep it for ever; here each who wants it stands
 * in a line, and the lock is tried by one of a program at a time.
 *
 *     take -> (SQLite's lock is taken) -> pass -> (the transaction) -> end
 */
#ifndef SLIPWAY_STORE_WRITE_TURN_H
#define SLIPWAY_STORE_WRITE_TURN_H

#include "core/err.h"

struct write_turn; /* of one database, shared by all connections of this program */

/* @path: the turnstile's file, which exists. Each opening is ended by write_turn_close(). */
int write_turn_open(const char *path, struct write_turn **ret_turn, struct err *err) MUST_CHECK;
void write_turn_close(struct write_turn *turn); /* takes NULL */

/* Waits at most @wait_ms behind the others of this program, then at most as long at the turnstile:
 * ERR_UNAVAILABLE. */
int write_turn_take(struct write_turn *turn, int64_t wait_ms, struct err *err) MUST_CHECK;
/* SQLite's lock is ours: the next program may wait for it. */
void write_turn_pass(struct write_turn *turn);
/* It is free again, or was not to be had: the next of this program. Also instead of
 * write_turn_pass(). */
void write_turn_end(struct write_turn *turn);

#endif
