/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a price list, texts of money, and the list's own text: a JSON document that an invoice
 * keeps, so that a closed month can be counted again when the files have long changed.
 */
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "billing/price_private.h"

#define DECIMALS 9

/* --- asking --- */

static const struct price_table *table_of(const struct price_list *list, const char *account)
{
	for (size_t i = 1; i < list->count; i++) {
		if (strcmp(list->tables[i].account, account) == 0)
			return &list->tables[i];
	}
	return &list->tables[0];
}

/* The price at a second, and when the next one begins; NULL before the first. */
static const struct price *price_at(const struct price_table *table, int64_t at_s,
				    int64_t *ret_until_s)
{
	const struct price *found = NULL;

	*ret_until_s = INT64_MAX;
	for (size_t i = 0; i < table->count; i++) {
		if (table->prices[i].from_s > at_s) {
			*ret_until_s = table->prices[i].from_s;
			break;
		}
		found = &table->prices[i];
	}
	return found;
}

static int no_price(const struct price_table *table, enum meter meter, int64_t at_s,
		    struct err *err)
{
	time_t seconds = at_s;
	struct tm tm;
	char day[16] = "";

	if (gmtime_r(&seconds, &tm))
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return err_set(err, ERR_NOT_FOUND, "the price list%s%s has no price of %s for %s",
		       table->account[0] ? " of account " : "", table->account, meter_name(meter),
		       day);
}

int price_rate_at(const struct price_list *list, const struct price_holder *holder,
		  enum meter meter, int64_t at_s, struct price_rate *ret_rate, int64_t *ret_until_s,
		  struct err *err)
{
	const struct price_table *table = table_of(list, holder->account);
	bool arm = strcmp(holder->architecture, "ARM64") == 0;
	enum price_architecture architecture = arm ? PRICE_ARM64 : PRICE_X86_64;
	const struct price *price = price_at(table, at_s, ret_until_s);

	if (!price)
		return no_price(table, meter, at_s, err);
	ret_rate->list_nano = price->list_nano[architecture][meter];
	ret_rate->share =
		price->share[architecture] * (holder->spot ? price->spot_share : PRICE_PART);
	return 0;
}

int price_minimum_at(const struct price_list *list, const struct price_holder *holder, int64_t at_s,
		     int64_t *ret_seconds, struct err *err)
{
	const struct price_table *table = table_of(list, holder->account);
	int64_t until_s;
	const struct price *price = price_at(table, at_s, &until_s);

	if (!price)
		return no_price(table, METER_VCPU, at_s, err);
	*ret_seconds = price->minimum_seconds;
	return 0;
}

int64_t price_minimum_max(const struct price_list *list)
{
	int64_t max = 0;

	for (size_t i = 0; i < list->count; i++) {
		for (size_t j = 0; j < list->tables[i].count; j++) {
			if (list->tables[i].prices[j].minimum_seconds > max)
				max = list->tables[i].prices[j].minimum_seconds;
		}
	}
	return max;
}

const char *price_list_currency(const struct price_list *list)
{
	return list->currency;
}

const char *price_list_text(const struct price_list *list)
{
	return list->text;
}

/* --- the list's own text --- */

static json_t *numbers_json(const int64_t *numbers, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_integer(numbers[i]));
	return list;
}

static json_t *price_json(const struct price *price)
{
	return json_pack("{s:I, s:I, s:o, s:o, s:o, s:I}", "from", (json_int_t)price->from_s,
			 "minimum", (json_int_t)price->minimum_seconds, "x86",
			 numbers_json(price->list_nano[PRICE_X86_64], METER_COUNT), "arm",
			 numbers_json(price->list_nano[PRICE_ARM64], METER_COUNT), "shares",
			 numbers_json(price->share, PRICE_ARCHITECTURE_COUNT), "spot",
			 (json_int_t)price->spot_share);
}

char *price_list_write(const struct price_list *list)
{
	AUTO(json_decrefp) json_t *tables = json_array();
	AUTO(json_decrefp) json_t *json = NULL;
	char *text;
	size_t len;

	for (size_t i = 0; i < list->count; i++) {
		json_t *prices = json_array();

		for (size_t j = 0; j < list->tables[i].count; j++)
			(void)json_array_append_new(prices, price_json(&list->tables[i].prices[j]));
		(void)json_array_append_new(tables,
					    json_pack("{s:s, s:o}", "account",
						      list->tables[i].account, "prices", prices));
	}
	json = json_pack("{s:s, s:O}", "currency", list->currency, "tables", tables);
	len = json ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;
	if (len == 0)
		abort(); /* only memory can be missing */
	/* Not json_dumps(): its text is not always one for free(). */
	text = xcalloc(len + 1, 1);
	(void)json_dumpb(json, text, len, JSON_COMPACT);
	return text;
}

