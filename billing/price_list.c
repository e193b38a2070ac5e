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
 * A day that has one of the lines needs all of them. For ARM a day may have prices of its own
 * (arm_vcpu_hour, arm_gb_hour: both) or a discount (arm_discount = 20%), and for spot one
 * (spot_discount = 70%); without, they cost the same from that day on. Old days stay in
 * the file, so that old usage keeps its price.
 *
 *     account.123456789012 = partner.conf
 *
 * gives an account a list of its own: another file of this form, beside this one, in the same
 * currency. An error names file and line.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "billing/price_private.h"
#include "core/conf.h"
#include "core/file.h"

#define MINIMUM_MAX_SECONDS 86400
#define FILE_MAX	    (1024u * 1024)

enum price_key {
	KEY_VCPU,
	KEY_MEMORY,
	KEY_STORAGE,
	KEY_MINIMUM,
	KEY_ARM_VCPU,
	KEY_ARM_MEMORY,
	KEY_ARM_DISCOUNT,
	KEY_SPOT_DISCOUNT,
	KEY_COUNT
};
#define KEY_REQUIRED_COUNT (KEY_MINIMUM + 1)

struct price_file {
	char *currency;
	struct conf_map values[KEY_COUNT];
	struct conf_map accounts;
};

static const char *const key_names[KEY_COUNT] = {
	[KEY_VCPU] = "vcpu_hour",
	[KEY_MEMORY] = "gb_hour",
	[KEY_STORAGE] = "storage_gb_hour",
	[KEY_MINIMUM] = "minimum_seconds",
	[KEY_ARM_VCPU] = "arm_vcpu_hour",
	[KEY_ARM_MEMORY] = "arm_gb_hour",
	[KEY_ARM_DISCOUNT] = "arm_discount",
	[KEY_SPOT_DISCOUNT] = "spot_discount",
};

#define MAP_ROW(key_text, index, text)                                                             \
	{                                                                                          \
		.key = key_text ".*", .type = CONF_MAP,                                            \
		.offset = offsetof(struct price_file, values[index]), .help = text                 \
	}

static const struct conf_row rows[] = {
	{.key = "currency",
	 .type = CONF_TEXT,
	 .offset = offsetof(struct price_file, currency),
	 .default_value = "USD",
	 .help = "ISO 4217 code"},
	MAP_ROW("vcpu_hour", KEY_VCPU, "one vCPU for an hour, from the day YYYY-MM-DD on"),
	MAP_ROW("gb_hour", KEY_MEMORY, "1 GiB of memory for an hour"),
	MAP_ROW("storage_gb_hour", KEY_STORAGE, "1 GiB of storage above the free 20 for an hour"),
	MAP_ROW("minimum_seconds", KEY_MINIMUM, "the shortest time that is billed of a task"),
	MAP_ROW("arm_vcpu_hour", KEY_ARM_VCPU, "one vCPU of ARM64 for an hour"),
	MAP_ROW("arm_gb_hour", KEY_ARM_MEMORY, "1 GiB of memory beside ARM64 for an hour"),
	MAP_ROW("arm_discount", KEY_ARM_DISCOUNT, "or: so much less than x86, 20%"),
	MAP_ROW("spot_discount", KEY_SPOT_DISCOUNT, "so much less for FARGATE_SPOT, 70%"),
	{.key = "account.*",
	 .type = CONF_MAP,
	 .offset = offsetof(struct price_file, accounts),
	 .help = "the price list of an account of its own: a file beside this one"},
};
static const struct conf_table table = {rows, ARRAY_LEN(rows)};

static void file_done(struct price_file *file)
{
	conf_done(&table, file);
}

/* --- where an error is --- */

static bool is_key(const char *line, const char *key)
{
	size_t len = strlen(key);

	line += strspn(line, " \t");
	return strncmp(line, key, len) == 0 && strspn(line + len, " \t=") > 0;
}

