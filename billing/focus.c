/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list names the columns in their order, and what each is filled with: a text that is always
 * the same, one of the charge, or one of the piece. The texts of a charge are made once and copied
 * into its rows; hours and months, which follow each other, are kept from row to row.
 */
#include "billing/focus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/focus_private.h"
#include "billing/usage_type.h"
#include "core/buf.h"
#include "store/account.h"

#define PROVIDER	  "Slipway"
#define QUANTITY_DECIMALS 12
#define NANO_DECIMALS	  9
#define SHARE_DECIMALS	  8 /* PRICE_WHOLE */
#define WRITE_AT	  (256u * 1024)
#define BUFFER_MAX	  (4u * 1024 * 1024)

_Static_assert(PRICE_WHOLE == 100000000, "a share has SHARE_DECIMALS");

/* What a column is filled with. */
enum source {
	FIXED, /* the text of the row here */
	CURRENCY,
	REGION,
	ACCOUNT,
	ACCOUNT_NAME,
	RESOURCE_ID,
	RESOURCE_NAME,
	TAGS,
	/* of a piece */
	PERIOD_START,
	PERIOD_END,
	INVOICE,
	HOUR_START,
	HOUR_END,
	CLASS,
	COST,
	LIST_COST,
	CONTRACTED_COST,
	LIST_PRICE,
	CONTRACTED_PRICE,
	QUANTITY,
	CONSUMED,
	UNIT,
	PRICED_UNIT,
	CATEGORY,
	DESCRIPTION,
	SKU,
	SKU_METER,
	SKU_PRICE,
	SKU_DETAILS,
	SOURCE_COUNT
};

/* Column, source, fixed text (empty: null). */
#define COLUMNS(X)                                                                                 \
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
	X(ConsumedQuantity, CONSUMED, "")                                                          \
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
	X(PricingUnit, PRICED_UNIT, "")                                                            \
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
	enum source source;
	const char *fixed;
};
#define AS_COLUMN(name, source, fixed) {#name, source, fixed},
static const struct column columns[] = {COLUMNS(AS_COLUMN)};
_Static_assert(ARRAY_LEN(columns) == 57, "FOCUS 1.2 has 57 columns");

/* FOCUS calls 2^30 bytes by their name. */
static const char *const units[METER_COUNT] = {
	[METER_VCPU] = "vCPU-Hours",
	[METER_MEMORY] = "GiB-Hours",
	[METER_STORAGE] = "GiB-Hours",
};
static const char *const sku_meters[METER_COUNT] = {
	[METER_VCPU] = "vCPU",
	[METER_MEMORY] = "Memory",
	[METER_STORAGE] = "Ephemeral Storage",
};

struct writer {
	const struct focus_options *options;
	FILE *out;
	struct buf bytes;
	struct account *accounts;
	size_t account_count;
	/* A text for each source, as a field. Those of FIXED are in the columns. */
	struct focus_text *texts[SOURCE_COUNT];
	int64_t hour_s, month_s; /* that texts are there for; -1: none yet */
};

/* --- texts --- */

static struct focus_text *begin(struct writer *writer, enum source source)
{
	struct focus_text *text = writer->texts[source];

	text->len = 0;
	text->full = false;
	return text;
}

static void set(struct writer *writer, enum source source, const char *field)
{
	focus_text_field(begin(writer, source), field);
}

static void set_number(struct writer *writer, enum source source, __int128 value, int decimals)
{
	char number[FOCUS_NUMBER_SIZE];
	size_t len = focus_number(value, decimals, number);

	focus_text_add(begin(writer, source), number, len);
}

static const char *account_name(const struct writer *writer, const char *id)
{
	for (size_t i = 0; i < writer->account_count; i++) {
		if (strcmp(writer->accounts[i].id, id) == 0)
			return writer->accounts[i].name;
	}
	return id;
}

