/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An outbox in a PostgreSQL database: a table with the columns
 *
 *     id        of a type that has an order and an array type; the primary key
 *     payload   jsonb, json or text
 *     created   timestamptz or timestamp, or NULL
 *
 * into which a program writes an event in the transaction of what the event tells. Rows are read in
 * the order of id and deleted once they are durable here, so the table is empty when all is well.
 * NOTIFY on the channel only wakes; without one rows are found after LOOK_MS.
 *
 * A row whose payload is larger than an event can be, or whose id is longer than NAME_SIZE_MAX,
 * stays where it is, and a line in the log says so. Calls block this source's thread alone; a
 * server that does not answer ends them by TCP's keepalives, which are set unless the connection
 * string says otherwise.
 */
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "relay/source.h"

#define LOOK_MS	      30000	/* without a notification */
#define BATCH	      "64"	/* SOURCE_BATCH_MAX */
#define PAYLOAD_MAX   "1048576" /* SOURCE_DATA_MAX */
#define IDS_MAX	      (1 << 20)
#define TABLE_MAX     200
#define US_PER_MS     1000
#define NAME_SIZE_MAX "1000" /* bytes of an id as text */

/* What can be an event; an id that is NULL could not be deleted. */
#define FITTING                                                                                    \
	"octet_length(id::text) <= " NAME_SIZE_MAX                                                 \
	" AND (payload IS NULL OR octet_length(payload::text) <= " PAYLOAD_MAX ")"

struct outbox {
	const struct source_options *options;
	int wake_fd;
	PGconn *connection;
	char *table;	   /* quoted */
	bool look;	   /* there may be rows */
	int64_t looked_ms; /* boot time */
};

/* The server's last word, in one line. */
static int fail(const struct outbox *outbox, const char *what, struct err *err)
{
	const char *text = PQerrorMessage(outbox->connection);

	return err_set(err, ERR_UNAVAILABLE, "%s: %.*s", what, (int)strcspn(text, "\n"), text);
}

static void result_clearp(PGresult **result)
{
	PQclear(*result);
}

static int ask(const struct outbox *outbox, const char *sql, const char *parameter,
	       ExecStatusType wanted, PGresult **ret_result, struct err *err)
{
	AUTO(result_clearp)
	PGresult *result = PQexecParams(outbox->connection, sql, parameter ? 1 : 0, NULL,
					&parameter, NULL, NULL, 0);

	if (PQresultStatus(result) != wanted)
		return fail(outbox, "ask the outbox", err);
	*ret_result = STEAL(result, NULL);
	return 0;
}

static int run_sql(const struct outbox *outbox, const char *sql, const char *parameter,
		   struct err *err)
{
	AUTO(result_clearp) PGresult *result = NULL;

	return ask(outbox, sql, parameter, PGRES_COMMAND_OK, &result, err);
}

static char *quote(const struct outbox *outbox, const char *name, size_t len, struct err *err)
{
	char *quoted = PQescapeIdentifier(outbox->connection, name, len);
	char *copy;

	if (!quoted) {
		(void)fail(outbox, "quote a name", err);
		return NULL;
	}
	copy = xstrdup(quoted);
	PQfreemem(quoted);
	return copy;
}

/* "table" or "schema.table" */
static int quote_table(struct outbox *outbox, struct err *err)
{
	const char *table = outbox->options->table;
	const char *dot = strchr(table, '.');
	AUTO(freep) char *schema = NULL;
	AUTO(freep) char *name = NULL;

	name = quote(outbox, dot ? dot + 1 : table, strlen(dot ? dot + 1 : table), err);
	if (dot)
		schema = quote(outbox, table, (size_t)(dot - table), err);
	if (!name || (dot && !schema))
		return -1;
	free(outbox->table);
	outbox->table = xasprintf("%s%s%s", schema ? schema : "", schema ? "." : "", name);
	return 0;
}

