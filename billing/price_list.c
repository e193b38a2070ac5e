/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A price list is a configuration file: a currency, and for each day on which prices
 * changed one line a price and one for the shortest time that is billed:
 *
 *     currency = USD
 *     vcpu_hour.2019-01-07 = 0.04048
 *     gb_hour.2019-01-07 = 0.004445
 *     storage_gb_hour.2019-01-07 = 0.000111
 *     minimum_seconds.2019-01-07 = 60
 *
 * A day that has one of the lines needs all of them. Old days stay in the file, so
 * that old usage keeps its price.
 */
#include <string.h>
#include <time.h>

#include "billing/price.h"
#include "core/conf.h"

#define MINIMUM_MAX_SECONDS 86400

struct price_file {
	char *currency;
	struct conf_map per_hour[METER_COUNT];
	struct conf_map minimum;
};

static const struct conf_row rows[] = {
	{.key = "currency",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct price_file, currency),
	 .default_value = "USD",
	 .help = "ISO 4217 code"},
	{.key = "vcpu_hour.*",
	 .type = CONF_MAP,
	 .offset = offsetof(struct price_file, per_hour[METER_VCPU]),
	 .help = "one vCPU for an hour, from the day YYYY-MM-DD on"},
	{.key = "gb_hour.*",
	 .type = CONF_MAP,
	 .offset = offsetof(struct price_file, per_hour[METER_MEMORY]),
	 .help = "1 GiB of memory for an hour"},
	{.key = "storage_gb_hour.*",
	 .type = CONF_MAP,
	 .offset = offsetof(struct price_file, per_hour[METER_STORAGE]),
	 .help = "1 GiB of storage above the free 20 for an hour"},
	{.key = "minimum_seconds.*",
	 .type = CONF_MAP,
	 .offset = offsetof(struct price_file, minimum),
	 .help = "the shortest time that is billed of a task"},
};
static const struct conf_table table = {rows, ARRAY_LEN(rows)};

static const char *const price_keys[METER_COUNT] = {
	[METER_VCPU] = "vcpu_hour",
	[METER_MEMORY] = "gb_hour",
	[METER_STORAGE] = "storage_gb_hour",
};

static void file_done(struct price_file *file)
{
	conf_done(&table, file);
}

static int parse_day(const char *text, int64_t *ret_ms, struct err *err)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	char again[16] = "";
	time_t seconds;

	/* Written back it must be the same: "2026-2-30" is read by the library too. */
	if (end && *end == '\0') {
		seconds = timegm(&tm);
		if (strftime(again, sizeof(again), "%Y-%m-%d", &tm) > 0 &&
		    strcmp(again, text) == 0) {
			*ret_ms = (int64_t)seconds * 1000;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "\"%s\" is not a day like 2026-01-31", text);
}

static int parse_minimum(const char *text, int64_t *ret_seconds, struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	long seconds = digits > 0 && digits <= 5 ? strtol(text, NULL, 10) : 0;

	if (text[digits] != '\0' || seconds < 1 || seconds > MINIMUM_MAX_SECONDS)
		return err_set(err, ERR_INVALID, "\"%s\" is not a number from 1 to %d", text,
			       MINIMUM_MAX_SECONDS);
	*ret_seconds = seconds;
	return 0;
}

static int read_price(const struct price_file *file, const char *day, struct price *ret_price,
		      struct err *err)
{
	const char *minimum = conf_map_get(&file->minimum, day);

	if (parse_day(day, &ret_price->valid_from_ms, err) < 0)
		return -1;
	for (size_t meter = 0; meter < METER_COUNT; meter++) {
		const char *text = conf_map_get(&file->per_hour[meter], day);

		if (!text)
			return err_set(err, ERR_INVALID, "%s.%s is missing", price_keys[meter],
				       day);
		if (price_parse(text, &ret_price->per_hour_nano[meter], err) < 0)
			return err_wrap(err, "%s.%s", price_keys[meter], day);
	}
	if (!minimum)
		return err_set(err, ERR_INVALID, "minimum_seconds.%s is missing", day);
	if (parse_minimum(minimum, &ret_price->minimum_seconds, err) < 0)
		return err_wrap(err, "minimum_seconds.%s", day);
	return 0;
}

/* Every day of every key has its price: the days of the first key are all there are. */
static int check_days(const struct price_file *file, struct err *err)
{
	const struct conf_map *days = &file->per_hour[METER_VCPU];
	const struct conf_map *others[] = {&file->per_hour[METER_MEMORY],
					   &file->per_hour[METER_STORAGE], &file->minimum};

	if (days->count == 0)
		return err_set(err, ERR_INVALID, "there is no price");
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		for (size_t j = 0; j < others[i]->count; j++) {
			if (!conf_map_get(days, others[i]->pairs[j].name))
				return err_set(err, ERR_INVALID, "%s.%s is missing",
					       price_keys[METER_VCPU], others[i]->pairs[j].name);
		}
	}
	return 0;
}

static int check_currency(const char *text, struct err *err)
{
	if (strlen(text) != PRICE_CURRENCY_SIZE - 1 ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != PRICE_CURRENCY_SIZE - 1)
		return err_set(err, ERR_INVALID, "currency must be three capital letters");
	return 0;
}

static int compare_days(const void *a, const void *b)
{
	int64_t left = ((const struct price *)a)->valid_from_ms;
	int64_t right = ((const struct price *)b)->valid_from_ms;

	return (left > right) - (left < right);
}

static int fill_list(const struct price_file *file, struct price_list *list, struct err *err)
{
	const struct conf_map *days = &file->per_hour[METER_VCPU];

	if (check_currency(file->currency, err) < 0 || check_days(file, err) < 0)
		return -1;
	memcpy(list->currency, file->currency, PRICE_CURRENCY_SIZE);
	list->prices = xcalloc(days->count, sizeof(*list->prices));
	for (; list->count < days->count; list->count++) {
		if (read_price(file, days->pairs[list->count].name, &list->prices[list->count],
			       err) < 0)
			return -1;
	}
	qsort(list->prices, list->count, sizeof(*list->prices), compare_days);
	return 0;
}

int price_list_read(const char *path, struct price_list *ret_list, struct err *err)
{
	AUTO(price_list_done) struct price_list list = {0};
	AUTO(file_done) struct price_file file = {0};

	if (conf_defaults(&table, &file, err) < 0)
		return -1;
	if (conf_read(&table, NULL, path, &file, err) < 0)
		return -1;
	if (fill_list(&file, &list, err) < 0)
		return err_wrap(err, "price list %s", path);
	*ret_list = STEAL(list, (struct price_list){0});
	return 0;
}

void price_list_done(struct price_list *list)
{
	free(list->prices);
	*list = (struct price_list){0};
}

const struct price *price_list_at(const struct price_list *list, int64_t wall_ms)
{
	const struct price *found = NULL;

	for (size_t i = 0; i < list->count && list->prices[i].valid_from_ms <= wall_ms; i++)
		found = &list->prices[i];
	return found;
}
