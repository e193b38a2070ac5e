/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text is made when what it says changes: those of an account, a month, an hour when the next
 * begins; those of a price lie on a card that is kept for all charges of its kind. `now` says for
 * each field which text it is at the moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/focus_private.h"
#include "billing/usage_type.h"
#include "store/account.h"

#define QUANTITY_DECIMALS 12
#define QUANTITY_WHOLE	  1000000000000ULL
#define NANO_DECIMALS	  9
#define SHARE_DECIMALS	  8 /* PRICE_WHOLE */

_Static_assert(PRICE_WHOLE == 100000000, "a share has SHARE_DECIMALS");

#define AS_SIZE(name, size) [FOCUS_##name] = (size),
static const size_t sizes[FOCUS_SOURCE_COUNT] = {FOCUS_SOURCES(AS_SIZE)};

size_t focus_field_max(enum focus_source source)
{
	return sizes[source];
}

/* FOCUS calls 2^30 bytes by their name. */
static const struct {
	const char *unit, *meter, *size; /* @size: behind the number in a description */
	int64_t amount_per_hour;	 /* quantity x seconds of one unit's hour */
} meters[METER_COUNT] = {
	[METER_VCPU] = {"vCPU-Hours", "vCPU", " vCPU of a task", 1000 * 3600LL},
	[METER_MEMORY] = {"GiB-Hours", "Memory", " MiB of memory of a task", 1024 * 3600LL},
	[METER_STORAGE] = {"GiB-Hours", "Ephemeral Storage", " GiB of storage above 20 of a task",
			   3600LL},
};

/* --- texts --- */

static struct focus_text *begin(struct focus_fields *fields, enum focus_source source)
{
	focus_text_clear(&fields->own[source]);
	return &fields->own[source];
}

static void set(struct focus_fields *fields, enum focus_source source, const char *field)
{
	focus_text_field(begin(fields, source), field);
}

/* What stands in the scratch. */
static void set_scratch(struct focus_fields *fields, enum focus_source source)
{
	set(fields, source, focus_text_end(&fields->scratch));
}

static struct focus_text *begin_scratch(struct focus_fields *fields)
{
	focus_text_clear(&fields->scratch);
	return &fields->scratch;
}

/* --- accounts, months, hours --- */

static const char *account_name(const struct focus_fields *fields, const char *id)
{
	for (size_t i = 0; i < fields->account_count; i++) {
		if (strcmp(fields->accounts[i].id, id) == 0)
			return fields->accounts[i].name;
	}
	return id;
}

static void set_account(struct focus_fields *fields, const char *id)
{
	if (strcmp(fields->account, id) == 0)
		return;
	(void)snprintf(fields->account, sizeof(fields->account), "%s", id);
	set(fields, FOCUS_ACCOUNT, id);
	set(fields, FOCUS_ACCOUNT_NAME, account_name(fields, id));
	fields->has_invoice = false;
}

static void set_month(struct focus_fields *fields, int64_t at_s)
{
	char text[CALENDAR_TEXT_SIZE], invoice[INVOICE_ID_SIZE];

	if (at_s < fields->month_s || at_s >= fields->month_end_s) {
		fields->month_s = calendar_month_begin(at_s);
		fields->month_end_s = calendar_month_end(at_s);
		set(fields, FOCUS_PERIOD_START, calendar_time_text(fields->month_s, text));
		set(fields, FOCUS_PERIOD_END, calendar_time_text(fields->month_end_s, text));
		fields->has_invoice = false;
	}
	if (!fields->has_invoice)
		set(fields, FOCUS_INVOICE, invoice_id(fields->account, at_s, invoice));
	fields->has_invoice = true;
}

static void set_hour(struct focus_fields *fields, int64_t at_s)
{
	char text[CALENDAR_TEXT_SIZE];

	if (at_s >= fields->hour_s && at_s < fields->hour_s + CALENDAR_HOUR_S)
		return;
	fields->hour_s = calendar_floor(at_s, CALENDAR_HOUR_S);
	set(fields, FOCUS_HOUR_START, calendar_time_text(fields->hour_s, text));
	set(fields, FOCUS_HOUR_END, calendar_time_text(fields->hour_s + CALENDAR_HOUR_S, text));
}

/* --- charges --- */

