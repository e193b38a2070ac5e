/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the state of this Slipway lies, for verbs that read it directly (as its
 * operator, not as a client of the API), and the environment file that `slipway up`
 * leaves there for clients.
 */
#ifndef SLIPWAY_CLI_STATE_H
#define SLIPWAY_CLI_STATE_H

#include "store/db.h"

/* The folder: @option if given, else $SLIPWAY_STATE, else /var/lib/slipway as
 * root, else ${XDG_STATE_HOME:-~/.local/state}/slipway. The caller frees it. */
char *state_dir(const char *option);

/* Open STATE/db/state.db. ERR_NOT_FOUND with a hint when there is no state yet. */
int state_open(const char *dir, struct db **ret_db, struct err *err) MUST_CHECK;

/* Print "slipway VERB: error" and return 1, for a verb's end. */
int state_complain(const char *verb, const struct err *err);

#endif
