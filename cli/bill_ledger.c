/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator does with the ledger itself. `head` prints what to keep somewhere else, as
 * POSITION:HASH; `verify --head` is given it later.
 */
#include "cli/bill_ledger.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "billing/calendar.h"
#include "billing/invoice.h"
#include "billing/verify.h"
#include "cli/price_file.h"
#include "cli/state.h"
#include "cli/words.h"
#include "core/clock.h"
#include "store/account.h"

#define USAGE                                                                                      \
	"bill head | bill verify [--head POSITION:HASH] [--json] | bill seal --reason TEXT |"      \
	" bill correct TASK --seconds N --reason TEXT |"                                           \
	" bill close YYYY-MM [--account NAME] | bill invoices"

#define FINDINGS_SHOWN 100

struct ledger_options {
	const char *head, *reason, *seconds, *account, *prices, *state;
	bool json;
};

struct session {
	const struct ledger_options *options;
	const struct words *words;
	struct db *db;
	struct price_list *prices;
	char *dir;
};

static void session_done(struct session *session)
{
	db_free(session->db);
	price_list_free(session->prices);
	free(session->dir);
}

static int session_open(struct session *session, bool with_prices, struct err *err)
{
	AUTO(freep) char *path = NULL;

	session->dir = state_dir(session->options->state);
	if (state_open(session->dir, &session->db, err) < 0)
		return -1;
	if (!with_prices)
		return 0;
	if (price_file_find(session->options->prices, session->dir, &path, err) < 0)
		return -1;
	return price_list_read(path, &session->prices, err);
}

/* --- head --- */

static void print_head(const struct ledger_head *head)
{
	char hash[SHA256_HEX_SIZE];

	hex_encode(head->hash, SHA256_SIZE, hash);
	printf("%" PRId64 ":%s\n", head->position, hash);
}

static int show_head(struct session *session, struct err *err)
{
	struct ledger_head head;

	if (session_open(session, false, err) < 0 || ledger_head_read(session->db, &head, err) < 0)
		return -1;
	print_head(&head);
	return 0;
}

static int parse_head(const char *text, struct ledger_head *ret_head, struct err *err)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18 || text[digits] != ':' ||
	    strlen(text + digits + 1) != SHA256_HEX_SIZE - 1 ||
	    hex_decode(text + digits + 1, SHA256_HEX_SIZE - 1, ret_head->hash, err) < 0)
		return err_set(err, ERR_INVALID,
			       "--head must be POSITION:HASH, as `slipway bill head` prints it");
	ret_head->position = strtoll(text, NULL, 10);
	return 0;
}

/* --- verify --- */

struct findings {
	json_t *list; /* NULL: they are printed */
	int64_t shown;
};

static void show_finding(void *ctx, const struct verify_finding *finding)
{
	struct findings *findings = ctx;

	findings->shown++;
	if (findings->list) {
		(void)json_array_append_new(
			findings->list, json_pack("{s:s, s:I, s:s, s:s}", "source",
						  verify_source_name(finding->source), "position",
						  (json_int_t)finding->position, "task",
						  finding->task, "what", finding->what));
		return;
	}
	if (findings->shown > FINDINGS_SHOWN)
		return;
	printf("%-8s ", verify_source_name(finding->source));
	if (finding->position != 0)
		printf("record %" PRId64 ": ", finding->position);
	if (finding->task[0])
		printf("task %s: ", finding->task);
	printf("%s\n", finding->what);
}

static int print_result_json(const struct verify_result *result, json_t *list)
{
	AUTO(json_decrefp) json_t *json = NULL;
	char hash[SHA256_HEX_SIZE];

	hex_encode(result->head.hash, SHA256_SIZE, hash);
	json = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:O}", "sound",
			 result->findings == 0, "records", (json_int_t)result->records, "tasks",
			 (json_int_t)result->tasks, "seals", (json_int_t)result->seals,
			 "comparedTasks", (json_int_t)result->compared_tasks, "comparedMachines",
			 (json_int_t)result->compared_machines, "invoices",
			 (json_int_t)result->invoices, "headPosition",
			 (json_int_t)result->head.position, "headHash", hash, "findings", list);
	return json && json_dumpf(json, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF ? 0
											     : -1;
}

static void print_result(const struct verify_result *result)
{
	if (result->findings > FINDINGS_SHOWN)
		printf("... and %" PRId64 " more\n", result->findings - FINDINGS_SHOWN);
	printf("%" PRId64 " records of %" PRId64 " tasks; compared with %" PRId64
	       " records of tasks and %" PRId64 " accounts of machines; %" PRId64
	       " invoices; %" PRId64 " seals\n",
	       result->records, result->tasks, result->compared_tasks, result->compared_machines,
	       result->invoices, result->seals);
	if (result->findings == 0)
		printf("sound; its head is ");
	else
		printf("%" PRId64 " findings; its head is ", result->findings);
	print_head(&result->head);
}

/* A broken chain is noted, so that nothing is added behind it. */
static int note_damage(struct db *db, const struct verify_result *result, struct err *err)
{
	if (result->first_broken == 0 || result->head.broken_position != 0)
		return 0;
	printf("nothing is added to the ledger from here on: look at it, then say so with"
	       " `slipway bill seal --reason TEXT`\n");
	return ledger_break(db, result->first_broken, "found by slipway bill verify", err);
}