int focus_fields_charge(struct focus_fields *fields, const struct charge *charge, struct err *err)
{
	const struct ledger_task *task = &charge->task;
	struct focus_text *text = begin_scratch(fields);

	set_account(fields, task->account);
	focus_text_put(text, "arn:aws:ecs:");
	focus_text_put(text, fields->options->region);
	focus_text_put(text, ":");
	focus_text_put(text, task->account);
	focus_text_put(text, ":task/");
	focus_text_put(text, task->cluster);
	focus_text_put(text, "/");
	focus_text_put(text, task->task);
	set_scratch(fields, FOCUS_RESOURCE_ID);
	text = begin_scratch(fields);
	focus_text_put(text, task->family);
	focus_text_put(text, ":");
	focus_text_number(text, task->revision, 0);
	set_scratch(fields, FOCUS_RESOURCE_NAME);
	if (focus_tags(charge, begin_scratch(fields), err) < 0)
		return -1;
	set_scratch(fields, FOCUS_TAGS);
	for (int source = 0; source < FOCUS_CARD_FIRST; source++) {
		if (fields->own[source].full)
			return err_set(err, ERR_LIMIT, "names or tags of task %s are too long",
				       task->task);
	}
	return 0;
}

/* --- prices --- */

static struct focus_text *on_card(struct focus_card *card, enum focus_source source)
{
	return &card->texts[source - FOCUS_CARD_FIRST];
}

static void fill_card(struct focus_fields *fields, struct focus_card *card,
		      const struct ledger_task *task, const struct cost_piece *piece)
{
	const char *sku = usage_type_name(task, piece->meter);
	__int128 contracted = (__int128)piece->rate.list_nano * piece->rate.share;
	struct focus_text *details = begin_scratch(fields);

	card->list_nano = piece->rate.list_nano;
	card->share = piece->rate.share;
	(void)snprintf(card->architecture, sizeof(card->architecture), "%s", task->architecture);
	for (int i = 0; i < FOCUS_CARD_COUNT; i++)
		focus_text_clear(&card->texts[i]);
	focus_text_put(on_card(card, FOCUS_CATEGORY), task->spot ? "Dynamic" : "Standard");
	focus_text_put(on_card(card, FOCUS_UNIT), meters[piece->meter].unit);
	focus_text_put(on_card(card, FOCUS_SKU), sku);
	focus_text_put(on_card(card, FOCUS_SKU_METER), meters[piece->meter].meter);
	focus_text_number(on_card(card, FOCUS_LIST_PRICE), card->list_nano, NANO_DECIMALS);
	focus_text_number(on_card(card, FOCUS_CONTRACTED_PRICE), contracted,
			  NANO_DECIMALS + SHARE_DECIMALS);
	focus_text_put(on_card(card, FOCUS_SKU_PRICE), sku);
	focus_text_put(on_card(card, FOCUS_SKU_PRICE), "@");
	focus_text_number(on_card(card, FOCUS_SKU_PRICE), contracted,
			  NANO_DECIMALS + SHARE_DECIMALS);
	focus_text_put(details, "{\"OperatingSystem\":\"Linux\",\"x_Architecture\":");
	focus_text_json(details, card->architecture);
	focus_text_put(details, "}");
	focus_text_field(on_card(card, FOCUS_SKU_DETAILS), focus_text_end(details));
}

static void set_price(struct focus_fields *fields, const struct charge *charge,
		      const struct cost_piece *piece)
{
	const struct ledger_task *task = &charge->task;
	int arm = strcmp(task->architecture, "ARM64") == 0;
	struct focus_card *card = &fields->cards[(piece->meter * 2 + task->spot) * 2 + arm];

	if (card->list_nano != piece->rate.list_nano || card->share != piece->rate.share ||
	    strcmp(card->architecture, task->architecture) != 0)
		fill_card(fields, card, task, piece);
	for (int i = 0; i < FOCUS_CARD_COUNT; i++)
		fields->now[FOCUS_CARD_FIRST + i] = &card->texts[i];
}

/* --- pieces --- */

static void set_description(struct focus_fields *fields, const struct charge *charge,
			    const struct cost_piece *piece)
{
	struct focus_text *text = begin(fields, FOCUS_DESCRIPTION);

	focus_text_number(text, charge->quantity[piece->meter], piece->meter == METER_VCPU ? 3 : 0);
	focus_text_put(text, meters[piece->meter].size);
	focus_text_put(text, piece->correction ? "; corrected" : "");
}

