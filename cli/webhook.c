/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway webhook: places that events may be sent to over HTTP by who knows a secret. A secret that
 * is made here is shown once; one that the sender has made comes from a file, never as an
 * argument, where others could read it in the list of processes.
 */
#include <stdio.h>
#include <string.h>

#include "cli/settings.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/ident.h"
#include "core/wipe.h"
#include "events/webhook_event.h"
#include "store/account.h"
#include "store/event_rule.h"
#include "store/webhook.h"

#define USAGE                                                                                      \
	"webhook create NAME [--bus BUS] [--kind KIND] [--source TEXT] [--type TEXT]"              \
	" [--secret FILE] [--account NAME] | webhook list | webhook delete NAME [--account NAME]"
#define SECRET_MAX 1024
#define ARENA_MAX  (16u * 1024 * 1024)

struct webhook_options {
	const char *account, *bus, *kind, *source, *type, *secret, *state; /* NULL: not given */
};

static int check_words(const char *name, const struct webhook_options *options,
		       enum webhook_style *ret_style, struct err *err)
{
	if (!ident_is_name(name, WEBHOOK_NAME_MAX))
		return err_set(err, ERR_INVALID, "a name has up to %d letters, digits, - and _: %s",
			       WEBHOOK_NAME_MAX, name);
	if (!webhook_style_find(options->kind ? options->kind : "bearer", ret_style))
		return err_set(err, ERR_INVALID, "there is no kind %s", options->kind);
	if (options->source && !webhook_source_ok(options->source))
		return err_set(err, ERR_INVALID,
			       "--source must be a URI-reference of up to %d characters, and not "
			       "begin with aws.",
			       WEBHOOK_WORD_MAX);
	if (options->type && (options->type[0] == '\0' || strlen(options->type) > WEBHOOK_WORD_MAX))
		return err_set(err, ERR_INVALID, "--type must have from 1 to %d characters",
			       WEBHOOK_WORD_MAX);
	return 0;
}

/* Without the line's end that an editor or echo puts. */
static int read_secret(const char *path, char **ret_secret, struct err *err)
{
	AUTO(buf_done) struct buf bytes;

	buf_init_secret(&bytes, SECRET_MAX);
	if (file_read(path, &bytes, err) < 0)
		return err_wrap(err, "secret");
	if (bytes.len > 0 && bytes.data[bytes.len - 1] == '\n')
		bytes.len--;
	if (bytes.len == 0 || memchr(bytes.data, '\0', bytes.len))
		return err_set(err, ERR_INVALID, "the secret in %s is empty or no text", path);
	*ret_secret = xstrndup((const char *)bytes.data, bytes.len);
	return 0;
}

/* One of 256 bits. A bearer token names its webhook, so that /events/BUS takes it as well. */
static char *make_secret(enum webhook_style style, const char *id)
{
	char digits[2][IDENT_HEX32_SIZE];
	char *secret;

	ident_hex32(digits[0]);
	ident_hex32(digits[1]);
	secret = style == WEBHOOK_BEARER ? xasprintf("%s.%s%s", id, digits[0], digits[1])
					 : xasprintf("%s%s", digits[0], digits[1]);
	explicit_bzero(digits, sizeof(digits));
	return secret;
}

static int find_secret(const struct webhook_options *options, enum webhook_style style,
		       const char *id, char **ret_secret, struct err *err)
{
	AUTO(wipe_freep) char *secret = NULL;
	struct webhook_secret checked = {.style = style};

	if (!options->secret && style == WEBHOOK_STRIPE)
		return err_set(err, ERR_INVALID,
			       "Stripe makes the secret of an endpoint itself: give it with "
			       "--secret");
	if (!options->secret)
		secret = make_secret(style, id);
	else if (read_secret(options->secret, &secret, err) < 0)
		return -1;
	checked.secret = secret;
	if (webhook_secret_check(&checked, err) < 0)
		return -1;
	*ret_secret = STEAL(secret, NULL);
	return 0;
}

static int open_key(const char *dir, struct seal_key **ret_key, struct err *err)
{
	AUTO(freep) char *path = NULL;
	struct shared_options shared;

	if (settings_read(dir, &shared, err) < 0)
		return -1;
	path = shared_secret_key(&shared);
	conf_done(&shared_options_table, &shared);
	return seal_key_open(path, ret_key, err);
}

static int find_bus(struct db *db, const char *account, const char *bus, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct event_bus found;

	return event_bus_find(db, account, bus, arena, &found, err);
}

