/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the words of `slipway events` share.
 */
#ifndef SLIPWAY_CLI_EVENTS_H
#define SLIPWAY_CLI_EVENTS_H

#include "store/db.h"

struct events_options {
	const char *account; /* name; NULL: see the word */
	const char *bus, *rule, *pattern, *state;
	bool all, json;
};

/* The id of the account that is meant; NULL: all. The caller frees it. */
int events_account(struct db *db, const char *name, char **ret_id, struct err *err) MUST_CHECK;
/* The gateway has something to deliver. @dir: the state folder. */
void events_ring(const char *dir);

/* `dead WORD [NUMBER]`; @number NULL: all that the options say. */
int events_dead(struct db *db, const char *dir, const char *word, const char *number,
		const struct events_options *options, struct err *err) MUST_CHECK;
bool events_dead_word(const char *word, bool has_number, const struct events_options *options);
int events_status(struct db *db, const struct events_options *options, struct err *err) MUST_CHECK;
/* Until a signal ends it. */
int events_tail(struct db *db, const struct events_options *options, struct err *err) MUST_CHECK;

#endif