static int set_charge(struct writer *writer, const struct charge *charge, struct err *err)
{
	static _Thread_local struct focus_text scratch;
	const struct ledger_task *task = &charge->task;
	char text[512];

	set(writer, ACCOUNT, task->account);
	set(writer, ACCOUNT_NAME, account_name(writer, task->account));
	(void)snprintf(text, sizeof(text), "arn:aws:ecs:%s:%s:task/%s/%s", writer->options->region,
		       task->account, task->cluster, task->task);
	set(writer, RESOURCE_ID, text);
	(void)snprintf(text, sizeof(text), "%s:%lld", task->family, (long long)task->revision);
	set(writer, RESOURCE_NAME, text);
	set(writer, CATEGORY, task->spot ? "Dynamic" : "Standard");
	(void)snprintf(text, sizeof(text),
		       "{\"OperatingSystem\":\"Linux\",\"x_Architecture\":\"%s\"}",
		       task->architecture);
	set(writer, SKU_DETAILS, text);
	scratch.len = 0;
	scratch.full = false;
	if (focus_tags(charge, &scratch, err) < 0)
		return -1;
	focus_text_add(&scratch, "", 1);
	set(writer, TAGS, scratch.bytes);
	writer->month_s = -1; /* the invoice is the account's */
	return writer->texts[TAGS]->full
		       ? err_set(err, ERR_LIMIT, "tags of task %s are too long", task->task)
		       : 0;
}

static void set_times(struct writer *writer, const struct charge *charge,
		      const struct cost_piece *piece)
{
	int64_t hour_s = cost_grain_begin(COST_HOURS, piece->from_s);
	int64_t month_s = calendar_month_begin(piece->from_s);
	char text[CALENDAR_TEXT_SIZE], invoice[INVOICE_ID_SIZE];

	if (hour_s != writer->hour_s) {
		set(writer, HOUR_START, calendar_time_text(hour_s, text));
		set(writer, HOUR_END, calendar_time_text(hour_s + CALENDAR_HOUR_S, text));
		writer->hour_s = hour_s;
	}
	if (month_s != writer->month_s) {
		set(writer, PERIOD_START, calendar_time_text(month_s, text));
		set(writer, PERIOD_END, calendar_time_text(calendar_month_end(month_s), text));
		set(writer, INVOICE, invoice_id(charge->task.account, month_s, invoice));
		writer->month_s = month_s;
	}
}

static void set_meter(struct writer *writer, const struct charge *charge,
		      const struct cost_piece *piece)
{
	const char *type = usage_type_name(&charge->task, piece->meter);
	char price[FOCUS_NUMBER_SIZE];
	char vcpu[FOCUS_NUMBER_SIZE];
	char text[256];

	set(writer, UNIT, units[piece->meter]);
	set(writer, SKU, type);
	set(writer, SKU_METER, sku_meters[piece->meter]);
	(void)focus_number((__int128)piece->rate.list_nano * piece->rate.share,
			   NANO_DECIMALS + SHARE_DECIMALS, price);
	(void)snprintf(text, sizeof(text), "%s@%s", type, price);
	set(writer, SKU_PRICE, text);
	if (piece->meter == METER_VCPU) {
		(void)focus_number(charge->quantity[METER_VCPU], 3, vcpu);
		(void)snprintf(text, sizeof(text), "%s vCPU of a task%s", vcpu,
			       piece->correction ? ", corrected" : "");
	} else {
		(void)snprintf(text, sizeof(text), "%lld %s of a task%s",
			       (long long)charge->quantity[piece->meter],
			       piece->meter == METER_MEMORY ? "MiB of memory"
							    : "GiB of storage above 20",
			       piece->correction ? ", corrected" : "");
	}
	set(writer, DESCRIPTION, text);
}

/* Hours of @amount in units of 10^-12, half to even. */
static __int128 hours_of(enum meter meter, __int128 amount)
{
	static const int64_t amount_per_hour[METER_COUNT] = {
		[METER_VCPU] = 1000 * 3600LL,
		[METER_MEMORY] = 1024 * 3600LL,
		[METER_STORAGE] = 3600LL,
	};
	__int128 scaled = (amount < 0 ? -amount : amount) * 1000000000000LL;
	__int128 by = amount_per_hour[meter];
	__int128 hours = scaled / by;
	__int128 twice = 2 * (scaled % by);

	hours += twice > by || (twice == by && hours % 2 == 1);
	return amount < 0 ? -hours : hours;
}

