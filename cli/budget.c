/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway budget: what may be spent, and what then happens. The provisioner watches; this command
 * writes the words, and works out by itself what is spent at this moment.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "billing/budget_book.h"
#include "billing/budget_measure.h"
#include "billing/calendar.h"
#include "cli/price_file.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/clock.h"
#include "store/account.h"

#define USAGE                                                                                      \
	"budget set NAME --amount AMOUNT [--per day|month|all] [--account NAME] [--cluster NAME] " \
	"[--family NAME] [--tag KEY=VALUE] [--notify 80,100] [--refuse] [--stop] | budget list "   \
	"[--account NAME] [--json] | budget remove NAME [--account NAME]"

struct budget_options {
	const char *account, *amount, *per, *cluster, *family, *tag, *notify, *prices, *state;
	bool refuse, stop, json;
};

/* --- set, remove --- */

/* "KEY=VALUE", cut at the first '='; the key has none. */
static int read_tag(const char *text, struct budget *budget, char **ret_key, struct err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return err_set(err, ERR_INVALID, "--tag must be KEY=VALUE, not '%.80s'", text);
	*ret_key = xstrndup(text, (size_t)(equals - text));
	budget->tag_key = *ret_key;
	budget->tag_value = equals + 1;
	return 0;
}

static int require_account(struct db *db, const struct budget_options *options,
			   struct account *ret_account, struct err *err)
{
	return account_find_by_name(db, options->account ? options->account : "default",
				    ret_account, err);
}

static int set(struct db *db, const char *name, const struct budget_options *options,
	       struct err *err)
{
	AUTO(freep) char *tag_key = NULL;
	struct account account;
	struct budget budget = {
		.name = name,
		.cluster = options->cluster ? options->cluster : "",
		.family = options->family ? options->family : "",
		.tag_key = "",
		.tag_value = "",
		.refuse = options->refuse || options->stop, /* else one would stop and start */
		.stop = options->stop,
	};

	if (!options->amount)
		return err_set(err, ERR_INVALID, "--amount is missing");
	if (!budget_period_parse(options->per ? options->per : "month", &budget.period))
		return err_set(err, ERR_INVALID, "--per must be day, month or all, not '%.80s'",
			       options->per);
	if (require_account(db, options, &account, err) < 0 ||
	    budget_amount_parse(options->amount, &budget.amount_nano, err) < 0 ||
	    budget_percents_parse(options->notify ? options->notify : "", &budget, err) < 0 ||
	    (options->tag && read_tag(options->tag, &budget, &tag_key, err) < 0))
		return -1;
	if (budget.percent_count == 0 && !budget.refuse)
		return err_set(err, ERR_INVALID,
			       "a budget needs something to do: --notify, --refuse or --stop");
	budget.account = account.id;
	return budget_set(db, &budget, clock_wall_ms(), err);
}

static int drop(struct db *db, const char *name, const struct budget_options *options,
		struct err *err)
{
	struct account account;

	if (require_account(db, options, &account, err) < 0)
		return -1;
	return budget_remove(db, account.id, name, err);
}

/* --- list --- */

/* "cluster c, family f, tag k=v"; the caller frees it. */
static char *scope_text(const struct budget *budget)
{
	AUTO(freep)
	char *tag = budget->tag_key[0] ? xasprintf("tag %s=%s", budget->tag_key, budget->tag_value)
				       : xstrdup("");
	bool cluster = budget->cluster[0], family = budget->family[0];

	if (!cluster && !family && !tag[0])
		return xstrdup("all");
	return xasprintf("%s%s%s%s%s%s%s", cluster ? "cluster " : "", budget->cluster,
			 cluster && (family || tag[0]) ? ", " : "", family ? "family " : "",
			 budget->family, family && tag[0] ? ", " : "", tag);
}

static const char *state_text(const struct budget_line *line)
{
	if (!budget_reached(line->spent_nano, line->stored.amount_nano, 100))
		return "";
	if (line->stored.stop)
		return "spent: stops, refuses";
	return line->stored.refuse ? "spent: refuses" : "spent";
}

static void print_line(const struct budget_line *line, const char *account)
{
	const struct budget *budget = &line->stored;
	AUTO(freep) char *scope = scope_text(budget);
	char amount[PRICE_TEXT_SIZE], spent[PRICE_TEXT_SIZE];
	__int128 percent = (__int128)line->spent_nano * 100 / budget->amount_nano;

	printf("%-14s  %-16s  %-5s  %18s  %18s  %5lld  %-22s  %s\n", account, budget->name,
	       budget_period_name(budget->period), price_text(budget->amount_nano, amount),
	       price_text(line->spent_nano, spent), (long long)percent, state_text(line), scope);
}

static void put_text(json_t *object, const char *key, const char *text)
{
	if (text[0])
		json_object_set_new(object, key, json_string(text));
}

