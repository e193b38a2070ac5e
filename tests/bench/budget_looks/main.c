/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one look at all budgets costs, in a store of its own:
 *
 *     bench_budget_looks FOLDER PRICES TASKS BUDGETS LOOKS
 *
 * TASKS run, in ten clusters, a fifth of them with a tag; BUDGETS of all kinds watch them. The
 * tasks are the same in all looks, as most are in life; the clock is real, so each look works
 * all of them out anew. Prints JSON: milliseconds of processor time, of the first look and of the
 * median one, and of a look behind which a task ended.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "billing/budget_act.h"
#include "billing/meter.h"
#include "core/clock.h"
#include "store/account.h"
#include "store/tag.h"
#include "store/task.h"

struct bench {
	struct db *db;
	struct price_list *prices;
	struct budget_book *book;
	struct budget_actor actor;
	struct account account;
	struct arena *arena;
	struct err err;
};

static void must(int result, const struct bench *bench)
{
	if (result >= 0)
		return;
	fprintf(stderr, "bench_budget_looks: %s\n", bench->err.text);
	exit(1);
}

static void start_task(struct bench *bench, int number)
{
	struct task_change change = {.pull_started_ms = clock_wall_ms()};
	const struct tag tag = {"team", "x"};
	char id[TASK_ID_SIZE], cluster[16], arn[256];
	struct task_container container = {.name = "main", .image = "i", .arn_id = "a"};
	struct task task = {.id = id, .account = bench->account.id, .cluster = cluster};

	(void)snprintf(id, sizeof(id), "%032x", (unsigned)number);
	(void)snprintf(cluster, sizeof(cluster), "c%d", number % 10);
	(void)snprintf(arn, sizeof(arn), "arn:aws:ecs:r:%s:task/%s/%s", bench->account.id, cluster,
		       id);
	task.family = number % 2 ? "web" : "job";
	task.group = "family:web";
	task.revision = 1;
	task.cpu_units = 256;
	task.memory_mib = 512;
	task.storage_gib = number % 7 ? 20 : 30;
	task.state = TASK_PROVISIONING;
	task.version = 1;
	task.containers = &container;
	task.container_count = 1;
	must(task_insert(bench->db, &task, &bench->err), bench);
	if (number % 5 == 0)
		must(tag_put(bench->db, arn, &tag, 1, &bench->err), bench);
	must(task_move(bench->db, id, TASK_PROVISIONING, TASK_EV_CLAIMED, &change, NULL,
		       &bench->err),
	     bench);
	must(meter_open(bench->db, id, clock_wall_ms(), &bench->err), bench);
}

static void end_task(struct bench *bench, int number)
{
	char id[TASK_ID_SIZE];

	(void)snprintf(id, sizeof(id), "%032x", (unsigned)number);
	must(db_begin(bench->db, &bench->err), bench);
	must(meter_close(bench->db, id, clock_wall_ms(), &bench->err), bench);
	must(db_commit(bench->db, &bench->err), bench);
}

static void put_budget(struct bench *bench, int number)
{
	char name[32], cluster[16];
	struct budget budget = {.account = bench->account.id,
				.name = name,
				.cluster = number % 4 == 1 ? cluster : "",
				.family = number % 4 == 2 ? "web" : "",
				.tag_key = number % 4 == 3 ? "team" : "",
				.tag_value = number % 4 == 3 ? "x" : "",
				.amount_nano = INT64_MAX / 2,
				.period = (enum budget_period)(number % BUDGET_PERIOD_COUNT),
				.percents = {80, 100},
				.percent_count = 2,
				.refuse = true,
				.stop = true};

	(void)snprintf(name, sizeof(name), "b%d", number);
	(void)snprintf(cluster, sizeof(cluster), "c%d", number % 10);
	must(budget_set(bench->db, &budget, clock_wall_ms(), &bench->err), bench);
}

static double processor_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* As the provisioner does it. */
static double look(struct bench *bench)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64u * 1024 * 1024);
	struct budget_notice *notices;
	double begun = processor_ms();
	int64_t now_ms = clock_wall_ms();
	size_t count;

	must(db_begin_read(bench->db, &bench->err), bench);
	must(budget_book_look(bench->book, bench->db, now_ms / 1000, &bench->err), bench);
	db_rollback(bench->db);
	must(budget_act(&bench->actor, bench->book, bench->db, now_ms, arena, &notices, &count,
			&bench->err),
	     bench);
	return processor_ms() - begun;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median_look(struct bench *bench, int looks, int ends_from)
{
	double *taken = xcalloc((size_t)looks, sizeof(*taken));
	double median;

	for (int i = 0; i < looks; i++) {
		if (ends_from >= 0)
			end_task(bench, ends_from + i);
		taken[i] = look(bench);
	}
	qsort(taken, (size_t)looks, sizeof(*taken), compare);
	median = taken[looks / 2];
	free(taken);
	return median;
}

int main(int argc, char **argv)
{
	struct bench bench = {.err = ERR_INIT};
	AUTO(freep) char *path = NULL;
	int tasks, budgets, looks;
	double first, median;

	if (argc != 6) {
		fprintf(stderr, "usage: bench_budget_looks FOLDER PRICES TASKS BUDGETS LOOKS\n");
		return 2;
	}
	tasks = atoi(argv[3]);
	budgets = atoi(argv[4]);
	looks = atoi(argv[5]);
	path = xasprintf("%s/state.db", argv[1]);
	bench.arena = arena_new(64u * 1024 * 1024);
	must(db_open_state(path, &bench.db, &bench.err), &bench);
	must(price_list_read(argv[2], &bench.prices, &bench.err), &bench);
	must(account_create(bench.db, "bench", &bench.account, &bench.err), &bench);
	must(db_begin(bench.db, &bench.err), &bench);
	for (int i = 0; i < tasks + looks; i++)
		start_task(&bench, i);
	for (int i = 0; i < budgets; i++)
		put_budget(&bench, i);
	must(db_commit(bench.db, &bench.err), &bench);
	bench.book = budget_book_new(bench.prices);
	first = look(&bench);
	median = median_look(&bench, looks, -1);
	printf("{\"tasks\": %d, \"budgets\": %d, \"first_ms\": %.3f, \"median_ms\": %.3f, "
	       "\"median_with_an_end_ms\": %.3f}\n",
	       tasks + looks, budgets, first, median, median_look(&bench, looks, tasks));
	budget_book_free(bench.book);
	price_list_free(bench.prices);
	db_free(bench.db);
	arena_free(bench.arena);
	return 0;
}