static int verify(struct session *session, struct err *err)
{
	AUTO(json_decrefp) json_t *list = session->options->json ? json_array() : NULL;
	struct findings findings = {.list = list};
	struct ledger_head exported;
	struct verify_options options = {.found = show_finding, .ctx = &findings};
	struct verify_result result;

	if (session->options->head) {
		if (parse_head(session->options->head, &exported, err) < 0)
			return -1;
		options.exported = &exported;
	}
	if (session_open(session, true, err) < 0)
		return -1;
	options.prices = session->prices;
	if (verify_run(session->db, &options, &result, err) < 0)
		return -1;
	if (session->options->json)
		return print_result_json(&result, list) < 0 || result.findings > 0;
	print_result(&result);
	if (note_damage(session->db, &result, err) < 0)
		return -1;
	return result.findings > 0;
}

/* --- an operator's records --- */

static int need_reason(const struct session *session, struct err *err)
{
	if (!session->options->reason || !session->options->reason[0])
		return err_set(err, ERR_INVALID, "--reason says why: it stays in the ledger");
	return 0;
}

static int seal(struct session *session, struct err *err)
{
	if (need_reason(session, err) < 0 || session_open(session, false, err) < 0)
		return -1;
	return ledger_seal(session->db, session->options->reason, clock_wall_ms(), err);
}

static int correct(struct session *session, struct err *err)
{
	const char *task = session->words->items[1];
	const char *text = session->options->seconds;
	size_t digits = text ? strspn(text, "0123456789") : 0;

	if (digits == 0 || digits > 12 || text[digits] != '\0')
		return err_set(err, ERR_INVALID, "--seconds must be the number to be billed");
	if (need_reason(session, err) < 0 || session_open(session, false, err) < 0)
		return -1;
	if (strrchr(task, '/'))
		task = strrchr(task, '/') + 1;
	return ledger_correct(session->db, task, strtoll(text, NULL, 10), session->options->reason,
			      clock_wall_ms(), err);
}

/* --- months --- */

static int close_one(struct session *session, const char *account, int64_t from_s, struct err *err)
{
	char id[INVOICE_ID_SIZE];

	if (invoice_close(session->db, session->prices, account, from_s, clock_wall_ms(), id, err) <
	    0)
		return -1;
	printf("%s\n", id);
	return 0;
}

static int close_month(struct session *session, struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	const char *name = session->options->account;
	bool any = false;
	int64_t from_s;
	size_t count;

	if (!calendar_month_parse(session->words->items[1], &from_s))
		return err_set(err, ERR_INVALID, "\"%.20s\" is not a month like 2026-01",
			       session->words->items[1]);
	if (session_open(session, true, err) < 0 ||
	    account_list(session->db, &accounts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (name && strcmp(name, accounts[i].name) != 0 &&
		    strcmp(name, accounts[i].id) != 0)
			continue;
		any = true;
		if (close_one(session, accounts[i].id, from_s, err) < 0) {
			/* Of all accounts, those that are closed stay so. */
			if (name || err->code != ERR_CONFLICT)
				return -1;
			err_clear(err);
		}
	}
	if (!any)
		return err_set(err, ERR_NOT_FOUND, "there is no account %s", name ? name : "yet");
	return 0;
}

static int show_invoices(struct session *session, struct err *err)
{
	AUTO(invoices_freep) struct invoices *invoices = NULL;

	if (session_open(session, false, err) < 0 || invoices_read(session->db, &invoices, err) < 0)
		return -1;
	printf("%-32s  %-12s  %-7s  %16s      %12s\n", "INVOICE", "ACCOUNT", "MONTH", "TOTAL",
	       "LEDGER");
	for (size_t i = 0; i < invoices_count(invoices); i++) {
		const struct invoice *invoice = invoices_get(invoices, i);
		char total[PRICE_TEXT_SIZE];

		printf("%-32s  %-12s  %-7s  %16s %s  %12" PRId64 "\n", invoice->id,
		       invoice->account, invoice->month, price_text(invoice->total_nano, total),
		       invoice->currency, invoice->ledger_position);
	}
	return 0;
}

/* --- the verb --- */

static const struct {
	const char *word;
	size_t further;
	int (*run)(struct session *session, struct err *err);
} verbs[] = {
	{"close", 1, close_month},	{"correct", 1, correct}, {"head", 0, show_head},
	{"invoices", 0, show_invoices}, {"seal", 0, seal},	 {"verify", 0, verify},
};

static int run(const struct ledger_options *options, const struct words *words)
{
	AUTO(session_done) struct session session = {.options = options, .words = words};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		int rc;

		if (!words_are(words, verbs[i].word, verbs[i].further))
			continue;
		rc = verbs[i].run(&session, &err);
		return rc < 0 ? state_complain("bill", &err) : rc;
	}
	options_usage(USAGE, stderr);
	return 2;
}

int bill_ledger(int argc, char **argv)
{
	struct ledger_options options = {0};
	const struct option_row rows[] = {
		{"head", OPTION_TEXT, &options.head, "HEAD", "one that was printed earlier"},
		{"reason", OPTION_TEXT, &options.reason, "TEXT", "why; it stays in the ledger"},
		{"seconds", OPTION_TEXT, &options.seconds, "N", "so many are billed"},
		{"account", OPTION_TEXT, &options.account, "NAME", "of this account only"},
		{"prices", OPTION_TEXT, &options.prices, "FILE", "price list"},
		{"json", OPTION_FLAG, &options.json, NULL, "for programs"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	return run(&options, &words);
}
