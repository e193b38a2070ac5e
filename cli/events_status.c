/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits, a line a rule, with the reason of the delivery that was tried most; tasks that were
 * launched and find no room on this host; and sources of events, those that wait with what helps.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/events.h"
#include "core/clock.h"
#include "store/event_source.h"
#include "store/event_status.h"

#define ARENA_MAX (64u << 20) /* a row a rule that has deliveries; and of tasks: */
#define TASKS_MAX 1000

struct status {
	struct event_sums sums;
	struct event_waiting *rules;
	struct task_waiting *tasks;
	struct event_source *sources;
	size_t rule_count, task_count, source_count;
	int64_t now_ms;
};

static int read_status(struct db *db, const char *account, struct arena *arena,
		       struct status *status, struct err *err)
{
	if (db_begin_read(db, err) < 0)
		return -1;
	int result = event_status_sums(db, account, &status->sums, err);

	if (result == 0)
		result = event_status_waiting(db, account, arena, &status->rules,
					      &status->rule_count, err);
	if (result == 0)
		result = event_status_tasks(db, account, TASKS_MAX, arena, &status->tasks,
					    &status->task_count, err);
	if (result == 0)
		result = event_source_list(db, account, arena, &status->sources,
					   &status->source_count, err);
	db_rollback(db);
	return result;
}

static int64_t seconds_since(const struct status *status, int64_t wall_ms)
{
	return wall_ms < status->now_ms ? (status->now_ms - wall_ms) / 1000 : 0;
}

static void print_text(const struct status *status)
{
	const struct event_sums *sums = &status->sums;

	printf("events on their way: %" PRId64 ", their deliveries: %" PRId64
	       ", tasks that wait for room: %" PRId64 ", dead letters: %" PRId64 "\n",
	       sums->events, sums->deliveries, sums->tasks, sums->dead);
	if (status->rule_count > 0)
		printf("\n%-12s  %-10s  %-20s  %7s  %7s  %8s  %8s  %s\n", "ACCOUNT", "BUS", "RULE",
		       "WAITING", "BEHIND", "OLDEST s", "ATTEMPTS", "REASON");
	for (size_t i = 0; i < status->rule_count; i++) {
		const struct event_waiting *rule = &status->rules[i];

		printf("%s  %-10s  %-20s  %7" PRId64 "  %7" PRId64 "  %8" PRId64 "  %8" PRId64
		       "  %s%s%s\n",
		       rule->account, rule->bus, rule->rule, rule->deliveries, rule->behind,
		       seconds_since(status, rule->oldest_ms), rule->attempts, rule->code,
		       rule->code[0] ? ": " : "", rule->reason);
	}
	if (status->task_count > 0)
		printf("\n%-12s  %-12s  %-32s  %-30s  %8s  %s\n", "ACCOUNT", "CLUSTER",
		       "TASK THAT WAITS FOR ROOM", "STARTED BY", "SINCE s", "MORE s");
	for (size_t i = 0; i < status->task_count; i++) {
		const struct task_waiting *task = &status->tasks[i];
		int64_t left_s = (task->until_ms - status->now_ms) / 1000;

		printf("%s  %-12s  %s  %-30s  %8" PRId64, task->account, task->cluster, task->id,
		       task->started_by, seconds_since(status, task->waits_ms));
		if (left_s > 0)
			printf("  %" PRId64, left_s);
		(void)putchar('\n');
	}
}

static void print_sources(const struct status *status)
{
	if (status->source_count > 0)
		printf("\n%-20s  %-10s  %-12s  %-6s  %8s  %8s  %s\n", "SOURCE", "KIND", "ACCOUNT",
		       "STATE", "SINCE s", "FAILURES", "REASON");
	for (size_t i = 0; i < status->source_count; i++) {
		const struct event_source *source = &status->sources[i];

		printf("%-20s  %-10s  %-12s  %-6s  %8" PRId64 "  %8" PRId64 "  %s\n", source->name,
		       source->kind, source->account, source->state,
		       seconds_since(status, source->since_ms), source->tries, source->reason);
	}
}

static json_t *rule_json(const struct event_waiting *rule)
{
	char oldest[CLOCK_ISO_SIZE];

	return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:s, s:s}", "account", rule->account,
			 "bus", rule->bus, "rule", rule->rule, "waiting",
			 (json_int_t)rule->deliveries, "behind", (json_int_t)rule->behind, "oldest",
			 clock_iso(rule->oldest_ms, oldest), "attempts", (json_int_t)rule->attempts,
			 "code", rule->code, "reason", rule->reason);
}

static json_t *task_json(const struct task_waiting *task)
{
	char since[CLOCK_ISO_SIZE], until[CLOCK_ISO_SIZE];
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s}", "account", task->account, "cluster",
				   task->cluster, "task", task->id, "startedBy", task->started_by,
				   "since", clock_iso(task->waits_ms, since));

	if (task->until_ms > 0)
		json_object_set_new(object, "until", json_string(clock_iso(task->until_ms, until)));
	return object;
}

static json_t *source_json(const struct event_source *source)
{
	char since[CLOCK_ISO_SIZE];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "name", source->name, "kind",
			 source->kind, "account", source->account, "state", source->state, "since",
			 clock_iso(source->since_ms, since), "failures", (json_int_t)source->tries,
			 "reason", source->reason);
}

static void print_json(const struct status *status)
{
	const struct event_sums *sums = &status->sums;
	json_t *rules = json_array();
	json_t *tasks = json_array();
	json_t *sources = json_array();
	json_t *object;

	for (size_t i = 0; i < status->rule_count; i++)
		json_array_append_new(rules, rule_json(&status->rules[i]));
	for (size_t i = 0; i < status->task_count; i++)
		json_array_append_new(tasks, task_json(&status->tasks[i]));
	for (size_t i = 0; i < status->source_count; i++)
		json_array_append_new(sources, source_json(&status->sources[i]));
	object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "events",
			   (json_int_t)sums->events, "deliveries", (json_int_t)sums->deliveries,
			   "tasksThatWait", (json_int_t)sums->tasks, "deadLetters",
			   (json_int_t)sums->dead, "knownIds", (json_int_t)sums->ids, "rules",
			   rules, "tasks", tasks, "sources", sources);
	(void)json_dumpf(object, stdout, JSON_INDENT(2)); /* as all that is printed */
	(void)putchar('\n');
	json_decref(object);
}

int events_status(struct db *db, const struct events_options *options, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct status status = {.now_ms = clock_wall_ms()};
	AUTO(freep) char *account = NULL;

	if (events_account(db, options->account, &account, err) < 0 ||
	    read_status(db, account, arena, &status, err) < 0)
		return -1;
	if (options->json) {
		print_json(&status);
	} else {
		print_text(&status);
		print_sources(&status);
	}
	return 0;
}
