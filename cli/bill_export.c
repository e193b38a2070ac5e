/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a batch of events behind the cursor, delivers it, and moves the cursor: never the other way
 * round. So whoever is killed, at whatever moment, repeats a batch at most, and events have
 * ids by which the other side knows them again.
 *
 * A cursor has a name: --name, or where the events go. Standard output without --name has none.
 */
#include "cli/bill_export.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/bill_time.h"
#include "cli/export_file.h"
#include "cli/export_webhook.h"
#include "cli/price_file.h"
#include "cli/state.h"
#include "cli/words.h"
#include "core/clock.h"
#include "store/account.h"
#include "store/export_cursor.h"

#define USAGE                                                                                      \
	"bill export --to FILE|-|https://URL [--follow] [--from POSITION|--since TIME]"            \
	" [--shape cloudevents|openmeter|lago] [--account NAME] [--name NAME]"                     \
	" [--token-file FILE] [--ca-file FILE]"

#define BATCH_BYTES	(1024u * 1024)	    /* is enough for one */
#define BATCH_MAX	(32u * 1024 * 1024) /* that, and the largest event */
#define FOLLOW_MS	1000
#define MS_PER_SECOND	1000
#define POSITION_DIGITS 18

struct export_options {
	const char *from, *since, *to, *shape, *account, *name, *token_file, *ca_file, *prices,
		*state;
	bool follow;
};

enum destination { TO_STDOUT, TO_FILE, TO_WEBHOOK };

struct export
{
	const struct export_options *options;
	struct db *db;
	char *dir, *name; /* name: NULL: no cursor is kept */
	const struct usage_shape *shape;
	enum destination destination;
	struct client_webhook *webhook;
	struct price_list *prices;
	struct account account; /* id "": all */
	struct export_cursor cursor;
	int64_t delivered; /* events */
};

static void export_done(struct export *export)
{
	db_free(export->db);
	client_webhook_free(export->webhook);
	price_list_free(export->prices);
	free(export->dir);
	free(export->name);
}

/* --- what the options say --- */

static int read_shape(struct export *export, struct err *err)
{
	const char *name = export->options->shape ? export->options->shape : "cloudevents";

	export->shape = usage_shape_find(name);
	if (!export->shape)
		return err_set(err, ERR_INVALID,
			       "--shape must be cloudevents, openmeter or lago, not \"%.40s\"",
			       name);
	return 0;
}

static int open_webhook(struct export *export, struct err *err)
{
	const struct client_webhook_options options = {.url = export->options->to,
						       .path = export->shape->path,
						       .token_file = export->options->token_file,
						       .ca_file = export->options->ca_file};

	return client_webhook_open(&options, &export->webhook, err);
}

static int read_destination(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;

	if (!options->to || !options->to[0])
		return err_set(err, ERR_INVALID, "--to says where: a FILE, - or an https:// URL");
	if (strstr(options->to, "://"))
		export->destination = TO_WEBHOOK;
	else
		export->destination = strcmp(options->to, "-") == 0 ? TO_STDOUT : TO_FILE;
	if (export->destination == TO_WEBHOOK)
		return open_webhook(export, err);
	if (options->token_file || options->ca_file)
		return err_set(err, ERR_INVALID, "--%s is for an https:// URL",
			       options->token_file ? "token-file" : "ca-file");
	return 0;
}

/* The same file has the same name whichever folder it is called from. */
static char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep) char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : NULL;
	AUTO(freep) char *real = realpath(folder ? folder : ".", NULL);

	return xasprintf("%s/%s", real ? real : ".", slash ? slash + 1 : path);
}

static int read_name(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;

	if (options->name)
		export->name = xstrdup(options->name);
	else if (export->destination == TO_FILE)
		export->name = file_name(options->to);
	else if (export->destination == TO_WEBHOOK)
		export->name = xstrdup(client_webhook_url(export->webhook));
	if (export->name && (export->name[0] == '\0' || strlen(export->name) > EXPORT_NAME_MAX))
		return err_set(err, ERR_INVALID, "--name must have 1 to %d bytes", EXPORT_NAME_MAX);
	return 0;
}

