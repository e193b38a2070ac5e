/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway bill: what tasks held and what it costs, in a form of your choice. Further words each
 * have a file of their own and a row here.
 */
#include <stdio.h>
#include <string.h>

#include "billing/focus.h"
#include "cli/bill_export.h"
#include "cli/bill_ledger.h"
#include "cli/bill_output.h"
#include "cli/bill_question.h"
#include "cli/bill_task.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/clock.h"

#define USAGE                                                                                      \
	"bill [OPTIONS] | bill task ID | bill export --to TARGET [OPTIONS] | "                     \
	"bill head|verify|seal|correct|close|invoices [OPTIONS]"

static const struct {
	const char *word;
	int (*run)(int argc, char **argv); /* argv[0] is `bill`, argv[1] the word */
} further[] = {
	{"close", bill_ledger}, {"correct", bill_ledger},  {"export", bill_export},
	{"head", bill_ledger},	{"invoices", bill_ledger}, {"seal", bill_ledger},
	{"task", bill_task},	{"verify", bill_ledger},
};

/* --- forms --- */

static int write_table(const struct report *report, const struct bill_output *output,
		       struct err *err)
{
	const struct report_look look = bill_output_look(output);

	return report_table(report, &look, output->out, err);
}

#define AS_WRITER(form)                                                                            \
	static int write_##form(const struct report *report, const struct bill_output *output,     \
				struct err *err)                                                   \
	{                                                                                          \
		return report_##form(report, output->out, err);                                    \
	}
AS_WRITER(csv)
AS_WRITER(json)
AS_WRITER(html)
AS_WRITER(usage_types)

static int write_focus_costs(const struct report *report, const struct bill_output *output,
			     bool doubles, struct err *err)
{
	const struct focus_options options = {.region = report->region,
					      .doubles = doubles,
					      .wanted = report->question.wanted,
					      .ctx = report->question.ctx};

	return focus_write(report->db, report->tariff, report->question.filter, &options,
			   output->out, err);
}

static int write_focus(const struct report *report, const struct bill_output *output,
		       struct err *err)
{
	return write_focus_costs(report, output, false, err);
}

static int write_focus_doubles(const struct report *report, const struct bill_output *output,
			       struct err *err)
{
	return write_focus_costs(report, output, true, err);
}

struct form {
	const char *word;
	int (*write)(const struct report *report, const struct bill_output *output,
		     struct err *err);
	bool takes_by, takes_grain;
};

static const struct form forms[] = {
	{"table", write_table, true, true},
	{"csv", write_csv, true, true},
	{"json", write_json, true, true},
	{"html", write_html, false, true},
	{"focus", write_focus, false, false},
	{"focus-doubles", write_focus_doubles, false, false},
	{"usage-types", write_usage_types, false, false},
};

struct bill_options {
	struct bill_words words;
	const char *format, *output, *prices, *state;
	bool json;
};

static int find_form(const struct bill_options *options, const struct form **ret_form,
		     struct err *err)
{
	const char *word = options->format ? options->format : options->json ? "json" : "table";

	if (options->json && strcmp(word, "json") != 0)
		return err_set(err, ERR_INVALID, "--json is --format json: not with --format %s",
			       word);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (strcmp(forms[i].word, word) != 0)
			continue;
		if (options->words.by && !forms[i].takes_by)
			return err_set(err, ERR_INVALID, "--format %s has no --by", word);
		if (options->words.grain && !forms[i].takes_grain)
			return err_set(err, ERR_INVALID, "--format %s has no --grain", word);
		*ret_form = &forms[i];
		return 0;
	}
	return err_set(
		err, ERR_INVALID,
		"--format must be table, csv, json, html, focus, focus-doubles or usage-types, not"
		" \"%.40s\"",
		word);
}

static int bill(const struct bill_options *options, struct err *err)
{
	AUTO(bill_session_done) struct bill_session session = {0};
	AUTO(bill_question_done) struct bill_question question = {0};
	AUTO(bill_output_done) struct bill_output output = {0};
	const struct form *form;

	if (find_form(options, &form, err) < 0 ||
	    bill_session_open(options->state, options->prices, &session, err) < 0 ||
	    bill_question_read(&options->words, &session, clock_wall_ms() / 1000, &question, err) <
		    0 ||
	    bill_output_open(options->output, &output, err) < 0 ||
	    form->write(&question.report, &output, err) < 0)
		return -1;
	return bill_output_keep(&output, err);
}

static int run(int argc, char **argv)
{
	struct bill_options options = {0};
	struct bill_words *words = &options.words;
	const struct option_row rows[] = {
		{"account", OPTION_TEXT, &words->account, "NAME", "of this account only"},
		{"since", OPTION_TEXT, &words->since, "TIME", "what was held from then on (UTC)"},
		{"until", OPTION_TEXT, &words->until, "TIME", "what was held before"},
		{"month", OPTION_TEXT, &words->month, "YYYY-MM", "of this month"},
		{"by", OPTION_TEXT, &words->by, "KEY[,KEY]",
		 "sums by account, cluster, service, family, task, starter, rule, architecture,"
		 " purchase, usage-type, tag:KEY"},
		{"grain", OPTION_TEXT, &words->grain, "GRAIN", "sums by hour, day, month"},
		{"cluster", OPTION_TEXTS, &words->clusters, "NAME", "of this cluster only"},
		{"family", OPTION_TEXTS, &words->families, "NAME", "of this family only"},
		{"tag", OPTION_TEXTS, &words->tags, "KEY=VALUE", "of what has this tag only"},
		{"format", OPTION_TEXT, &options.format, "FORM",
		 "table, csv, json, html, focus, focus-doubles, usage-types"},
		{"json", OPTION_FLAG, &options.json, NULL, "the same as --format json"},
		{"output", OPTION_TEXT, &options.output, "FILE", "write there"},
		{"prices", OPTION_TEXT, &options.prices, "FILE", "price list"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words rest;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &rest);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (rest.count > 0) {
		fprintf(stderr, "slipway: \"%s\" is not understood here\n", rest.items[0]);
		options_usage(USAGE, stderr);
		return 2;
	}
	if (bill(&options, &err) < 0)
		return state_complain("bill", &err);
	return 0;
}

int cli_bill(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(further); i++) {
		if (strcmp(argv[1], further[i].word) == 0)
			return further[i].run(argc, argv);
	}
	return run(argc, argv);
}