static bool read_numbers(const json_t *list, int64_t *ret_numbers, size_t count)
{
	if (json_array_size(list) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		ret_numbers[i] = json_integer_value(json_array_get(list, i));
	return true;
}

static bool read_price(const json_t *json, struct price *ret_price)
{
	ret_price->from_s = json_integer_value(json_object_get(json, "from"));
	ret_price->minimum_seconds = json_integer_value(json_object_get(json, "minimum"));
	ret_price->spot_share = json_integer_value(json_object_get(json, "spot"));
	return read_numbers(json_object_get(json, "x86"), ret_price->list_nano[PRICE_X86_64],
			    METER_COUNT) &&
	       read_numbers(json_object_get(json, "arm"), ret_price->list_nano[PRICE_ARM64],
			    METER_COUNT) &&
	       read_numbers(json_object_get(json, "shares"), ret_price->share,
			    PRICE_ARCHITECTURE_COUNT);
}

static bool read_table(const json_t *json, struct price_list *list)
{
	const char *account = json_string_value(json_object_get(json, "account"));
	const json_t *prices = json_object_get(json, "prices");
	struct price_table *table;

	if (!account || strlen(account) >= PRICE_ACCOUNT_SIZE || !json_is_array(prices))
		return false;
	table = price_list_add_table(list, account);
	table->prices = xcalloc(json_array_size(prices) + 1, sizeof(*table->prices));
	for (; table->count < json_array_size(prices); table->count++) {
		if (!read_price(json_array_get(prices, table->count), &table->prices[table->count]))
			return false;
	}
	return true;
}

static bool read_tables(const json_t *json, struct price_list *list)
{
	const char *currency = json_string_value(json_object_get(json, "currency"));
	const json_t *tables = json_object_get(json, "tables");

	if (!currency || strlen(currency) != PRICE_CURRENCY_SIZE - 1 ||
	    json_array_size(tables) == 0)
		return false;
	memcpy(list->currency, currency, PRICE_CURRENCY_SIZE);
	for (size_t i = 0; i < json_array_size(tables); i++) {
		if (!read_table(json_array_get(tables, i), list))
			return false;
	}
	return true;
}

int price_list_parse(const char *text, struct price_list **ret_list, struct err *err)
{
	AUTO(json_decrefp) json_t *json = json_loads(text, 0, NULL);
	AUTO(price_list_freep) struct price_list *list = xcalloc(1, sizeof(*list));

	if (!json || !read_tables(json, list))
		return err_set(err, ERR_CORRUPT, "a kept price list cannot be read");
	list->text = xstrdup(text);
	*ret_list = STEAL(list, NULL);
	return 0;
}

struct price_table *price_list_add_table(struct price_list *list, const char *account)
{
	struct price_table *tables =
		realloc(list->tables, (list->count + 1) * sizeof(*list->tables));

	if (!tables)
		abort();
	list->tables = tables;
	tables[list->count] = (struct price_table){.count = 0};
	(void)snprintf(tables[list->count].account, PRICE_ACCOUNT_SIZE, "%s", account);
	return &tables[list->count++];
}

void price_list_free(struct price_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->tables[i].prices);
	free(list->tables);
	free(list->text);
	free(list);
}

void price_list_freep(struct price_list **list)
{
	price_list_free(*list);
}

/* --- texts of money --- */

static int refuse(const char *text, struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "\"%.40s\" is not a price from 0 to 1000 with at most %d decimals", text,
		       DECIMALS);
}

int price_parse(const char *text, int64_t *ret_nano, struct err *err)
{
	size_t whole = strspn(text, "0123456789");
	size_t decimals = 0;
	int64_t nano = 0;

	if (text[whole] == '.')
		decimals = strspn(text + whole + 1, "0123456789");
	/* Four digits hold the maximum, so that nothing below can overflow. */
	if (whole == 0 || whole > 4 || decimals > DECIMALS)
		return refuse(text, err);
	if (text[whole] == '.' ? decimals == 0 || text[whole + 1 + decimals] != '\0'
			       : text[whole] != '\0')
		return refuse(text, err);
	for (size_t i = 0; i < whole; i++)
		nano = nano * 10 + (text[i] - '0');
	for (size_t i = 0; i < DECIMALS; i++)
		nano = nano * 10 + (i < decimals ? text[whole + 1 + i] - '0' : 0);
	if (nano > PRICE_MAX_NANO)
		return refuse(text, err);
	*ret_nano = nano;
	return 0;
}

char *price_text(int64_t nano, char *ret)
{
	uint64_t size = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;

	(void)snprintf(ret, PRICE_TEXT_SIZE, "%s%" PRIu64 ".%09" PRIu64, nano < 0 ? "-" : "",
		       size / (uint64_t)PRICE_NANO, size % (uint64_t)PRICE_NANO);
	return ret;
}
