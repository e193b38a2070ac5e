/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list names the columns in their order, and what each is filled with: a text that is always
 * the same, or a field of the row (focus_fields.c). A row is put together from parts: fields, and
 * what is always the same between two of them, commas included.
 */
#include "billing/focus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/focus_private.h"

#define PROVIDER  "Slipway"
#define WRITE_AT  (256u * 1024)
#define COLUMNS	  57
#define PARTS_MAX (2 * COLUMNS + 1)
#define SAME_MAX  512 /* all fixed texts are not longer */

/* Column, source, fixed text (empty: null). */
#define FOCUS_COLUMNS(X)                                                                           \
	X(AvailabilityZone, FIXED, "")                                                             \
	X(BilledCost, COST, "")                                                                    \
	X(BillingAccountId, ACCOUNT, "")                                                           \
	X(BillingAccountName, ACCOUNT_NAME, "")                                                    \
	X(BillingAccountType, FIXED, "Account")                                                    \
	X(BillingCurrency, CURRENCY, "")                                                           \
	X(BillingPeriodEnd, PERIOD_END, "")                                                        \
	X(BillingPeriodStart, PERIOD_START, "")                                                    \
	X(CapacityReservationId, FIXED, "")                                                        \
	X(CapacityReservationStatus, FIXED, "")                                                    \
	X(ChargeCategory, FIXED, "Usage")                                                          \
	X(ChargeClass, CLASS, "")                                                                  \
	X(ChargeDescription, DESCRIPTION, "")                                                      \
	X(ChargeFrequency, FIXED, "Usage-Based")                                                   \
	X(ChargePeriodEnd, HOUR_END, "")                                                           \
	X(ChargePeriodStart, HOUR_START, "")                                                       \
	X(CommitmentDiscountCategory, FIXED, "")                                                   \
	X(CommitmentDiscountId, FIXED, "")                                                         \
	X(CommitmentDiscountName, FIXED, "")                                                       \
	X(CommitmentDiscountQuantity, FIXED, "")                                                   \
	X(CommitmentDiscountStatus, FIXED, "")                                                     \
	X(CommitmentDiscountType, FIXED, "")                                                       \
	X(CommitmentDiscountUnit, FIXED, "")                                                       \
	X(ConsumedQuantity, QUANTITY, "")                                                          \
	X(ConsumedUnit, UNIT, "")                                                                  \
	X(ContractedCost, CONTRACTED_COST, "")                                                     \
	X(ContractedUnitPrice, CONTRACTED_PRICE, "")                                               \
	X(EffectiveCost, COST, "")                                                                 \
	X(InvoiceId, INVOICE, "")                                                                  \
	X(InvoiceIssuerName, FIXED, PROVIDER)                                                      \
	X(ListCost, LIST_COST, "")                                                                 \
	X(ListUnitPrice, LIST_PRICE, "")                                                           \
	X(PricingCategory, CATEGORY, "")                                                           \
	X(PricingCurrency, CURRENCY, "")                                                           \
	X(PricingCurrencyContractedUnitPrice, CONTRACTED_PRICE, "")                                \
	X(PricingCurrencyEffectiveCost, COST, "")                                                  \
	X(PricingCurrencyListUnitPrice, LIST_PRICE, "")                                            \
	X(PricingQuantity, QUANTITY, "")                                                           \
	X(PricingUnit, UNIT, "")                                                                   \
	X(ProviderName, FIXED, PROVIDER)                                                           \
	X(PublisherName, FIXED, PROVIDER)                                                          \
	X(RegionId, REGION, "")                                                                    \
	X(RegionName, REGION, "")                                                                  \
	X(ResourceId, RESOURCE_ID, "")                                                             \
	X(ResourceName, RESOURCE_NAME, "")                                                         \
	X(ResourceType, FIXED, "Task")                                                             \
	X(ServiceCategory, FIXED, "Compute")                                                       \
	X(ServiceName, FIXED, "Slipway Tasks")                                                     \
	X(ServiceSubcategory, FIXED, "Containers")                                                 \
	X(SkuId, SKU, "")                                                                          \
	X(SkuMeter, SKU_METER, "")                                                                 \
	X(SkuPriceDetails, SKU_DETAILS, "")                                                        \
	X(SkuPriceId, SKU_PRICE, "")                                                               \
	X(SubAccountId, FIXED, "")                                                                 \
	X(SubAccountName, FIXED, "")                                                               \
	X(SubAccountType, FIXED, "")                                                               \
	X(Tags, TAGS, "")

struct column {
	const char *name;
	enum focus_source source;
	const char *fixed;
};
#define AS_COLUMN(name, source, fixed) {#name, FOCUS_##source, fixed},
static const struct column columns[] = {FOCUS_COLUMNS(AS_COLUMN)};
_Static_assert(ARRAY_LEN(columns) == COLUMNS, "FOCUS 1.2 has 57 columns");