/* The number of the line that sets @key; 0 if none does. */
static int line_of(const char *path, const char *key)
{
	AUTO(buf_done) struct buf text;
	struct err err;
	const char *line;
	int number = 1;

	buf_init(&text, FILE_MAX);
	if (file_read(path, &text, &err) < 0)
		return 0;
	for (line = buf_text(&text); line; number++) {
		if (is_key(line, key))
			return number;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return 0;
}

/* Put the file and the line of @name.@day in front of what is wrong; returns -1. */
static int at_line(const char *path, const char *name, const char *day, struct err *err)
{
	AUTO(freep) char *key = xasprintf("%s.%s", name, day);
	int line = line_of(path, key);

	return err_wrap(err, "%s:%d: %s", path, line, key);
}

/* --- values --- */

static int parse_day(const char *text, int64_t *ret_s, struct err *err)
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
			*ret_s = (int64_t)seconds;
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

/* "70%", "12.5%": what is left of the price, in ten thousandths. */
static int parse_discount(const char *text, int64_t *ret_share, struct err *err)
{
	size_t len = strlen(text);
	AUTO(freep) char *number = xstrndup(text, len > 0 ? len - 1 : 0);
	struct err unused;
	int64_t nano;

	if (len == 0 || text[len - 1] != '%' || price_parse(number, &nano, &unused) < 0 ||
	    nano > 100 * PRICE_NANO || nano % (PRICE_NANO / 100) != 0)
		return err_set(err, ERR_INVALID,
			       "\"%.40s\" is not a share from 0%% to 100%% with at most 2 decimals",
			       text);
	*ret_share = PRICE_PART - nano / (PRICE_NANO / 100);
	return 0;
}

/* --- one day --- */

struct day {
	const char *path;
	const struct price_file *file;
	const char *day;
	struct price *price;
};

static const char *value_of(const struct day *day, enum price_key key)
{
	return conf_map_get(&day->file->values[key], day->day);
}

static int read_number(const struct day *day, enum price_key key, int64_t *ret_nano,
		       struct err *err)
{
	if (price_parse(value_of(day, key), ret_nano, err) < 0)
		return at_line(day->path, key_names[key], day->day, err);
	return 0;
}

static int read_list_prices(const struct day *day, struct err *err)
{
	int64_t *x86 = day->price->list_nano[PRICE_X86_64];
	int64_t *arm = day->price->list_nano[PRICE_ARM64];

	if (read_number(day, KEY_VCPU, &x86[METER_VCPU], err) < 0 ||
	    read_number(day, KEY_MEMORY, &x86[METER_MEMORY], err) < 0 ||
	    read_number(day, KEY_STORAGE, &x86[METER_STORAGE], err) < 0)
		return -1;
	memcpy(arm, x86, sizeof(day->price->list_nano[PRICE_ARM64]));
	if (!value_of(day, KEY_ARM_VCPU))
		return 0;
	if (read_number(day, KEY_ARM_VCPU, &arm[METER_VCPU], err) < 0 ||
	    read_number(day, KEY_ARM_MEMORY, &arm[METER_MEMORY], err) < 0)
		return -1;
	return 0;
}

/* Another key of the same day, or none of the two. */
static int check_arm(const struct day *day, struct err *err)
{
	const char *vcpu = value_of(day, KEY_ARM_VCPU);
	const char *memory = value_of(day, KEY_ARM_MEMORY);

	if (!vcpu != !memory) {
		(void)err_set(err, ERR_INVALID, "%s.%s is missing",
			      key_names[vcpu ? KEY_ARM_MEMORY : KEY_ARM_VCPU], day->day);
		return at_line(day->path, key_names[vcpu ? KEY_ARM_VCPU : KEY_ARM_MEMORY], day->day,
			       err);
	}
	if (vcpu && value_of(day, KEY_ARM_DISCOUNT)) {
		(void)err_set(err, ERR_INVALID, "the same day has %s", key_names[KEY_ARM_VCPU]);
		return at_line(day->path, key_names[KEY_ARM_DISCOUNT], day->day, err);
	}
	return 0;
}

static int read_discount(const struct day *day, enum price_key key, int64_t *ret_share,
			 struct err *err)
{
	const char *text = value_of(day, key);

	*ret_share = PRICE_PART;
	if (text && parse_discount(text, ret_share, err) < 0)
		return at_line(day->path, key_names[key], day->day, err);
	return 0;
}

static int read_day(const struct day *day, struct err *err)
{
	if (parse_day(day->day, &day->price->from_s, err) < 0)
		return at_line(day->path, key_names[KEY_VCPU], day->day, err);
	for (int key = 0; key < KEY_REQUIRED_COUNT; key++) {
		if (value_of(day, (enum price_key)key))
			continue;
		(void)err_set(err, ERR_INVALID, "%s.%s is missing", key_names[key], day->day);
		return at_line(day->path, key_names[KEY_VCPU], day->day, err);
	}
	if (parse_minimum(value_of(day, KEY_MINIMUM), &day->price->minimum_seconds, err) < 0)
		return at_line(day->path, key_names[KEY_MINIMUM], day->day, err);
	day->price->share[PRICE_X86_64] = PRICE_PART;
	if (check_arm(day, err) < 0 || read_list_prices(day, err) < 0 ||
	    read_discount(day, KEY_ARM_DISCOUNT, &day->price->share[PRICE_ARM64], err) < 0)
		return -1;
	return read_discount(day, KEY_SPOT_DISCOUNT, &day->price->spot_share, err);
}

/* --- a file --- */

/* The days of the first key are all there are. */
static int check_days(const char *path, const struct price_file *file, struct err *err)
{
	const struct conf_map *days = &file->values[KEY_VCPU];

	if (days->count == 0)
		return err_set(err, ERR_INVALID, "%s: there is no price (%s.YYYY-MM-DD = ...)",
			       path, key_names[KEY_VCPU]);
	for (int key = KEY_VCPU + 1; key < KEY_COUNT; key++) {
		const struct conf_map *map = &file->values[key];

		for (size_t i = 0; i < map->count; i++) {
			if (conf_map_get(days, map->pairs[i].name))
				continue;
			(void)err_set(err, ERR_INVALID, "%s.%s is missing", key_names[KEY_VCPU],
				      map->pairs[i].name);
			return at_line(path, key_names[key], map->pairs[i].name, err);
		}
	}
	return 0;
}

static int check_currency(const char *path, const char *text, struct err *err)
{
	if (strlen(text) != PRICE_CURRENCY_SIZE - 1 ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != PRICE_CURRENCY_SIZE - 1)
		return err_set(err, ERR_INVALID, "%s:%d: currency must be three capital letters",
			       path, line_of(path, "currency"));
	return 0;
}

static int compare_days(const void *a, const void *b)
{
	int64_t left = ((const struct price *)a)->from_s;
	int64_t right = ((const struct price *)b)->from_s;

	return (left > right) - (left < right);
}

static int fill_table(const char *path, const struct price_file *file, struct price_table *to,
		      struct err *err)
{
	const struct conf_map *days = &file->values[KEY_VCPU];

	if (check_currency(path, file->currency, err) < 0 || check_days(path, file, err) < 0)
		return -1;
	to->prices = xcalloc(days->count, sizeof(*to->prices));
	for (; to->count < days->count; to->count++) {
		const struct day day = {path, file, days->pairs[to->count].name,
					&to->prices[to->count]};

		if (read_day(&day, err) < 0)
			return -1;
	}
	qsort(to->prices, to->count, sizeof(*to->prices), compare_days);
	return 0;
}

static int read_file(const char *path, struct price_file *file, struct err *err)
{
	if (conf_defaults(&table, file, err) < 0)
		return -1;
	return conf_read(&table, NULL, path, file, err);
}

/* --- accounts' own --- */

/* @name beside the file @path. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	if (name[0] == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - path), path, name);
}

static int read_account(const char *path, const struct conf_pair *pair, struct price_list *list,
			struct err *err)
{
	AUTO(freep) char *own_path = beside(path, pair->value);
	AUTO(file_done) struct price_file file = {0};

	if (strlen(pair->name) != PRICE_ACCOUNT_SIZE - 1 ||
	    strspn(pair->name, "0123456789") != PRICE_ACCOUNT_SIZE - 1) {
		(void)err_set(err, ERR_INVALID, "an account is twelve digits");
		return at_line(path, "account", pair->name, err);
	}
	if (read_file(own_path, &file, err) < 0 ||
	    fill_table(own_path, &file, price_list_add_table(list, pair->name), err) < 0)
		return -1;
	if (strcmp(file.currency, list->currency) != 0)
		return err_set(err, ERR_INVALID, "%s:%d: currency must be %s, as in %s", own_path,
			       line_of(own_path, "currency"), list->currency, path);
	if (file.accounts.count > 0) {
		(void)err_set(err, ERR_INVALID, "an account's own list has no lists below it");
		return at_line(own_path, "account", file.accounts.pairs[0].name, err);
	}
	return 0;
}

int price_list_read(const char *path, struct price_list **ret_list, struct err *err)
{
	AUTO(price_list_freep) struct price_list *list = xcalloc(1, sizeof(*list));
	AUTO(file_done) struct price_file file = {0};

	if (read_file(path, &file, err) < 0 ||
	    fill_table(path, &file, price_list_add_table(list, ""), err) < 0)
		return err_wrap(err, "price list");
	memcpy(list->currency, file.currency, PRICE_CURRENCY_SIZE);
	for (size_t i = 0; i < file.accounts.count; i++) {
		if (read_account(path, &file.accounts.pairs[i], list, err) < 0)
			return err_wrap(err, "price list");
	}
	list->text = price_list_write(list);
	*ret_list = STEAL(list, NULL);
	return 0;
}
