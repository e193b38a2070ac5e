/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway quota: what an account may hold at once, and launch in a second. What is set counts from
 * the next launch on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/conf.h"
#include "store/account.h"
#include "store/event_held.h"
#include "store/quota.h"

#define USAGE                                                                                      \
	"quota set ACCOUNT [--tasks N] [--vcpus N] [--memory SIZE] [--launches N] [--burst N] "    \
	"[--events SIZE] | quota list"
#define CELL_SIZE     48
#define CPU_PER_VCPU  1024
#define BYTES_PER_MIB (1024 * 1024)

/* The options, read as the gateway reads its own. */
#define ROW(name, kind, field, max)                                                                \
	CONF_RANGE(struct quota, name, kind, field, "0", 0, max, "a limit; 0: none")
static const struct conf_row rows[] = {
	ROW("tasks", CONF_INT, tasks, QUOTA_TASKS_MAX),
	ROW("vcpus", CONF_INT, vcpus, QUOTA_TASKS_MAX),
	ROW("memory", CONF_SIZE_BYTES, memory_bytes, QUOTA_MEMORY_MAX),
	ROW("launches", CONF_INT, launches, QUOTA_LAUNCHES_MAX),
	ROW("burst", CONF_INT, burst, QUOTA_LAUNCHES_MAX),
	ROW("events", CONF_SIZE_BYTES, event_bytes, QUOTA_MEMORY_MAX),
};
static const struct conf_table table = {rows, ARRAY_LEN(rows)};

static int set_limit(const struct conf_row *row, const char *given, struct quota *quota,
		     struct err *err)
{
	if (strcmp(given, "default") == 0) {
		*(int64_t *)((uint8_t *)quota + row->offset) = QUOTA_DEFAULT;
		return 0;
	}
	return conf_set(&table, row->key, strcmp(given, "none") == 0 ? "0" : given, quota, err);
}

/* @given: a text for each row; NULL: as it was. */
static int set(struct db *db, const char *name, const char *const *given, struct err *err)
{
	struct account account;
	struct quota quota;

	if (account_find_by_name(db, name, &account, err) < 0 ||
	    quota_find(db, account.id, &quota, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (given[i] && set_limit(&rows[i], given[i], &quota, err) < 0)
			return -1;
	}
	return quota_set(db, account.id, &quota, err);
}

static const char *limit_text(int64_t limit, int64_t unit, char ret[CELL_SIZE])
{
	if (limit == QUOTA_DEFAULT)
		return "default";
	if (limit == QUOTA_NONE)
		return "none";
	(void)snprintf(ret, CELL_SIZE, "%" PRId64, limit / unit);
	return ret;
}

/* "3 of 10". */
static const char *use_text(int64_t used, int64_t limit, int64_t unit, char ret[2 * CELL_SIZE])
{
	char text[CELL_SIZE];

	(void)snprintf(ret, 2 * CELL_SIZE, "%" PRId64 " of %s", used,
		       limit_text(limit, unit, text));
	return ret;
}

static int print_account(struct db *db, const struct account *account, struct err *err)
{
	char tasks[2 * CELL_SIZE], vcpus[2 * CELL_SIZE], memory[2 * CELL_SIZE];
	char launches[CELL_SIZE], burst[CELL_SIZE], events[2 * CELL_SIZE];
	struct account_use use;
	struct quota quota;
	int64_t held;

	if (quota_find(db, account->id, &quota, err) < 0 ||
	    account_use_find(db, account->id, &use, err) < 0 ||
	    event_held_bytes(db, account->id, &held, err) < 0)
		return -1;
	printf("%-16s  %-18s  %-18s  %-22s  %-10s  %-10s  %s\n", account->name,
	       use_text(use.tasks, quota.tasks, 1, tasks),
	       use_text((use.cpu_units + CPU_PER_VCPU - 1) / CPU_PER_VCPU, quota.vcpus, 1, vcpus),
	       use_text(use.memory_mib, quota.memory_bytes, BYTES_PER_MIB, memory),
	       limit_text(quota.launches, 1, launches), limit_text(quota.burst, 1, burst),
	       use_text((held + BYTES_PER_MIB - 1) / BYTES_PER_MIB, quota.event_bytes,
			BYTES_PER_MIB, events));
	return 0;
}

static int list(struct db *db, struct err *err)
{
	AUTO(freep) struct account *accounts = NULL;
	size_t count;

	if (account_list(db, &accounts, &count, err) < 0)
		return -1;
	printf("%-16s  %-18s  %-18s  %-22s  %-10s  %-10s  %s\n", "ACCOUNT", "TASKS", "VCPUS",
	       "MEMORY (MiB)", "LAUNCHES/s", "BURST", "EVENTS (MiB)");
	for (size_t i = 0; i < count; i++) {
		if (print_account(db, &accounts[i], err) < 0)
			return -1;
	}
	return 0;
}

int cli_quota(int argc, char **argv)
{
	AUTO(db_freep) struct db *db = NULL;
	AUTO(freep) char *dir = NULL;
	const char *state = NULL, *given[ARRAY_LEN(rows)] = {NULL};
	const struct option_row options[] = {
		{"tasks", OPTION_TEXT, &given[0], "N", "tasks at once; none, or default"},
		{"vcpus", OPTION_TEXT, &given[1], "N", "vCPUs of all of them"},
		{"memory", OPTION_TEXT, &given[2], "SIZE", "memory of all of them: 64GiB"},
		{"launches", OPTION_TEXT, &given[3], "N", "tasks a second, in the long run"},
		{"burst", OPTION_TEXT, &given[4], "N", "tasks at once, after a rest"},
		{"events", OPTION_TEXT, &given[5], "SIZE",
		 "events that wait, dead letters, archives"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, options, ARRAY_LEN(options), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!words_are(&words, "set", 1) && !words_are(&words, "list", 0)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	dir = state_dir(state);
	if (state_open(dir, &db, &err) < 0)
		return state_complain("quota", &err);
	rc = words_are(&words, "list", 0) ? list(db, &err) : set(db, words.items[1], given, &err);
	return rc < 0 ? state_complain("quota", &err) : 0;
}