static int read_prices(struct export *export, struct err *err)
{
	AUTO(freep) char *path = NULL;

	if (!export->shape->priced)
		return export->options->prices
			       ? err_set(err, ERR_INVALID, "--prices is for --shape lago")
			       : 0;
	if (price_file_find(export->options->prices, export->dir, &path, err) < 0)
		return -1;
	return price_list_read(path, &export->prices, err);
}

/* --- where it begins --- */

static int read_from(const char *text, int64_t *ret_position, struct err *err)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > POSITION_DIGITS || text[digits] != '\0' ||
	    strtoll(text, NULL, 10) < 1)
		return err_set(
			err, ERR_INVALID,
			"--from must be the position of a record, 1 or higher, not \"%.40s\"",
			text);
	*ret_position = strtoll(text, NULL, 10) - 1;
	return 0;
}

/* Where the options say, which goes before the cursor. */
static int read_begin(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;
	int64_t since_s;

	if (options->from)
		return read_from(options->from, &export->cursor.position, err);
	if (bill_time_parse("since", options->since, clock_wall_ms() / MS_PER_SECOND, &since_s,
			    err) < 0)
		return -1;
	return usage_events_since(export->db, since_s * MS_PER_SECOND, &export->cursor.position,
				  err);
}

static int put_cursor(struct export *export, struct err *err)
{
	if (!export->name)
		return 0;
	return export_cursor_put(export->db, export->name, &export->cursor, clock_wall_ms(), err);
}

/* A cursor of one account says nothing about the others. */
static int read_cursor(struct export *export, struct err *err)
{
	bool found = false;

	if (export->name &&
	    export_cursor_read(export->db, export->name, &export->cursor, &found, err) < 0)
		return -1;
	if (found && strcmp(export->cursor.account, export->account.id) != 0)
		return err_set(err, ERR_CONFLICT,
			       "the export %s is of account %s: give this one another --name",
			       export->name,
			       export->cursor.account[0] ? export->cursor.account : "all");
	(void)snprintf(export->cursor.account, sizeof(export->cursor.account), "%s",
		       export->account.id);
	if (!export->options->from && !export->options->since)
		return 0;
	return read_begin(export, err) < 0 ? -1 : put_cursor(export, err);
}

static int export_open(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;

	if (options->from && options->since)
		return err_set(err, ERR_INVALID, "--from and --since exclude each other");
	if (read_shape(export, err) < 0 || read_destination(export, err) < 0 ||
	    read_name(export, err) < 0)
		return -1;
	export->dir = state_dir(options->state);
	if (read_prices(export, err) < 0 || state_open(export->dir, &export->db, err) < 0)
		return -1;
	if (options->account &&
	    account_find_by_name(export->db, options->account, &export->account, err) < 0)
		return -1;
	return read_cursor(export, err);
}

/* --- a batch --- */

struct batch {
	const struct usage_shape *shape;
	const struct tariff *tariff;
	struct buf *lines;
	size_t count, max;
};

static int add(void *ctx, const struct usage_event *event, struct err *err)
{
	struct batch *batch = ctx;

	if (usage_shape_write(batch->shape, event, batch->tariff, batch->lines, err) < 0)
		return -1;
	batch->count++;
	return batch->count == batch->max || batch->lines->len >= BATCH_BYTES;
}

/* The events behind the cursor as lines. *ret_position: where the cursor is to go. */
static int read_batch(struct export *export, struct buf *lines, size_t *ret_count,
		      int64_t *ret_position, bool *ret_end, struct err *err)
{
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	struct tariff tariff = {.prices = export->prices};
	struct batch batch = {
		.shape = export->shape,
		.tariff = &tariff,
		.lines = lines,
		.max = export->destination == TO_WEBHOOK ? export->shape->batch_max : SIZE_MAX,
	};
	const char *account = export->account.id[0] ? export->account.id : NULL;

	/* A month may have been closed since the last batch. */
	if (export->shape->priced && invoices_read(export->db, &invoices, err) < 0)
		return -1;
	tariff.invoices = invoices;
	if (usage_events_read(export->db, export->cursor.position, account, add, &batch,
			      ret_position, ret_end, err) < 0)
		return -1;
	*ret_count = batch.count;
	return 0;
}

