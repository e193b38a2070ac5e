/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway key: access keys, with which clients sign. A new key is printed as the two
 * variables that clients read, and its secret is shown only then.
 */
#include <stdio.h>
#include <string.h>

#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/clock.h"
#include "store/account.h"

#define USAGE                                                                                      \
	"key create [--account NAME] [--user NAME] | key list [--account NAME] |"                  \
	" key disable ID | key enable ID | key delete ID"

struct key_options {
	const char *account, *user, *state; /* NULL: not given */
};

static int create(struct db *db, const struct key_options *options, struct err *err)
{
	struct account account;
	struct access_key key;

	if (account_find_by_name(db, options->account ? options->account : "default", &account,
				 err) < 0 ||
	    access_key_create(db, account.id, options->user ? options->user : "admin", &key, err) <
		    0)
		return -1;
	printf("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", key.id, key.secret);
	return 0;
}

static int list_account(struct db *db, const struct account *account, struct err *err)
{
	AUTO(freep) struct access_key *keys = NULL;
	size_t count;

	if (access_key_list(db, account->id, &keys, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char created[CLOCK_ISO_SIZE];

		printf("%-20s  %-8s  %.19sZ  %-16s  %s\n", keys[i].id,
		       keys[i].active ? "active" : "disabled",
		       clock_iso(keys[i].created_ms, created), account->name, keys[i].user);
	}
	return 0;
}

static int list(struct db *db, const struct key_options *options, struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	struct account only;
	size_t count;

	/* Named, it must be there. */
	if (options->account && account_find_by_name(db, options->account, &only, err) < 0)
		return -1;
	if (account_list(db, &accounts, &count, err) < 0)
		return -1;
	printf("%-20s  %-8s  %-20s  %-16s  %s\n", "ID", "STATUS", "CREATED (UTC)", "ACCOUNT",
	       "USER");
	for (size_t i = 0; i < count; i++) {
		if (options->account && strcmp(options->account, accounts[i].name) != 0)
			continue;
		if (list_account(db, &accounts[i], err) < 0)
			return -1;
	}
	return 0;
}

/* For words that is_command() took. */
static int run(struct db *db, const struct words *words, const struct key_options *options,
	       struct err *err)
{
	if (words_are(words, "create", 0))
		return create(db, options, err);
	if (words_are(words, "list", 0))
		return list(db, options, err);
	if (words_are(words, "disable", 1))
		return access_key_set_active(db, words->items[1], false, err);
	if (words_are(words, "enable", 1))
		return access_key_set_active(db, words->items[1], true, err);
	return access_key_delete(db, words->items[1], err);
}

static bool is_command(const struct words *words)
{
	return words_are(words, "create", 0) || words_are(words, "list", 0) ||
	       words_are(words, "disable", 1) || words_are(words, "enable", 1) ||
	       words_are(words, "delete", 1);
}

int cli_key(int argc, char **argv)
{
	AUTO(db_freep) struct db *db = NULL;
	AUTO(freep) char *dir = NULL;
	struct key_options options = {0};
	const struct option_row rows[] = {
		{"account", OPTION_TEXT, &options.account, "NAME", "account (create: default)"},
		{"user", OPTION_TEXT, &options.user, "NAME", "who signs with it (admin)"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!is_command(&words)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	dir = state_dir(options.state);
	if (state_open(dir, &db, &err) < 0 || run(db, &words, &options, &err) < 0)
		return state_complain("key", &err);
	return 0;
}
