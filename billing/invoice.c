/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and closing months. A month is closed when nothing of it can change any more: it is
 * over, every meter that began in it has ended or was seen to run behind its end, and nothing waits
 * for a damaged ledger. What is invoiced is then the sum of the pieces of that month.
 */
#include "billing/invoice.h"

#include <stdio.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/cost.h"
#include "core/buf.h"
#include "store/record.h"

#define NS_PER_MS     1000000LL
#define MS_PER_SECOND 1000
#define TEXTS_MAX     (64u * 1024 * 1024)

struct invoices {
	struct arena *arena;
	struct buf rows; /* struct invoice, by account and month */
};

char *invoice_id(const char *account, int64_t at_s, char ret[INVOICE_ID_SIZE])
{
	char month[CALENDAR_TEXT_SIZE];

	(void)snprintf(ret, INVOICE_ID_SIZE, "SLIPWAY-%s-%s", calendar_month_text(at_s, month),
		       account);
	return ret;
}

/* --- reading --- */

static int read_invoice(struct record_row *row, struct invoice *ret_invoice, struct err *err)
{
	struct db_query *query = row->query;
	const char *prices = db_text(query, 5);
	size_t len;
	const void *hash = db_blob(query, 4, &len);

	*ret_invoice = (struct invoice){
		.id = record_text(row, 0),
		.account = record_text(row, 1),
		.ledger_position = db_int(query, 3),
		.currency = record_text(row, 6),
		.total_nano = db_int(query, 7),
		.created_ms = db_int(query, 8),
	};
	(void)snprintf(ret_invoice->month, sizeof(ret_invoice->month), "%s", db_text(query, 2));
	if (!calendar_month_parse(ret_invoice->month, &ret_invoice->from_s))
		return err_set(err, ERR_CORRUPT, "invoice %s is of no month", ret_invoice->id);
	ret_invoice->until_s = calendar_month_end(ret_invoice->from_s);
	if (!hash || len != SHA256_SIZE)
		return err_set(err, ERR_CORRUPT, "invoice %s has no hash", ret_invoice->id);
	memcpy(ret_invoice->ledger_hash, hash, SHA256_SIZE);
	if (record_row_check(row, err) < 0)
		return -1;
	if (price_list_parse(prices ? prices : "", &ret_invoice->prices, err) < 0)
		return err_wrap(err, "invoice %s", ret_invoice->id);
	return 0;
}

static int add_invoice(struct invoices *invoices, struct record_row *row, struct err *err)
{
	struct invoice invoice;

	if (read_invoice(row, &invoice, err) < 0)
		return -1;
	if (buf_append(&invoices->rows, &invoice, sizeof(invoice), err) < 0) {
		price_list_free(invoice.prices);
		return -1;
	}
	return 0;
}

