/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machines of all tasks have used until now, read from the kernel by one job and
 * written into their accounts by another, in one transaction. The last sample of a machine is
 * taken just before it is ended (teardown.c) and written with the end of its task.
 */
#include <stdio.h>

#include "core/clock.h"
#include "core/log.h"
#include "provisioner/facts_private.h"
#include "provisioner/flow_private.h"
#include "provisioner/process_usage.h"

struct sample_entry {
	char task[TASK_ID_SIZE];
	char tap[NETWORK_TAP_SIZE];
	struct machine_life life;
	struct machine_counts counts;
	bool counted;
	int64_t counted_ns;
};

struct sample {
	struct flow *flow;
	struct sample_entry *entries;
	size_t count;
	bool ran;
	int result;
	struct err err;
};

static void sample_done(struct sample *sample)
{
	sample->flow->sampling = false;
	free(sample->entries);
	free(sample);
}

static void do_read(void *ctx, unsigned worker)
{
	struct sample *sample = ctx;

	(void)worker; /* it only reads */
	sample->ran = true;
	for (size_t i = 0; i < sample->count; i++) {
		struct sample_entry *entry = &sample->entries[i];
		struct err gone = ERR_INIT;

		entry->counted_ns = clock_boot_ns();
		entry->counted = entry->life.process.pid != 0 &&
				 process_usage_read(entry->life.process, entry->tap, &entry->counts,
						    &gone) == 0;
	}
}

static int write_all(const struct sample *sample, struct db *db, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < sample->count && result == 0; i++)
		result = machine_life_put(db, sample->entries[i].task, &sample->entries[i].life,
					  err);
	return result;
}

static void do_write(void *ctx, unsigned worker)
{
	struct sample *sample = ctx;
	struct db *db = sample->flow->options.state;

	(void)worker; /* there is one */
	sample->ran = true;
	sample->result = db_begin(db, &sample->err);
	if (sample->result == 0)
		sample->result = facts_end(db, write_all(sample, db, &sample->err), &sample->err);
}

static void written(void *ctx)
{
	struct sample *sample = ctx;

	if (sample->ran && sample->result < 0)
		log_warn("accounts of machines: %s", sample->err.text);
	sample_done(sample);
}

/* Those that still have that machine. */
static void take_over(struct sample *sample)
{
	size_t kept = 0;

	for (size_t i = 0; i < sample->count; i++) {
		struct sample_entry *entry = &sample->entries[i];
		struct run *run = flow_find(sample->flow, entry->task);

		if (!run || run->life.taken_ns != entry->life.taken_ns)
			continue;
		if (entry->counted)
			machine_life_sample(&run->life, &entry->counts, entry->counted_ns);
		entry->life = run->life;
		sample->entries[kept++] = *entry;
	}
	sample->count = kept;
}

static void was_read(void *ctx)
{
	struct sample *sample = ctx;
	struct flow *flow = sample->flow;

	if (!flow->closing && sample->ran) {
		take_over(sample);
		sample->ran = false;
		if (sample->count > 0 &&
		    jobs_submit(flow->sql, do_write, written, sample, &sample->err) == 0)
			return;
	}
	sample_done(sample);
}

static void add_run(struct run *run, void *ctx)
{
	struct sample *sample = ctx;
	struct sample_entry *entry = &sample->entries[sample->count];

	if (run->life.taken_ns == 0 || machine_life_is_over(&run->life))
		return;
	(void)snprintf(entry->task, sizeof(entry->task), "%s", run->id);
	(void)snprintf(entry->tap, sizeof(entry->tap), "%s", run->lease.tap);
	entry->life = run->life;
	sample->count++;
}

void sample_begin(struct flow *flow)
{
	struct sample *sample;
	struct err err = ERR_INIT;

	if (flow->sampling)
		return;
	sample = xcalloc(1, sizeof(*sample));
	sample->flow = flow;
	sample->entries = xcalloc(flow->run_count + 1, sizeof(*sample->entries));
	flow_each(flow, add_run, sample);
	flow->sampling = true;
	if (sample->count == 0 || jobs_submit(flow->work, do_read, was_read, sample, &err) < 0)
		sample_done(sample);
}