/* Rows that can be no event stay, and are told of. */
static int count_large(const struct outbox *outbox, struct err *err)
{
	AUTO(freep)
	char *sql = xasprintf("SELECT COUNT(*) FROM %s WHERE NOT coalesce(" FITTING ", false)",
			      outbox->table);
	AUTO(result_clearp) PGresult *result = NULL;

	if (ask(outbox, sql, NULL, PGRES_TUPLES_OK, &result, err) < 0)
		return -1;
	if (strcmp(PQgetvalue(result, 0, 0), "0") != 0)
		log_warn("rows are too large for events and stay source=%s rows=%s",
			 outbox->options->name, PQgetvalue(result, 0, 0));
	return 0;
}

static int listen_to(struct outbox *outbox, struct err *err)
{
	AUTO(freep)
	char *channel =
		quote(outbox, outbox->options->channel, strlen(outbox->options->channel), err);
	AUTO(freep) char *sql = NULL;

	if (!channel)
		return -1;
	sql = xasprintf("LISTEN %s", channel);
	return run_sql(outbox, sql, NULL, err);
}

static int outbox_begin(void *source, struct err *err)
{
	static const char *const keys[] = {"keepalives_idle",  "keepalives_interval",
					   "keepalives_count", "tcp_user_timeout",
					   "connect_timeout",  "fallback_application_name",
					   "dbname",	       NULL};
	struct outbox *outbox = source;
	/* What comes later wins: the operator's words. */
	const char *const values[] = {
		"20", "5", "3", "30000", "10", "slipway-relay", outbox->options->connection, NULL};

	outbox->connection = PQconnectdbParams(keys, values, 1);
	if (PQstatus(outbox->connection) != CONNECTION_OK)
		return fail(outbox, "connect", err);
	if (quote_table(outbox, err) < 0 || listen_to(outbox, err) < 0 ||
	    count_large(outbox, err) < 0)
		return -1;
	outbox->look = true;
	return 0;
}

/* --- rows --- */

static int add(const PGresult *result, int row, struct source_batch *batch, struct err *err)
{
	struct source_item *item = &batch->items[batch->count];
	int len = PQgetlength(result, row, 1);

	*item = (struct source_item){
		.name = arena_strdup(batch->arena, PQgetvalue(result, row, 0)),
		.value = arena_strdup(batch->arena, PQgetvalue(result, row, 2)),
		.data = arena_strndup(batch->arena, PQgetvalue(result, row, 1), (size_t)len),
		.len = (size_t)len,
		.time_ms = strtoll(PQgetvalue(result, row, 2), NULL, 10) / US_PER_MS,
	};
	if (!item->name || !item->value || !item->data)
		return err_set(err, ERR_LIMIT, "a batch of rows needs too much memory");
	batch->count++;
	return 0;
}

static int read_rows(struct outbox *outbox, struct source_batch *batch, struct err *err)
{
	AUTO(freep)
	char *sql =
		xasprintf("SELECT id::text, coalesce(payload::text, 'null'),"
			  " coalesce(CASE WHEN created BETWEEN '1970-01-01' AND '9999-12-31' THEN"
			  " floor(extract(epoch from created) * 1000000)::bigint END, 0)"
			  " FROM %s WHERE " FITTING " ORDER BY id LIMIT " BATCH,
			  outbox->table);
	AUTO(result_clearp) PGresult *result = NULL;

	if (ask(outbox, sql, NULL, PGRES_TUPLES_OK, &result, err) < 0)
		return -1;
	for (int i = 0; i < PQntuples(result); i++) {
		if (add(result, i, batch, err) < 0)
			return -1;
	}
	outbox->looked_ms = clock_boot_ms();
	outbox->look = batch->count > 0;
	batch->all = batch->count == 0;
	return 0;
}

