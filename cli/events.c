/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway events: what is on its way, what could not be delivered, and what happens on a bus now.
 * It looks at the store beside the servers, as their operator.
 */
#include "cli/events.h"

#include <stdio.h>
#include <string.h>

#include "cli/settings.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "store/account.h"
#include "store/doorbell.h"

#define USAGE                                                                                      \
	"events status [--account NAME] [--json] | events dead list [--account NAME] [--bus BUS] " \
	"[--rule RULE] [--json] | events dead show NUMBER | events dead redrive|delete "           \
	"NUMBER|--all [--account NAME] [--bus BUS] [--rule RULE] | events tail [--account NAME] "  \
	"[--bus BUS] [--pattern JSON]"

int events_account(struct db *db, const char *name, char **ret_id, struct err *err)
{
	struct account account;

	*ret_id = NULL;
	if (!name)
		return 0;
	if (account_find_by_name(db, name, &account, err) < 0)
		return -1;
	*ret_id = xstrdup(account.id);
	return 0;
}

void events_ring(const char *dir)
{
	struct shared_options shared;
	struct doorbell *bell = NULL;
	struct err ignored = ERR_INIT; /* the gateway looks by itself, a little later */

	if (settings_read(dir, &shared, &ignored) < 0)
		return;
	AUTO(freep) char *path = shared_event_bell(&shared);

	if (doorbell_open(path, &bell, &ignored) == 0)
		doorbell_ring(bell);
	doorbell_free(bell);
	conf_done(&shared_options_table, &shared);
}

static bool is_dead_word(const struct words *words, const struct events_options *options)
{
	return words->count >= 2 && words->count <= 3 && strcmp(words->items[0], "dead") == 0 &&
	       events_dead_word(words->items[1], words->count == 3, options);
}

static int run(const struct words *words, const struct events_options *options, struct err *err)
{
	AUTO(freep) char *dir = state_dir(options->state);
	AUTO(db_freep) struct db *db = NULL;

	if (state_open(dir, &db, err) < 0)
		return -1;
	if (words_are(words, "status", 0))
		return events_status(db, options, err);
	if (words_are(words, "tail", 0))
		return events_tail(db, options, err);
	return events_dead(db, dir, words->items[1], words->count == 3 ? words->items[2] : NULL,
			   options, err);
}

int cli_events(int argc, char **argv)
{
	struct events_options options = {0};
	const struct option_row rows[] = {
		{"account", OPTION_TEXT, &options.account, "NAME", "whose (tail: default)"},
		{"bus", OPTION_TEXT, &options.bus, "BUS", "of this bus (tail: default)"},
		{"rule", OPTION_TEXT, &options.rule, "RULE", "dead letters of this rule"},
		{"pattern", OPTION_TEXT, &options.pattern, "JSON", "events that match"},
		{"all", OPTION_FLAG, &options.all, NULL, "all dead letters that are meant"},
		{"json", OPTION_FLAG, &options.json, NULL, "for programs"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "status", 0) && !words_are(&words, "tail", 0) &&
	    !is_dead_word(&words, &options)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	return run(&words, &options, &err) < 0 ? state_complain("events", &err) : 0;
}
