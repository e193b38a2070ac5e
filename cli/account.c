/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway account: who shares this Slipway. Accounts see nothing of each other.
 */
#include <stdio.h>

#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/clock.h"
#include "store/account.h"

#define USAGE "account create NAME | account list"

static int create(struct db *db, const char *name, struct err *err)
{
	struct account account;

	if (account_create(db, name, &account, err) < 0)
		return -1;
	printf("%s\n", account.id);
	return 0;
}

static int list(struct db *db, struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	size_t count;

	if (account_list(db, &accounts, &count, err) < 0)
		return -1;
	printf("%-12s  %-20s  %s\n", "ID", "CREATED (UTC)", "NAME");
	for (size_t i = 0; i < count; i++) {
		char created[CLOCK_ISO_SIZE];

		printf("%-12s  %.19sZ  %s\n", accounts[i].id,
		       clock_iso(accounts[i].created_ms, created), accounts[i].name);
	}
	return 0;
}

int cli_account(int argc, char **argv)
{
	AUTO(db_freep) struct db *db = NULL;
	AUTO(freep) char *dir = NULL;
	const char *state = NULL;
	const struct option_row rows[] = {
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "create", 1) && !words_are(&words, "list", 0)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	dir = state_dir(state);
	if (state_open(dir, &db, &err) < 0)
		return state_complain("account", &err);
	rc = words_are(&words, "list", 0) ? list(db, &err) : create(db, words.items[1], &err);
	return rc < 0 ? state_complain("account", &err) : 0;
}