static int wait_for(struct outbox *outbox, struct err *err)
{
	struct pollfd fds[] = {{.fd = PQsocket(outbox->connection), .events = POLLIN},
			       {.fd = outbox->wake_fd, .events = POLLIN}};

	if (poll(fds, ARRAY_LEN(fds), SOURCE_WAIT_MS) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for rows");
	if (!PQconsumeInput(outbox->connection))
		return fail(outbox, "listen", err);
	for (PGnotify *notify = PQnotifies(outbox->connection); notify;
	     notify = PQnotifies(outbox->connection)) {
		outbox->look = true;
		PQfreemem(notify);
	}
	if (clock_boot_ms() - outbox->looked_ms >= LOOK_MS)
		outbox->look = true;
	return 0;
}

static int outbox_take(void *source, struct source_batch *batch, struct err *err)
{
	struct outbox *outbox = source;

	if (!outbox->look && wait_for(outbox, err) < 0)
		return -1;
	return outbox->look ? read_rows(outbox, batch, err) : 0;
}

/* {"1","2"}, as the server reads an array of the type of id. */
static int write_ids(const struct source_batch *batch, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (buf_append_text(out, i == 0 ? "{\"" : ",\"", err) < 0)
			return -1;
		for (const char *at = batch->items[i].name; *at; at++) {
			if (((*at == '"' || *at == '\\') && buf_append_text(out, "\\", err) < 0) ||
			    buf_append(out, at, 1, err) < 0)
				return -1;
		}
		if (buf_append_text(out, "\"", err) < 0)
			return -1;
	}
	return buf_append_text(out, "}", err);
}

static int outbox_acknowledge(void *source, struct source_batch *batch, struct err *err)
{
	const struct outbox *outbox = source;
	AUTO(freep) char *sql = xasprintf("DELETE FROM %s WHERE id = ANY($1)", outbox->table);
	AUTO(buf_done) struct buf ids;

	buf_init(&ids, IDS_MAX);
	if (write_ids(batch, &ids, err) < 0)
		return -1;
	return run_sql(outbox, sql, buf_text(&ids), err);
}

static int outbox_may_return(void *source, const char *item_name, bool *ret_may, struct err *err)
{
	(void)source;
	(void)item_name;
	(void)err;
	/* It is asked once rows were deleted, or when there are none. */
	*ret_may = false;
	return 0;
}

/* --- life --- */

static void outbox_end(void *source)
{
	struct outbox *outbox = source;

	PQfinish(outbox->connection);
	outbox->connection = NULL;
}

static void outbox_close(void *source)
{
	struct outbox *outbox = source;

	if (!outbox)
		return;
	outbox_end(outbox);
	free(outbox->table);
	free(outbox);
}

static int outbox_open(const struct source_options *options, int wake_fd, void **ret_source,
		       struct err *err)
{
	struct outbox *outbox;
	char *text = NULL;
	PQconninfoOption *parsed = PQconninfoParse(options->connection, &text);

	if (!parsed) {
		(void)err_set(err, ERR_INVALID, "source.%s.connection: %.*s", options->name,
			      (int)strcspn(text ? text : "", "\n"), text ? text : "");
		PQfreemem(text);
		return -1;
	}
	PQconninfoFree(parsed);
	if (strlen(options->table) > TABLE_MAX)
		return err_set(err, ERR_INVALID, "source.%s.table has more than %d characters",
			       options->name, TABLE_MAX);
	outbox = xcalloc(1, sizeof(*outbox));
	outbox->options = options;
	outbox->wake_fd = wake_fd;
	*ret_source = outbox;
	return 0;
}

const struct source_kind source_postgresql = {
	.name = "postgresql",
	.type = "Row Added",
	.advice = "see that the server runs, takes the connection's user and has the table",
	.open = outbox_open,
	.begin = outbox_begin,
	.take = outbox_take,
	.acknowledge = outbox_acknowledge,
	.may_return = outbox_may_return,
	.end = outbox_end,
	.close = outbox_close,
};
