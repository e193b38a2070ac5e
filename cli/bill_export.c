/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a batch of events behind the cursor, delivers it, and moves the cursor: never the other way
 * round. So whoever is killed, at whatever moment, repeats a batch at most, and events have
 * ids by which the other side knows them again.
 *
 * Usage comes from the ledger, and with --events what happens to budgets from the outbox: each has
 * a position of its own in the cursor. A cursor has a name: --name, or where the events go.
 * Standard output without --name has none.
 */
#include "cli/bill_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/bill_session.h"
#include "cli/bill_time.h"
#include "cli/export_event.h"
#include "cli/export_target.h"
#include "cli/price_file.h"
#include "cli/state.h"
#include "cli/words.h"
#include "core/clock.h"
#include "store/export_cursor.h"

#define USAGE                                                                                      \
	"bill export --to FILE|-|https://URL [--follow] [--from POSITION|--since TIME]"            \
	" [--shape cloudevents|openmeter|lago] [--events] [--account NAME] [--name NAME]"          \
	" [--token-file FILE] [--ca-file FILE] [--prices FILE]"

#define BATCH_BYTES	(1024u * 1024)	    /* is enough for one */
#define BATCH_MAX	(32u * 1024 * 1024) /* that, and the largest event */
#define EVENTS_READ	100		    /* of the outbox, 64 KiB at most each */
#define EVENTS_MEMORY	(16u * 1024 * 1024)
#define FOLLOW_MS	1000
#define MS_PER_SECOND	1000
#define POSITION_DIGITS 18

struct export_options {
	const char *from, *since, *to, *shape, *account, *name, *token_file, *ca_file, *prices,
		*state;
	bool follow, events;
};

struct export
{
	const struct export_options *options;
	struct db *db;
	char *dir;
	const char *name; /* NULL: no cursor is kept */
	const struct usage_shape *shape;
	struct export_target *target;
	struct price_list *prices; /* NULL: the shape needs none */
	struct export_cursor cursor;
	int64_t delivered; /* events */
};

static void export_done(struct export *export)
{
	db_free(export->db);
	export_target_free(export->target);
	price_list_free(export->prices);
	free(export->dir);
}

/* --- what the options say --- */

static int read_shape(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;
	const char *name = options->shape ? options->shape : "cloudevents";

	export->shape = usage_shape_find(name);
	if (!export->shape)
		return err_set(err, ERR_INVALID,
			       "--shape must be cloudevents, openmeter or lago, not \"%.40s\"",
			       name);
	if (options->events && !export->shape->tells_events)
		return err_set(err, ERR_INVALID, "--events: --shape %s has usage only", name);
	if (options->prices && !export->shape->priced)
		return err_set(err, ERR_INVALID, "--prices: --shape %s tells no costs", name);
	return 0;
}

static int open_target(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;
	const struct export_target_options target = {.to = options->to,
						     .token_file = options->token_file,
						     .ca_file = options->ca_file,
						     .shape = export->shape,
						     .patient = options->follow};

	if (export_target_open(&target, &export->target, err) < 0)
		return -1;
	export->name = options->name ? options->name : export_target_name(export->target);
	if (export->name && (export->name[0] == '\0' || strlen(export->name) > EXPORT_NAME_MAX))
		return err_set(err, ERR_INVALID, "--name must have 1 to %d bytes", EXPORT_NAME_MAX);
	return 0;
}

static int read_prices(struct export *export, struct err *err)
{
	AUTO(freep) char *path = NULL;

	if (!export->shape->priced)
		return 0;
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
	char account[ACCOUNT_ID_SIZE] = "";
	bool found = false;

	if ((export->options->account &&
	     bill_session_account(export->db, export->options->account, account, err) < 0) ||
	    (export->name &&
	     export_cursor_read(export->db, export->name, &export->cursor, &found, err) < 0))
		return -1;
	if (found && strcmp(export->cursor.account, account) != 0)
		return err_set(err, ERR_CONFLICT,
			       "the export %s is of %s%s: give this one another --name",
			       export->name, export->cursor.account[0] ? "account " : "",
			       export->cursor.account[0] ? export->cursor.account : "all accounts");
	(void)snprintf(export->cursor.account, sizeof(export->cursor.account), "%s", account);
	if (!export->options->from && !export->options->since)
		return 0;
	return read_begin(export, err) < 0 ? -1 : put_cursor(export, err);
}

static int export_open(struct export *export, struct err *err)
{
	const struct export_options *options = export->options;

	if (options->from && options->since)
		return err_set(err, ERR_INVALID, "--from and --since exclude each other");
	if (read_shape(export, err) < 0 || open_target(export, err) < 0)
		return -1;
	export->dir = state_dir(options->state);
	if (read_prices(export, err) < 0 || state_open(export->dir, &export->db, err) < 0)
		return -1;
	return read_cursor(export, err);
}

