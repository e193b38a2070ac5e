/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the meter adds to a launch and to each second. Usage: bench_meter STATE.DB LAUNCHES
 *
 * A launch is the transactions that a provisioner makes of a task whose machine comes up and
 * ends: the pull begins, it fails, it is released. Launches with the meter and without it take
 * turns, so that both meet the same disk. A checkpoint is one write, however many tasks run: it is
 * taken with one running and with a thousand, beside a write of one row that does nothing else.
 * Prints one JSON object: microseconds of wall and processor time, the middle of all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "billing/meter.h"
#include "core/clock.h"
#include "store/task.h"

#define RUNNING_MANY  1000
#define CHECKPOINTS   300
#define LAUNCHES_MAX  100000
#define TASK_ID_SIZE  33
#define NS_PER_MICRO  1e3
#define NS_PER_SECOND 1000000000LL
#define START_MS      1767225600000LL /* 2026-01-01 */

struct took {
	int64_t wall_ns, processor_ns;
};

struct bench {
	struct db *db;
	struct took begun;
	unsigned tasks; /* that were made */
};

/* --- time --- */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); /* cannot fail with these clocks */
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static void begin_time(struct bench *bench)
{
	bench->begun = (struct took){clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
}

static void end_time(const struct bench *bench, struct took *ret_took)
{
	ret_took->wall_ns = clock_ns(CLOCK_MONOTONIC) - bench->begun.wall_ns;
	ret_took->processor_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - bench->begun.processor_ns;
}

static int compare_wall(const void *a, const void *b)
{
	const struct took *one = a, *other = b;

	return (one->wall_ns > other->wall_ns) - (one->wall_ns < other->wall_ns);
}

static int compare_processor(const void *a, const void *b)
{
	const struct took *one = a, *other = b;

	return (one->processor_ns > other->processor_ns) -
	       (one->processor_ns < other->processor_ns);
}

static void print_middle(const char *name, struct took *took, size_t count)
{
	const struct took *middle = &took[count / 2];

	qsort(took, count, sizeof(*took), compare_wall);
	printf("\"%s\": {\"wall_us\": %.1f, ", name, (double)middle->wall_ns / NS_PER_MICRO);
	qsort(took, count, sizeof(*took), compare_processor);
	printf("\"processor_us\": %.1f}", (double)middle->processor_ns / NS_PER_MICRO);
}

/* --- tasks --- */

static int insert_task(struct bench *bench, char ret_id[TASK_ID_SIZE], struct err *err)
{
	struct task_container container = {
		.name = "main", .image = "hello:1", .arn_id = "uuid-1", .essential = true};
	const struct task task = {
		.id = ret_id,
		.account = "123456789012",
		.cluster = "default",
		.family = "bench",
		.revision = 1,
		.group = "family:bench",
		.started_by = "",
		.launch_type = "FARGATE",
		.capacity_provider = "",
		.platform_version = "1.4.0",
		.cpu_units = 256,
		.memory_mib = 512,
		.storage_gib = 20,
		.subnet = "default",
		.groups_json = "[\"default\"]",
		.zone = "us-east-1a",
		.overrides_json = "{}",
		.spec_json = "{}",
		.client_token = "",
		.attachment_id = "6f6d3f2e-0000-4000-8000-000000000000",
		.network_interface_id = "eni-0123456789abcdef0",
		.subnet_id = "default",
		.state = TASK_PROVISIONING,
		.version = 1,
		.created_ms = START_MS,
		.containers = &container,
		.container_count = 1,
	};

	(void)snprintf(ret_id, TASK_ID_SIZE, "%032x", ++bench->tasks);
	if (db_begin(bench->db, err) < 0 || task_insert(bench->db, &task, err) < 0)
		return -1;
	return db_commit(bench->db, err);
}

static int begin_pull(struct bench *bench, const char *id, bool metered, struct err *err)
{
	const struct task_change pulls = {.pull_started_ms = START_MS};

	if (db_begin(bench->db, err) < 0 ||
	    task_move(bench->db, id, TASK_PROVISIONING, TASK_EV_CLAIMED, &pulls, NULL, err) < 0 ||
	    (metered && meter_open(bench->db, id, START_MS, err) < 0))
		return -1;
	return db_commit(bench->db, err);
}

static int end_task(struct bench *bench, const char *id, bool metered, struct err *err)
{
	if (db_begin(bench->db, err) < 0 ||
	    task_move(bench->db, id, TASK_PENDING, TASK_EV_FAILED, NULL, NULL, err) < 0 ||
	    db_commit(bench->db, err) < 0 || db_begin(bench->db, err) < 0 ||
	    task_move(bench->db, id, TASK_DEPROVISIONING, TASK_EV_RELEASED, NULL, NULL, err) < 0 ||
	    (metered && meter_close(bench->db, id, START_MS, err) < 0))
		return -1;
	return db_commit(bench->db, err);
}

/* --- what is measured --- */

static int launch(struct bench *bench, bool metered, struct took *ret_took, struct err *err)
{
	char id[TASK_ID_SIZE];

	if (insert_task(bench, id, err) < 0)
		return -1;
	begin_time(bench);
	if (begin_pull(bench, id, metered, err) < 0 || end_task(bench, id, metered, err) < 0)
		return -1;
	end_time(bench, ret_took);
	return 0;
}

static int measure_launches(struct bench *bench, size_t count, struct err *err)
{
	struct took *with = xcalloc(count, sizeof(*with));
	struct took *without = xcalloc(count, sizeof(*without));
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = launch(bench, true, &with[i], err);
		if (rc == 0)
			rc = launch(bench, false, &without[i], err);
	}
	if (rc == 0) {
		print_middle("launch_metered", with, count);
		printf(", ");
		print_middle("launch_alone", without, count);
	}
	free(with);
	free(without);
	return rc;
}

