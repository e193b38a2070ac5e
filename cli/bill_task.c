/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task: what it held, used and costs. A task that never began to pull has no charge, and
 * that is said; one that nobody knows is an error.
 */
#include "cli/bill_task.h"

#include <string.h>

#include "billing/report.h"
#include "cli/bill_output.h"
#include "cli/bill_session.h"
#include "cli/state.h"
#include "cli/words.h"
#include "store/task.h"

#define USAGE	   "bill task ID [--json]"
#define TASK_BYTES (16u * 1024 * 1024)

struct task_options {
	const char *prices, *state;
	bool json;
};

/* Without a charge: either it never began to pull, or there is no such task. */
static int explain_nothing(struct db *db, const char *id, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TASK_BYTES);
	struct task task;

	if (task_find(db, NULL, NULL, id, arena, &task, err) < 0)
		return -1;
	printf("task %s costs nothing: no image was pulled for it (%s)\n", id,
	       task_state_name(task.state));
	return 0;
}

static int show(const struct task_options *options, const char *task, struct err *err)
{
	AUTO(bill_session_done) struct bill_session session = {0};
	struct charge_filter filter = {.task = task, .until_s = REPORT_OPEN_S};
	struct report report;
	bool found;

	if (bill_session_open(options->state, options->prices, &session, err) < 0)
		return -1;
	filter.slack_s = cost_slack(&session.tariff);
	report = (struct report){.db = session.db,
				 .tariff = &session.tariff,
				 .question = {.filter = &filter},
				 .region = session.settings.region};
	if (options->json)
		return report_json(&report, stdout, err);
	if (report_task(&report, stdout, &found, err) < 0)
		return -1;
	return found ? 0 : explain_nothing(session.db, task, err);
}

int bill_task(int argc, char **argv)
{
	struct task_options options = {0};
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, &options.json, NULL, "for programs"},
		{"prices", OPTION_TEXT, &options.prices, "FILE", "price list"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	const char *task;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "task", 1)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	task = words.items[1];
	if (strrchr(task, '/'))
		task = strrchr(task, '/') + 1;
	if (show(&options, task, &err) < 0)
		return state_complain("bill", &err);
	return 0;
}
