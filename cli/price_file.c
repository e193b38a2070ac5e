/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The price list of an installation: the operator's own goes before the shipped one.
 */
#include "cli/price_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

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

int price_file_find(const char *option, const char *state_dir, char **ret_path, struct err *err)
{
	static const char *const places[] = {"prices.conf", "libexec/prices.conf"};
	char *shipped;

	if (option) {
		*ret_path = xstrdup(option);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(freep) char *path = xasprintf("%s/%s", state_dir, places[i]);

		if (access(path, F_OK) == 0) {
			*ret_path = STEAL(path, NULL);
			return 0;
		}
	}
	shipped = shipped_prices();
	if (!shipped)
		return err_set(err, ERR_NOT_FOUND,
			       "no price list: name one with --prices, or put it at %s/%s",
			       state_dir, places[0]);
	*ret_path = shipped;
	return 0;
}
