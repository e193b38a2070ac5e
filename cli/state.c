/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's door to the state folder.
 */
#include "cli/state.h"

#include <stdio.h>

char *state_dir(const char *option)
{
	if (option != NULL)
		return xstrdup(option);
	const char *from_environment = getenv("SLIPWAY_STATE");
	if (from_environment != NULL && from_environment[0] != '\0')
		return xstrdup(from_environment);
	if (geteuid() == 0)
		return xstrdup("/var/lib/slipway");
	const char *base = getenv("XDG_STATE_HOME");
	if (base != NULL && base[0] == '/')
		return xasprintf("%s/slipway", base);
	const char *home = getenv("HOME");
	return xasprintf("%s/.local/state/slipway", home != NULL ? home : "/nonexistent");
}

int state_open(const char *dir, struct db **ret_db, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/db/state.db", dir);
	if (access(path, R_OK | W_OK) < 0)
		return err_set(
			err, ERR_NOT_FOUND,
			"no state that this user may open in %s: start it with `slipway up`, "
			"or name the folder with --state or SLIPWAY_STATE",
			dir);
	return db_open_state(path, ret_db, err);
}

int state_complain(const char *verb, const struct err *err)
{
	fprintf(stderr, "slipway %s: %s\n", verb, err->text);
	return 1;
}