static int print(const struct buf *lines, struct err *err)
{
	if (fwrite(lines->data, 1, lines->len, stdout) != lines->len || fflush(stdout) == EOF)
		return err_set(err, ERR_SYSTEM, "cannot write to standard output");
	return 0;
}

static int deliver(struct export *export, const struct buf *lines, struct err *err)
{
	switch (export->destination) {
	case TO_FILE:
		return export_file_append(export->options->to, export->shape->begin, lines, err);
	case TO_WEBHOOK:
		return export_webhook_deliver(export->webhook, export->shape,
					      export->options->follow, lines, err);
	case TO_STDOUT:
	default:
		return print(lines, err);
	}
}

static int move(struct export *export, int64_t position, struct err *err)
{
	if (position == export->cursor.position)
		return 0;
	export->cursor.position = position;
	return put_cursor(export, err);
}

/* *ret_end: there is nothing more for now. */
static int export_batch(struct export *export, bool *ret_end, struct err *err)
{
	AUTO(buf_done) struct buf lines;
	int64_t position;
	size_t count;

	buf_init(&lines, BATCH_MAX);
	if (read_batch(export, &lines, &count, &position, ret_end, err) < 0 ||
	    (count > 0 && deliver(export, &lines, err) < 0))
		return -1;
	export->delivered += (int64_t)count;
	return move(export, position, err);
}

static int wait_for_records(struct export *export, struct err *err)
{
	struct ledger_head head;

	do {
		clock_pause_ms(FOLLOW_MS);
		if (ledger_head_read(export->db, &head, err) < 0)
			return -1;
	} while (head.position <= export->cursor.position);
	return 0;
}

static int run(struct export *export, struct err *err)
{
	bool end = false;

	if (export_open(export, err) < 0)
		return -1;
	for (;;) {
		if (export_batch(export, &end, err) < 0)
			return -1;
		if (end && !export->options->follow)
			return 0;
		if (end && wait_for_records(export, err) < 0)
			return -1;
	}
}

int bill_export(int argc, char **argv)
{
	struct export_options options = {0};
	const struct option_row rows[] = {
		{"to", OPTION_TEXT, &options.to, "PLACE", "FILE, - or https://URL"},
		{"follow", OPTION_FLAG, &options.follow, NULL, "wait for further records"},
		{"from", OPTION_TEXT, &options.from, "POSITION", "begin with this record"},
		{"since", OPTION_TEXT, &options.since, "TIME", "begin with what was written then"},
		{"shape", OPTION_TEXT, &options.shape, "SHAPE", "cloudevents, openmeter or lago"},
		{"account", OPTION_TEXT, &options.account, "NAME", "of this account only"},
		{"name", OPTION_TEXT, &options.name, "NAME", "of the cursor"},
		{"token-file", OPTION_TEXT, &options.token_file, "FILE", "token of the webhook"},
		{"ca-file", OPTION_TEXT, &options.ca_file, "FILE", "whom to trust, PEM"},
		{"prices", OPTION_TEXT, &options.prices, "FILE", "price list (for lago)"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	AUTO(export_done) struct export export = {.options = &options};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "export", 0)) {
		fprintf(stderr, "Usage: slipway " USAGE "\n");
		return 2;
	}
	rc = run(&export, &err);
	if (rc == 0 || export.delivered > 0)
		fprintf(stderr, "%" PRId64 " events exported, up to record %" PRId64 "\n",
			export.delivered, export.cursor.position);
	return rc < 0 ? state_complain("bill export", &err) : 0;
}
