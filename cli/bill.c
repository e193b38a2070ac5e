/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway bill: what tasks held and what it costs.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "billing/report.h"
#include "cli/bill_ledger.h"
#include "cli/price_file.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "store/account.h"
#include "store/task.h"

#define USAGE "bill [--account NAME] [--since TIME] [--until TIME] [--json] | bill task ID [--json]"

/* A line of a report with its texts takes about 600 bytes: a million tasks fit. */
#define BILL_MEMORY (1024u * 1024 * 1024)

struct bill_options {
	const char *account, *since, *until, *prices, *state;
	bool json;
};

/* "2026-01-31" or "2026-01-31T08:00:00Z", in UTC. */
static int parse_time(const char *option, const char *text, int64_t *ret_ms, struct err *err)
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, formats[i], &tm);

		if (end && *end == '\0') {
			*ret_ms = (int64_t)timegm(&tm) * 1000;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID,
		       "--%s must be a time like 2026-01-31 or 2026-01-31T08:00:00Z (UTC)", option);
}

static int make_filter(struct db *db, const struct bill_options *options, struct account *account,
		       struct usage_filter *ret_filter, struct err *err)
{
	if (options->account) {
		if (account_find_by_name(db, options->account, account, err) < 0)
			return -1;
		ret_filter->account = account->id;
	}
	if (options->since && parse_time("since", options->since, &ret_filter->since_ms, err) < 0)
		return -1;
	if (options->until && parse_time("until", options->until, &ret_filter->until_ms, err) < 0)
		return -1;
	return 0;
}

/* Without usage: either it never began to pull, or there is no such task. */
static int explain_nothing(struct db *db, const char *id, struct arena *arena, struct err *err)
{
	struct task task;

	if (task_find(db, NULL, NULL, id, arena, &task, err) < 0)
		return -1;
	printf("task %s costs nothing: no image was pulled for it (%s)\n", id,
	       task_state_name(task.state));
	return 0;
}

static int print(const struct report *report, bool one_task, bool json, struct err *err)
{
	if (json)
		return report_print_json(report, stdout, err);
	if (one_task)
		return report_print_task(report, stdout, err);
	return report_print_table(report, stdout, err);
}

/* @task: id or ARN, or NULL for all. */
static int bill(const struct bill_options *options, const char *task, struct err *err)
{
	AUTO(freep) char *dir = state_dir(options->state);
	AUTO(freep) char *prices_path = NULL;
	AUTO(db_freep) struct db *db = NULL;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	AUTO(arena_freep) struct arena *arena = arena_new(BILL_MEMORY);
	struct usage_filter filter = {0};
	struct account account;
	struct report report;

	if (task && strrchr(task, '/'))
		task = strrchr(task, '/') + 1;
	filter.task = task;
	if (state_open(dir, &db, err) < 0 ||
	    price_file_find(options->prices, dir, &prices_path, err) < 0 ||
	    price_list_read(prices_path, &prices, err) < 0 ||
	    make_filter(db, options, &account, &filter, err) < 0 ||
	    report_make(db, &filter, prices, arena, &report, err) < 0)
		return -1;
	if (task && report.count == 0 && !options->json)
		return explain_nothing(db, task, arena, err);
	return print(&report, task != NULL, options->json, err);
}

int cli_bill(int argc, char **argv)
{
	struct bill_options options = {0};
	const struct option_row rows[] = {
		{"account", OPTION_TEXT, &options.account, "NAME", "of this account only"},
		{"since", OPTION_TEXT, &options.since, "TIME", "tasks that began then or later"},
		{"until", OPTION_TEXT, &options.until, "TIME", "tasks that began before"},
		{"prices", OPTION_TEXT, &options.prices, "FILE", "price list"},
		{"json", OPTION_FLAG, &options.json, NULL, "for programs"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc;

	if (bill_ledger_takes(argc, argv))
		return bill_ledger(argc, argv);
	rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (words.count > 0 && !words_are(&words, "task", 1)) {
		fprintf(stderr, "Usage: slipway " USAGE "\n");
		return 2;
	}
	if (bill(&options, words.count > 0 ? words.items[1] : NULL, &err) < 0)
		return state_complain("bill", &err);
	return 0;
}