static json_t *line_json(const struct budget_line *line, const char *account, const char *currency)
{
	const struct budget *budget = &line->stored;
	char amount[PRICE_TEXT_SIZE], spent[PRICE_TEXT_SIZE], time[CALENDAR_TEXT_SIZE];
	json_t *percents = json_array();
	json_t *object = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "account", account, "name",
		budget->name, "per", budget_period_name(budget->period), "amount",
		price_text(budget->amount_nano, amount), "spent",
		price_text(line->spent_nano, spent), "currency", currency, "reached",
		line->state.spent || budget_reached(line->spent_nano, budget->amount_nano, 100),
		"refuses", budget->refuse, "stops", budget->stop);

	for (size_t i = 0; i < budget->percent_count; i++)
		json_array_append_new(percents, json_integer(budget->percents[i]));
	json_object_set_new(object, "notify", percents);
	put_text(object, "cluster", budget->cluster);
	put_text(object, "family", budget->family);
	put_text(object, "tagKey", budget->tag_key);
	if (budget->tag_key[0])
		json_object_set_new(object, "tagValue", json_string(budget->tag_value));
	if (budget->period != BUDGET_ALL) {
		put_text(object, "from", calendar_time_text(line->state.from_s, time));
		put_text(object, "until", calendar_time_text(line->state.until_s, time));
	}
	return object;
}

static const char *name_of(const struct account *accounts, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(accounts[i].id, id) == 0)
			return accounts[i].name;
	}
	return id;
}

static int print_lines(struct db *db, const struct budget_book *book,
		       const struct budget_options *options, struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	json_t *objects = json_array();
	const struct budget_line *lines;
	size_t account_count, count;

	if (account_list(db, &accounts, &account_count, err) < 0) {
		json_decref(objects);
		return -1;
	}
	lines = budget_book_lines(book, &count);
	if (!options->json)
		printf("%-14s  %-16s  %-5s  %18s  %18s  %5s  %-22s  %s\n", "ACCOUNT", "NAME", "PER",
		       "AMOUNT", "SPENT", "%", "STATE", "OF");
	for (size_t i = 0; i < count; i++) {
		const char *account = name_of(accounts, account_count, lines[i].stored.account);

		if (options->account && strcmp(options->account, account) != 0)
			continue;
		if (options->json)
			json_array_append_new(
				objects, line_json(&lines[i], account, budget_book_currency(book)));
		else
			print_line(&lines[i], account);
	}
	if (options->json) {
		(void)json_dumpf(objects, stdout, JSON_INDENT(2)); /* as all that is printed */
		(void)putchar('\n');
	}
	json_decref(objects);
	return 0;
}

static int list(struct db *db, const char *dir, const struct budget_options *options,
		struct err *err)
{
	AUTO(freep) char *path = NULL;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	AUTO(budget_book_freep) struct budget_book *book = NULL;
	struct account account;
	int result;

	if ((options->account && require_account(db, options, &account, err) < 0) ||
	    price_file_find(options->prices, dir, &path, err) < 0 ||
	    price_list_read(path, &prices, err) < 0 || db_begin_read(db, err) < 0)
		return -1;
	book = budget_book_new(prices);
	result = budget_book_look(book, db, clock_wall_ms() / 1000, err);
	db_rollback(db);
	return result < 0 ? -1 : print_lines(db, book, options, err);
}

/* --- the verb --- */

static int run(const struct words *words, const struct budget_options *options, struct err *err)
{
	AUTO(freep) char *dir = state_dir(options->state);
	AUTO(db_freep) struct db *db = NULL;

	if (state_open(dir, &db, err) < 0)
		return -1;
	if (words_are(words, "list", 0))
		return list(db, dir, options, err);
	if (words_are(words, "set", 1))
		return set(db, words->items[1], options, err);
	return drop(db, words->items[1], options, err);
}

int cli_budget(int argc, char **argv)
{
	struct budget_options options = {0};
	const struct option_row rows[] = {
		{"account", OPTION_TEXT, &options.account, "NAME", "whose"},
		{"amount", OPTION_TEXT, &options.amount, "AMOUNT", "in the price list's currency"},
		{"per", OPTION_TEXT, &options.per, "PERIOD", "day, month (UTC) or all"},
		{"cluster", OPTION_TEXT, &options.cluster, "NAME", "of tasks in this cluster only"},
		{"family", OPTION_TEXT, &options.family, "NAME", "of tasks of this family only"},
		{"tag", OPTION_TEXT, &options.tag, "KEY=VALUE", "of tasks with this tag only"},
		{"notify", OPTION_TEXT, &options.notify, "LIST", "percents that are events"},
		{"refuse", OPTION_FLAG, &options.refuse, NULL, "launches, once it is spent"},
		{"stop", OPTION_FLAG, &options.stop, NULL, "tasks too"},
		{"prices", OPTION_TEXT, &options.prices, "FILE", "price list"},
		{"json", OPTION_FLAG, &options.json, NULL, "for programs"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "set", 1) && !words_are(&words, "list", 0) &&
	    !words_are(&words, "remove", 1)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	return run(&words, &options, &err) < 0 ? state_complain("budget", &err) : 0;
}