static const char *account_of(const struct export *export)
{
	return export->cursor.account[0] ? export->cursor.account : NULL;
}

/* --- usage --- */

struct batch {
	const struct usage_shape *shape;
	struct tariff tariff;
	struct buf *lines;
	size_t count, max;
};

static int add(void *ctx, const struct usage_event *event, struct err *err)
{
	struct batch *batch = ctx;

	if (usage_shape_write(batch->shape, event, &batch->tariff, batch->lines, err) < 0)
		return -1;
	batch->count++;
	return batch->count == batch->max || batch->lines->len >= BATCH_BYTES;
}

/* Move the cursor to what was delivered. */
static int move(struct export *export, int64_t position, int64_t event_position, struct err *err)
{
	if (position == export->cursor.position && event_position == export->cursor.event_position)
		return 0;
	export->cursor.position = position;
	export->cursor.event_position = event_position;
	return put_cursor(export, err);
}

/* *ret_end: there is nothing more for now. */
static int export_usage(struct export *export, bool *ret_end, struct err *err)
{
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	AUTO(buf_done) struct buf lines;
	struct batch batch = {.shape = export->shape,
			      .lines = &lines,
			      .max = export_target_batch_max(export->target)};
	int64_t position;

	buf_init(&lines, BATCH_MAX);
	/* A month may have been closed since the last batch. */
	if (export->prices && invoices_read(export->db, &invoices, err) < 0)
		return -1;
	batch.tariff = (struct tariff){.prices = export->prices, .invoices = invoices};
	if (usage_events_read(export->db, export->cursor.position, account_of(export), add, &batch,
			      &position, ret_end, err) < 0 ||
	    (batch.count > 0 && export_target_deliver(export->target, &lines, err) < 0))
		return -1;
	export->delivered += (int64_t)batch.count;
	return move(export, position, export->cursor.event_position, err);
}

/* --- other events --- */

/* The outbox keeps so many: who was away for too long is told what he has missed. */
static int look_for_gap(struct export *export, struct err *err)
{
	int64_t first, last;

	if (outbox_ends(export->db, &first, &last, err) < 0)
		return -1;
	if (first > export->cursor.event_position + 1)
		fprintf(stderr,
			"slipway bill export: %" PRId64 " older events of budgets are not kept any"
			" more\n",
			first - export->cursor.event_position - 1);
	return 0;
}

static int write_events(struct export *export, struct arena *arena, struct buf *lines,
			size_t *ret_count, int64_t *ret_position, struct err *err)
{
	struct outbox_event *events;
	size_t count;

	if (outbox_read(export->db, export->cursor.event_position, EVENTS_READ, arena, &events,
			&count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		*ret_position = events[i].position;
		if (account_of(export) && !export_event_is_of(&events[i], account_of(export)))
			continue;
		if (export_event_write(&events[i], lines, err) < 0)
			return -1;
		++*ret_count;
	}
	return 0;
}

static int export_events(struct export *export, bool *ret_end, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(EVENTS_MEMORY);
	AUTO(buf_done) struct buf lines;
	int64_t position = export->cursor.event_position;
	size_t count = 0;

	buf_init(&lines, BATCH_MAX);
	if (look_for_gap(export, err) < 0 ||
	    write_events(export, arena, &lines, &count, &position, err) < 0 ||
	    (count > 0 && export_target_deliver(export->target, &lines, err) < 0))
		return -1;
	*ret_end = *ret_end && position == export->cursor.event_position;
	export->delivered += (int64_t)count;
	return move(export, export->cursor.position, position, err);
}

/* --- all of it --- */

static int wait_for_more(struct export *export, struct err *err)
{
	struct ledger_head head;
	int64_t first, last = 0;

	do {
		clock_pause_ms(FOLLOW_MS);
		if (ledger_head_read(export->db, &head, err) < 0 ||
		    (export->options->events && outbox_ends(export->db, &first, &last, err) < 0))
			return -1;
	} while (head.position <= export->cursor.position && last <= export->cursor.event_position);
	return 0;
}

static int run(struct export *export, struct err *err)
{
	bool end = false;

	if (export_open(export, err) < 0)
		return -1;
	for (;;) {
		if (export_usage(export, &end, err) < 0 ||
		    (export->options->events && export_events(export, &end, err) < 0))
			return -1;
		if (end && !export->options->follow)
			return 0;
		if (end && wait_for_more(export, err) < 0)
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
		{"events", OPTION_FLAG, &options.events, NULL, "what happens to budgets, too"},
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
		options_usage(USAGE, stderr);
		return 2;
	}
	rc = run(&export, &err);
	if (rc == 0 || export.delivered > 0)
		fprintf(stderr, "%" PRId64 " events exported, up to record %" PRId64 "\n",
			export.delivered, export.cursor.position);
	return rc < 0 ? state_complain("bill export", &err) : 0;
}