static int run_tasks(struct bench *bench, int count, struct err *err)
{
	char id[TASK_ID_SIZE];

	for (int i = 0; i < count; i++) {
		if (insert_task(bench, id, err) < 0 || begin_pull(bench, id, true, err) < 0)
			return -1;
	}
	return 0;
}

static int checkpoint(struct db *db, struct err *err)
{
	return meter_checkpoint(db, clock_boot_ns(), err);
}

/* The smallest thing that can be written durably. */
static int write_row(struct db *db, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "UPDATE meter_checkpoint SET boot_ns = boot_ns + 1", &query, err) < 0)
		return -1;
	return db_run(query, NULL, err);
}

static int measure_writes(struct bench *bench, const char *name,
			  int (*write)(struct db *db, struct err *err), struct err *err)
{
	struct took took[CHECKPOINTS];

	for (int i = 0; i < CHECKPOINTS; i++) {
		begin_time(bench);
		if (write(bench->db, err) < 0)
			return -1;
		end_time(bench, &took[i]);
	}
	printf(", ");
	print_middle(name, took, CHECKPOINTS);
	return 0;
}

static int measure(struct bench *bench, size_t launches, struct err *err)
{
	printf("{\"launches\": %zu, ", launches);
	if (measure_launches(bench, launches, err) < 0 || run_tasks(bench, 1, err) < 0 ||
	    measure_writes(bench, "checkpoint_one", checkpoint, err) < 0 ||
	    run_tasks(bench, RUNNING_MANY - 1, err) < 0 ||
	    measure_writes(bench, "checkpoint_many", checkpoint, err) < 0 ||
	    measure_writes(bench, "write_one_row", write_row, err) < 0)
		return -1;
	printf(", \"running\": %d}\n", RUNNING_MANY);
	return 0;
}

int main(int argc, char **argv)
{
	size_t launches = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct bench bench = {0};
	struct err err = ERR_INIT;
	int rc;

	if (launches < 1 || launches > LAUNCHES_MAX) {
		fprintf(stderr, "usage: bench_meter STATE.DB LAUNCHES\n");
		return 2;
	}
	rc = db_open_state(argv[1], &bench.db, &err);
	if (rc == 0) {
		rc = measure(&bench, launches, &err);
		db_free(bench.db);
	}
	if (rc < 0)
		fprintf(stderr, "bench_meter: %s\n", err.text);
	return rc < 0;
}
