/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The price list of an installation: the operator's own goes before the shipped one.
 */
#include "cli/price_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/settings.h"

/* Beside the program: where a build tree and where an installation have the lists. */
static char *shipped_prices(void)
{
	static const char *const places[] = {
		"../conf/prices/slipway.conf",
		"../../conf/prices/slipway.conf",
		"../share/slipway/conf/prices/slipway.conf",
	};
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (len < 0)
		return NULL;
	program[len] = '\0';
	slash = strrchr(program, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(freep) char *path = xasprintf("%s/%s", program, places[i]);

		if (access(path, R_OK) == 0)
			return STEAL(path, NULL);
	}
	return NULL;
}

/* The configured one, or that of the state folder; NULL: neither is there. */
static int find_of_servers(const char *state_dir, char **ret_path, struct err *err)
{
	struct shared_options settings = {0};
	int rc = settings_read(state_dir, &settings, err);

	if (rc == 0) {
		free(settings.state_dir);
		settings.state_dir = xstrdup(state_dir);
		*ret_path = shared_prices(&settings);
	}
	conf_done(&shared_options_table, &settings);
	return rc;
}

int price_file_find(const char *option, const char *state_dir, char **ret_path, struct err *err)
{
	char *path = option ? xstrdup(option) : NULL;

	if (!path && find_of_servers(state_dir, &path, err) < 0)
		return -1;
	if (!path)
		path = shipped_prices();
	if (!path)
		return err_set(err, ERR_NOT_FOUND,
			       "no price list: name one with --prices, or put it at %s/prices.conf",
			       state_dir);
	*ret_path = path;
	return 0;
}