static int create(struct db *db, const char *dir, const char *name,
		  const struct webhook_options *options, struct err *err)
{
	AUTO(seal_key_freep) struct seal_key *key = NULL;
	AUTO(wipe_freep) char *secret = NULL;
	struct webhook webhook = {.name = name, .created_ms = clock_wall_ms()};
	char id[WEBHOOK_ID_SIZE];
	enum webhook_style style;
	struct account account;

	webhook.bus = options->bus ? options->bus : EVENT_BUS_DEFAULT;
	if (check_words(name, options, &style, err) < 0 ||
	    account_find_by_name(db, options->account ? options->account : "default", &account,
				 err) < 0 ||
	    find_bus(db, account.id, webhook.bus, err) < 0 || open_key(dir, &key, err) < 0)
		return -1;
	webhook_make_id(name, id);
	if (find_secret(options, style, id, &secret, err) < 0)
		return -1;
	webhook.id = id;
	webhook.account = account.id;
	webhook.kind = webhook_style_name(style);
	webhook.source = options->source ? options->source : name;
	webhook.type = options->type ? options->type : "";
	if (style == WEBHOOK_BEARER && !options->type)
		webhook.type = "webhook"; /* nothing else of such a request says what it is */
	webhook.secret = secret;
	if (webhook_create(db, key, &webhook, err) < 0)
		return -1;
	printf("path    /events/%s/%s\n", webhook.bus, id);
	printf("secret  %s\n", options->secret ? "(as given)" : secret);
	return 0;
}

static const char *account_name(const struct account *accounts, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(accounts[i].id, id) == 0)
			return accounts[i].name;
	}
	return id;
}

static int list(struct db *db, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	AUTO(freep) struct account *accounts = NULL;
	struct webhook *webhooks;
	size_t account_count;
	size_t count;

	if (account_list(db, &accounts, &account_count, err) < 0 ||
	    webhook_list(db, arena, &webhooks, &count, err) < 0)
		return -1;
	printf("%-16s  %-16s  %-8s  %-20s  %-16s  %s\n", "NAME", "ACCOUNT", "KIND", "CREATED (UTC)",
	       "SOURCE", "PATH");
	for (size_t i = 0; i < count; i++) {
		char created[CLOCK_ISO_SIZE];

		printf("%-16s  %-16s  %-8s  %.19sZ  %-16s  /events/%s/%s\n", webhooks[i].name,
		       account_name(accounts, account_count, webhooks[i].account), webhooks[i].kind,
		       clock_iso(webhooks[i].created_ms, created), webhooks[i].source,
		       webhooks[i].bus, webhooks[i].id);
	}
	return 0;
}

static int delete (struct db *db, const char *name, const struct webhook_options *options,
		   struct err *err)
{
	struct account account;

	if (account_find_by_name(db, options->account ? options->account : "default", &account,
				 err) < 0)
		return -1;
	return webhook_delete(db, account.id, name, err);
}

int cli_webhook(int argc, char **argv)
{
	AUTO(db_freep) struct db *db = NULL;
	AUTO(freep) char *dir = NULL;
	struct webhook_options options = {0};
	const struct option_row rows[] = {
		{"bus", OPTION_TEXT, &options.bus, "BUS", "event bus (default)"},
		{"kind", OPTION_TEXT, &options.kind, "KIND",
		 "how it is signed: bearer (the default), github, gitlab, stripe, standard"},
		{"source", OPTION_TEXT, &options.source, "TEXT", "source of its events (NAME)"},
		{"type", OPTION_TEXT, &options.type, "TEXT",
		 "detail-type of events that name none themselves"},
		{"secret", OPTION_TEXT, &options.secret, "FILE",
		 "the secret that the sender has made (one is made)"},
		{"account", OPTION_TEXT, &options.account, "NAME", "account (default)"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "create", 1) && !words_are(&words, "list", 0) &&
	    !words_are(&words, "delete", 1)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	dir = state_dir(options.state);
	if (state_open(dir, &db, &err) < 0)
		return state_complain("webhook", &err);
	if (words_are(&words, "create", 1))
		rc = create(db, dir, words.items[1], &options, &err);
	else if (words_are(&words, "list", 0))
		rc = list(db, &err);
	else
		rc = delete (db, words.items[1], &options, &err);
	return rc < 0 ? state_complain("webhook", &err) : 0;
}