static void set_money(struct writer *writer, const struct cost_piece *piece)
{
	__int128 hours = hours_of(piece->meter, piece->amount);
	__int128 list = piece->rate.list_nano;
	__int128 contracted = list * piece->rate.share;

	set_number(writer, COST, piece->cost_nano, NANO_DECIMALS);
	set_number(writer, CONSUMED, hours, QUANTITY_DECIMALS);
	set(writer, CLASS, piece->correction ? "Correction" : "");
	if (piece->correction) {
		/* A difference of sums of several prices: it has no price of its own. */
		set_number(writer, LIST_COST, piece->cost_nano, NANO_DECIMALS);
		set_number(writer, CONTRACTED_COST, piece->cost_nano, NANO_DECIMALS);
		set(writer, LIST_PRICE, "");
		set(writer, CONTRACTED_PRICE, "");
		set(writer, QUANTITY, "");
		set(writer, PRICED_UNIT, "");
		return;
	}
	set_number(writer, QUANTITY, hours, QUANTITY_DECIMALS);
	set(writer, PRICED_UNIT, units[piece->meter]);
	set_number(writer, LIST_PRICE, list, NANO_DECIMALS);
	set_number(writer, CONTRACTED_PRICE, contracted, NANO_DECIMALS + SHARE_DECIMALS);
	set_number(writer, LIST_COST, list * hours, NANO_DECIMALS + QUANTITY_DECIMALS);
	set_number(writer, CONTRACTED_COST, contracted * hours,
		   NANO_DECIMALS + SHARE_DECIMALS + QUANTITY_DECIMALS);
}

/* --- rows --- */

static int flush(struct writer *writer, struct err *err)
{
	if (writer->bytes.len > 0 &&
	    fwrite(writer->bytes.data, 1, writer->bytes.len, writer->out) != writer->bytes.len)
		return err_sys(err, errno, "write the bill");
	buf_clear(&writer->bytes);
	return 0;
}

static int write_row(struct writer *writer, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		const struct focus_text *text = writer->texts[columns[i].source];
		bool fixed = columns[i].source == FIXED;
		const char *bytes = fixed ? columns[i].fixed : text->bytes;
		size_t len = fixed ? strlen(bytes) : text->len;

		if ((i > 0 && buf_append(&writer->bytes, ",", 1, err) < 0) ||
		    buf_append(&writer->bytes, bytes, len, err) < 0)
			return -1;
	}
	if (buf_append(&writer->bytes, "\r\n", 2, err) < 0)
		return -1;
	return writer->bytes.len >= WRITE_AT ? flush(writer, err) : 0;
}

static int write_head(struct writer *writer, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		if ((i > 0 && buf_append_text(&writer->bytes, ",", err) < 0) ||
		    buf_append_text(&writer->bytes, columns[i].name, err) < 0)
			return -1;
	}
	return buf_append_text(&writer->bytes, "\r\n", err);
}

static int write_charge(struct writer *writer, const struct tariff *tariff,
			const struct charge *charge, const struct charge_filter *filter,
			struct err *err)
{
	const struct focus_options *options = writer->options;
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
		if (!begun && set_charge(writer, charge, err) < 0)
			return -1;
		begun = true;
		set_times(writer, charge, &piece);
		set_meter(writer, charge, &piece);
		set_money(writer, &piece);
		if (write_row(writer, err) < 0)
			return -1;
	}
	return rc;
}

static void writer_done(struct writer *writer)
{
	buf_done(&writer->bytes);
	free(writer->accounts);
	for (int source = 0; source < SOURCE_COUNT; source++)
		free(writer->texts[source]);
}

static int write_all(struct writer *writer, struct db *db, const struct tariff *tariff,
		     const struct charge_filter *filter, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct charge charge;
	int rc;

	if (write_head(writer, err) < 0 || charge_scan_open(db, filter, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		if (write_charge(writer, tariff, &charge, filter, err) < 0)
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
	AUTO(writer_done)
	struct writer writer = {.options = options, .out = out, .hour_s = -1, .month_s = -1};

	buf_init(&writer.bytes, BUFFER_MAX);
	for (int source = 0; source < SOURCE_COUNT; source++)
		writer.texts[source] = xcalloc(1, sizeof(*writer.texts[source]));
	if (account_list(db, &writer.accounts, &writer.account_count, err) < 0)
		return -1;
	set(&writer, CURRENCY, price_list_currency(tariff->prices));
	set(&writer, REGION, options->region);
	return write_all(&writer, db, tariff, filter, err);
}