struct writer {
	FILE *out;
	char *bytes; /* owned: rows that are not written yet, and behind WRITE_AT room for one */
	size_t len;
	struct focus_fields fields;
	struct focus_text same[PARTS_MAX];
	const struct focus_text *same_now[PARTS_MAX];
	const struct focus_text *const *parts[PARTS_MAX]; /* of a row: in `fields` or `same_now` */
	size_t part_count;
};

/* --- the form of a row --- */

static void add_same(struct writer *writer, size_t index)
{
	writer->same_now[index] = &writer->same[index];
	writer->parts[writer->part_count++] = &writer->same_now[index];
}

static void make_parts(struct writer *writer)
{
	size_t index = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		focus_text_put(&writer->same[index], i > 0 ? "," : "");
		if (columns[i].source == FOCUS_FIXED) {
			focus_text_field(&writer->same[index], columns[i].fixed);
			continue;
		}
		add_same(writer, index++);
		writer->parts[writer->part_count++] = &writer->fields.now[columns[i].source];
	}
	focus_text_put(&writer->same[index], "\r\n");
	add_same(writer, index);
}

static size_t row_max(void)
{
	size_t max = PARTS_MAX * SAME_MAX + FOCUS_COPY_SLACK;

	for (size_t i = 0; i < COLUMNS; i++)
		max += focus_field_max(columns[i].source);
	return max;
}

static int writer_init(struct writer *writer, struct db *db, const struct tariff *tariff,
		       const struct focus_options *options, FILE *out, struct err *err)
{
	writer->out = out;
	writer->bytes = xcalloc(1, WRITE_AT + row_max());
	for (size_t i = 0; i < PARTS_MAX; i++)
		focus_text_init(&writer->same[i], SAME_MAX);
	make_parts(writer);
	return focus_fields_init(&writer->fields, db, options, price_list_currency(tariff->prices),
				 err);
}

static void writer_done(struct writer *writer)
{
	free(writer->bytes);
	for (size_t i = 0; i < PARTS_MAX; i++)
		focus_text_done(&writer->same[i]);
	focus_fields_done(&writer->fields);
}

/* --- rows --- */

static int flush(struct writer *writer, struct err *err)
{
	if (fwrite(writer->bytes, 1, writer->len, writer->out) != writer->len)
		return err_sys(err, errno, "write the bill");
	writer->len = 0;
	return 0;
}

static int write_row(struct writer *writer, struct err *err)
{
	char *at = writer->bytes + writer->len;

	for (size_t i = 0; i < writer->part_count; i++)
		at = focus_text_copy(*writer->parts[i], at);
	writer->len = (size_t)(at - writer->bytes);
	return writer->len >= WRITE_AT ? flush(writer, err) : 0;
}

static void write_head(struct writer *writer)
{
	for (size_t i = 0; i < COLUMNS; i++)
		writer->len += (size_t)sprintf(writer->bytes + writer->len, "%s%s", columns[i].name,
					       i + 1 < COLUMNS ? "," : "\r\n");
}

static int write_charge(struct writer *writer, const struct tariff *tariff,
			const struct charge *charge, const struct charge_filter *filter,
			const struct focus_options *options, struct err *err)
{
	struct cost_walk walk;
	struct cost_piece piece;
	bool begun = false;
	int rc;

	if (cost_walk_begin(&walk, tariff, charge, filter->from_s, filter->until_s, COST_HOURS,
			    err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		if (options->wanted && !options->wanted(options->ctx, charge, piece.meter))
			continue;
		if (!begun && focus_fields_charge(&writer->fields, charge, err) < 0)
			return -1;
		begun = true;
		focus_fields_piece(&writer->fields, charge, &piece);
		if (write_row(writer, err) < 0)
			return -1;
	}
	return rc;
}

static int write_all(struct writer *writer, struct db *db, const struct tariff *tariff,
		     const struct charge_filter *filter, const struct focus_options *options,
		     struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct charge charge;
	int rc;

	if (charge_scan_open(db, filter, &scan, err) < 0)
		return -1;
	write_head(writer);
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		if (write_charge(writer, tariff, &charge, filter, options, err) < 0)
			return -1;
	}
	if (rc < 0 || flush(writer, err) < 0)
		return -1;
	if (fflush(writer->out) != 0)
		return err_sys(err, errno, "write the bill");
	return 0;
}

int focus_write(struct db *db, const struct tariff *tariff, const struct charge_filter *filter,
		const struct focus_options *options, FILE *out, struct err *err)
{
	struct writer *writer = xcalloc(1, sizeof(*writer));
	int rc = writer_init(writer, db, tariff, options, out, err);

	if (rc == 0)
		rc = write_all(writer, db, tariff, filter, options, err);
	writer_done(writer);
	free(writer);
	return rc;
}