/* Hours of @amount in units of 10^-12, half to even. */
static __int128 hours_of(enum meter meter, int64_t amount)
{
	uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
	uint64_t by = (uint64_t)meters[meter].amount_per_hour;
	uint64_t scaled = size % by * QUANTITY_WHOLE; /* below 2^63 */
	uint64_t part = scaled / by;
	uint64_t twice = 2 * (scaled % by);
	__int128 hours = (__int128)(size / by) * QUANTITY_WHOLE + part;

	hours += twice > by || (twice == by && part % 2 == 1);
	return amount < 0 ? -hours : hours;
}

/* What a reader has who takes the text of a number for a double. */
static double as_double(__int128 value, int decimals)
{
	char text[FOCUS_NUMBER_SIZE];

	(void)focus_number(value, decimals, text);
	return strtod(text, NULL);
}

static void set_cost(struct focus_fields *fields, enum focus_source source, __int128 price,
		     int decimals, __int128 hours)
{
	struct focus_text *text = begin(fields, source);

	if (fields->options->doubles)
		focus_text_double(text,
				  as_double(price, decimals) * as_double(hours, QUANTITY_DECIMALS));
	else
		focus_text_number(text, price * hours, decimals + QUANTITY_DECIMALS);
	fields->now[source] = text;
}

/* A difference of sums of several prices has no price of its own, and costs what it costs. */
static void set_correction(struct focus_fields *fields)
{
	fields->now[FOCUS_LIST_PRICE] = fields->now[FOCUS_CONTRACTED_PRICE] = &fields->empty;
	fields->now[FOCUS_LIST_COST] = fields->now[FOCUS_CONTRACTED_COST] =
		&fields->own[FOCUS_COST];
}

static void set_money(struct focus_fields *fields, const struct cost_piece *piece)
{
	__int128 hours = hours_of(piece->meter, piece->amount);
	__int128 list = piece->rate.list_nano;

	focus_text_number(begin(fields, FOCUS_COST), piece->cost_nano, NANO_DECIMALS);
	focus_text_number(begin(fields, FOCUS_QUANTITY), hours, QUANTITY_DECIMALS);
	focus_text_put(begin(fields, FOCUS_CLASS), piece->correction ? "Correction" : "");
	if (piece->correction) {
		set_correction(fields);
		return;
	}
	set_cost(fields, FOCUS_LIST_COST, list, NANO_DECIMALS, hours);
	fields->now[FOCUS_CONTRACTED_COST] = &fields->own[FOCUS_LIST_COST];
	if (piece->rate.share != PRICE_WHOLE)
		set_cost(fields, FOCUS_CONTRACTED_COST, list * piece->rate.share,
			 NANO_DECIMALS + SHARE_DECIMALS, hours);
}

/* --- the verbs --- */

static void init_texts(struct focus_fields *fields)
{
	focus_text_init(&fields->scratch, FOCUS_TAGS_MAX);
	focus_text_init(&fields->empty, 0);
	for (int source = 0; source < FOCUS_SOURCE_COUNT; source++) {
		focus_text_init(&fields->own[source], sizes[source]);
		fields->now[source] = &fields->own[source];
	}
	for (size_t card = 0; card < FOCUS_CARDS; card++) {
		for (int i = 0; i < FOCUS_CARD_COUNT; i++)
			focus_text_init(&fields->cards[card].texts[i], FOCUS_PRICE);
	}
}

int focus_fields_init(struct focus_fields *fields, struct db *db,
		      const struct focus_options *options, const char *currency, struct err *err)
{
	*fields = (struct focus_fields){.options = options, .hour_s = INT64_MIN};
	init_texts(fields);
	set(fields, FOCUS_CURRENCY, currency);
	set(fields, FOCUS_REGION, options->region);
	return account_list(db, &fields->accounts, &fields->account_count, err);
}

void focus_fields_done(struct focus_fields *fields)
{
	focus_text_done(&fields->scratch);
	focus_text_done(&fields->empty);
	for (int source = 0; source < FOCUS_SOURCE_COUNT; source++)
		focus_text_done(&fields->own[source]);
	for (size_t card = 0; card < FOCUS_CARDS; card++) {
		for (int i = 0; i < FOCUS_CARD_COUNT; i++)
			focus_text_done(&fields->cards[card].texts[i]);
	}
	free(fields->accounts);
}

void focus_fields_piece(struct focus_fields *fields, const struct charge *charge,
			const struct cost_piece *piece)
{
	set_month(fields, piece->from_s);
	set_hour(fields, piece->from_s);
	set_price(fields, charge, piece);
	set_description(fields, charge, piece);
	set_money(fields, piece);
}
