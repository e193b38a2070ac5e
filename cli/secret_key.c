/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/secret_key.h"

#include <errno.h>
#include <unistd.h>

#include "cli/state.h"
#include "store/sealed.h"

/* Whether there is a file; other errors than that it is missing are errors. */
static int look_for(const char *path, bool *ret_there, struct err *err)
{
	if (access(path, F_OK) < 0 && errno != ENOENT)
		return err_sys(err, errno, "look for %s", path);
	*ret_there = access(path, F_OK) == 0;
	return 0;
}

int secret_key_check(const char *path, const char *state, struct err *err)
{
	AUTO(freep) char *database = xasprintf("%s/db/state.db", state);
	AUTO(db_freep) struct db *db = NULL;
	bool there, sealed;

	if (look_for(path, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	if (look_for(database, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	if (state_open(state, &db, err) < 0 || sealed_any(db, &sealed, err) < 0)
		return -1;
	if (!sealed)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		       "%s is missing, the key of the secrets that are stored: put it back from "
		       "its copy; if there is none, `slipway secret key --state %s` makes a new "
		       "%s/secret.key, which opens nothing of what is stored",
		       path, state, state);
}
