/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums, twice: as reports make them, charge by charge, and as the database does in one query. And
 * invoices: each names a record that is there, and comes out again to the last digit.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/cost.h"
#include "billing/ledger_private.h"
#include "billing/verify_private.h"
#include "store/record.h"

/* quantity x seconds of what is closed, by meter. Each is below 2^63 for 200 years of a million
 * tasks' memory. */
struct sums {
	int64_t amount[METER_COUNT];
};

static int sums_of_charges(struct db *db, struct sums *sums, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter all = {0};
	struct charge charge;
	int rc;

	if (charge_scan_open(db, &all, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		for (int meter = 0; charge.closed_position != 0 && meter < METER_COUNT; meter++)
			sums->amount[meter] += charge.quantity[meter] * charge.seconds;
	}
	return rc;
}

/* A column a meter, as grouping would sort all rows. What a correction changes is the difference to
 * the record before it. */
#define SUM_CLOSED(name, unit, number)                                                             \
	", SUM(CASE meter WHEN " #number " THEN quantity * seconds END)"
#define SUM_CORRECTED(name, unit, number)                                                          \
	", SUM(CASE c.meter WHEN " #number " THEN c.quantity * (c.seconds - b.seconds) END)"

static int sums_of_query(struct db *db, struct sums *sums, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT 0" METERS(
			     SUM_CLOSED) " FROM ledger WHERE kind = 2 UNION ALL"
					 " SELECT 0" METERS(
						 SUM_CORRECTED) " FROM ledger AS c"
								" JOIN ledger AS b ON b.task = "
								"c.task AND b.meter = c.meter"
								" AND b.sequence = c.sequence - 1 "
								"WHERE c.kind = 3",
		     &query, err) < 0)
		return -1;
	while ((rc = db_step(query, err)) == 1) {
		for (int meter = 0; meter < METER_COUNT; meter++)
			sums->amount[meter] += db_int(query, 1 + meter);
	}
	return rc;
}

static int compare_sums(struct verify *verify, struct err *err)
{
	struct sums charges = {0};
	struct sums query = {0};

	if (sums_of_charges(verify->db, &charges, err) < 0 ||
	    sums_of_query(verify->db, &query, err) < 0)
		return -1;
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (charges.amount[meter] != query.amount[meter])
			verify_report(verify, VERIFY_SUMS, 0, "",
				      "%s: charges come to %" PRId64 ", records to %" PRId64
				      " (quantity x seconds)",
				      meter_name((enum meter)meter), charges.amount[meter],
				      query.amount[meter]);
	}
	return 0;
}

static int check_invoice(struct verify *verify, const struct tariff *tariff,
			 const struct invoice *invoice, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t there, total;

	verify->result->invoices++;
	if (db_query(verify->db, "SELECT COUNT(*) FROM ledger WHERE position = ?1 AND hash = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, invoice->ledger_position);
	db_bind_blob(query, 2, invoice->ledger_hash, SHA256_SIZE);
	if (record_int(query, 0, &there, err) < 0)
		return -1;
	if (there == 0 && invoice->ledger_position != 0)
		verify_report(verify, VERIFY_INVOICES, invoice->ledger_position, "",
			      "invoice %s was made from a record that is not there any more",
			      invoice->id);
	if (invoice_sum(verify->db, tariff, invoice->account, invoice->from_s, invoice->until_s,
			&total, err) < 0)
		return -1;
	if (total != invoice->total_nano) {
		char said[PRICE_TEXT_SIZE], found[PRICE_TEXT_SIZE];

		verify_report(verify, VERIFY_INVOICES, 0, "",
			      "invoice %s says %s, and its records come to %s", invoice->id,
			      price_text(invoice->total_nano, said), price_text(total, found));
	}
	return 0;
}

/* A sum that cannot be made is something found, not the end of looking. */
static int found_or_failed(struct verify *verify, enum verify_source source, struct err *err)
{
	if (err->code != ERR_CORRUPT && err->code != ERR_LIMIT && err->code != ERR_NOT_FOUND)
		return -1;
	verify_report(verify, source, 0, "", "%s", err->text);
	err_clear(err);
	return 0;
}

int verify_sums(struct verify *verify, struct err *err)
{
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	struct tariff tariff = {.prices = verify->options->prices};

	if (compare_sums(verify, err) < 0 && found_or_failed(verify, VERIFY_SUMS, err) < 0)
		return -1;
	if (invoices_read(verify->db, &invoices, err) < 0)
		return found_or_failed(verify, VERIFY_INVOICES, err);
	tariff.invoices = invoices;
	for (size_t i = 0; i < invoices_count(invoices); i++) {
		if (check_invoice(verify, &tariff, invoices_get(invoices, i), err) < 0 &&
		    found_or_failed(verify, VERIFY_INVOICES, err) < 0)
			return -1;
	}
	return 0;
}