int invoices_read(struct db *db, struct invoices **ret_invoices, struct err *err)
{
	AUTO(invoices_freep) struct invoices *invoices = xcalloc(1, sizeof(*invoices));
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row;
	int rc;

	invoices->arena = arena_new(TEXTS_MAX);
	buf_init(&invoices->rows, RECORD_LIST_MAX);
	if (db_query(db,
		     "SELECT id, account, month, ledger_position, ledger_hash, prices, currency,"
		     " total_nano, created_ms FROM invoice ORDER BY account, month",
		     &query, err) < 0)
		return -1;
	row = (struct record_row){.query = query, .arena = invoices->arena};
	while ((rc = db_step(query, err)) == 1) {
		if (add_invoice(invoices, &row, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	*ret_invoices = STEAL(invoices, NULL);
	return 0;
}

void invoices_free(struct invoices *invoices)
{
	if (!invoices)
		return;
	for (size_t i = 0; i < invoices_count(invoices); i++)
		price_list_free(invoices_get(invoices, i)->prices);
	buf_done(&invoices->rows);
	arena_free(invoices->arena);
	free(invoices);
}

void invoices_freep(struct invoices **invoices)
{
	invoices_free(*invoices);
}

size_t invoices_count(const struct invoices *invoices)
{
	return invoices->rows.len / sizeof(struct invoice);
}

const struct invoice *invoices_get(const struct invoices *invoices, size_t index)
{
	return (const struct invoice *)(const void *)invoices->rows.data + index;
}

const struct invoice *invoices_at(const struct invoices *invoices, const char *account,
				  int64_t at_s)
{
	size_t low = 0, high = invoices_count(invoices);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct invoice *row = invoices_get(invoices, middle);
		int order = strcmp(row->account, account);

		if (order == 0 && at_s >= row->from_s && at_s < row->until_s)
			return row;
		if (order < 0 || (order == 0 && row->from_s < at_s))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* --- closing --- */

/* Meters of the month that nobody has seen behind its end yet, and records that wait. */
static int check_settled(struct db *db, const char *account, int64_t until_s, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t waiting;

	/* Of a meter of this boot this moment is known, of another boot its checkpoint. */
	if (db_query(db,
		     "SELECT COUNT(*) FROM meter_running JOIN ledger_task"
		     " ON ledger_task.number = meter_running.task"
		     " LEFT JOIN meter_checkpoint ON meter_checkpoint.boot_id ="
		     " meter_running.boot_id"
		     " WHERE account = ?1 AND started_ms < ?2 AND (opened = 0 OR closed = 1"
		     " OR started_ms + (COALESCE(boot_ns, 0) - started_boot_ns) / ?3 < ?2)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, until_s * MS_PER_SECOND);
	db_bind_int(query, 3, NS_PER_MS);
	if (record_int(query, 0, &waiting, err) < 0)
		return -1;
	if (waiting > 0)
		return err_set(err, ERR_INVALID,
			       "%lld tasks of it are not settled yet (the provisioner has not seen"
			       " them since it ended)",
			       (long long)waiting);
	return 0;
}

int invoice_sum(struct db *db, const struct tariff *tariff, const char *account, int64_t from_s,
		int64_t until_s, int64_t *ret_nano, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter filter = {.account = account,
					     .from_s = from_s,
					     .until_s = until_s,
					     .slack_s = price_minimum_max(tariff->prices)};
	struct charge charge;
	int64_t total = 0;
	int rc;

	if (charge_scan_open(db, &filter, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		struct cost_walk walk;
		struct cost_piece piece;

		if (cost_walk_begin(&walk, tariff, &charge, from_s, until_s, COST_WHOLE, err) < 0)
			return -1;
		while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
			if (cost_add(&total, piece.cost_nano, err) < 0)
				return -1;
		}
		if (rc < 0)
			return -1;
	}
	*ret_nano = total;
	return rc;
}

static int insert_invoice(struct db *db, const struct invoice *invoice, const char *prices,
			  struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO invoice (id, account, month, ledger_position, ledger_hash,"
		     " prices, currency, total_nano, created_ms)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, invoice->id);
	db_bind_text(query, 2, invoice->account);
	db_bind_text(query, 3, invoice->month);
	db_bind_int(query, 4, invoice->ledger_position);
	db_bind_blob(query, 5, invoice->ledger_hash, SHA256_SIZE);
	db_bind_text(query, 6, prices);
	db_bind_text(query, 7, invoice->currency);
	db_bind_int(query, 8, invoice->total_nano);
	db_bind_int(query, 9, invoice->created_ms);
	return db_run(query, NULL, err);
}

static int check_closable(struct db *db, const struct invoices *invoices, const char *account,
			  int64_t from_s, int64_t now_ms, struct err *err)
{
	int64_t until_s = calendar_month_end(from_s);
	const struct invoice *before = invoices_at(invoices, account, from_s);

	if (before)
		return err_set(err, ERR_CONFLICT, "it was closed with invoice %s", before->id);
	if (until_s * MS_PER_SECOND > now_ms)
		return err_set(err, ERR_INVALID, "it is not over");
	if (ledger_check_open(db, err) < 0)
		return -1;
	return check_settled(db, account, until_s, err);
}

static int close_month(struct db *db, const struct price_list *prices, const char *account,
		       int64_t from_s, int64_t now_ms, char ret_id[INVOICE_ID_SIZE],
		       struct err *err)
{
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	struct invoice invoice = {.account = account, .created_ms = now_ms};
	struct tariff tariff = {.prices = prices};
	char month[CALENDAR_TEXT_SIZE];
	struct ledger_head head;

	(void)snprintf(invoice.month, sizeof(invoice.month), "%.7s",
		       calendar_month_text(from_s, month));
	invoice.id = invoice_id(account, from_s, ret_id);
	invoice.currency = price_list_currency(prices);
	if (invoices_read(db, &invoices, err) < 0 ||
	    check_closable(db, invoices, account, from_s, now_ms, err) < 0)
		return -1;
	tariff.invoices = invoices;
	if (ledger_head_read(db, &head, err) < 0 ||
	    invoice_sum(db, &tariff, account, from_s, calendar_month_end(from_s),
			&invoice.total_nano, err) < 0)
		return -1;
	invoice.ledger_position = head.position;
	memcpy(invoice.ledger_hash, head.hash, SHA256_SIZE);
	return insert_invoice(db, &invoice, price_list_text(prices), err);
}

int invoice_close(struct db *db, const struct price_list *prices, const char *account,
		  int64_t from_s, int64_t now_ms, char ret_id[INVOICE_ID_SIZE], struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	char month[CALENDAR_TEXT_SIZE];

	if (record_scope_begin(&scope, db, err) < 0 ||
	    close_month(db, prices, account, calendar_month_begin(from_s), now_ms, ret_id, err) < 0)
		return err_wrap(err, "month %s of account %s", calendar_month_text(from_s, month),
				account);
	return record_scope_commit(&scope, err);
}
