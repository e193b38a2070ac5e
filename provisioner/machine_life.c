/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's counts of a process only grow, but a sample may lack what could not be read: a
 * count never falls back. What a guest says is worth nothing to a bill and is believed as far as
 * its machine goes: processor time since the task has it, memory, and for bytes a number that
 * no machine reaches.
 */
#include "provisioner/machine_life.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"

#define NS_A_US	    1000
#define BYTES_A_MIB (INT64_C(1) << 20)
#define GUEST_BYTES (INT64_C(1) << 50) /* a gigabyte a second, for twelve days */

static void set_size(struct machine_life *life, const char *machine, struct machine_size size)
{
	(void)snprintf(life->machine, sizeof(life->machine), "%s", machine);
	life->vcpus = size.vcpus;
	life->memory_mib = size.memory_mib;
	life->memory_bytes = machine_memory_mib(size) * BYTES_A_MIB;
}

void machine_life_take(struct machine_life *life, const char *machine, struct machine_size size,
		       struct process_id process, const struct machine_counts *waited)
{
	int64_t ended_ns = life->ended_ns; /* its end may have been heard of before its start */

	*life = (struct machine_life){
		.process = process, .taken_ns = clock_boot_ns(), .ended_ns = ended_ns};
	set_size(life, machine, size);
	if (waited)
		life->waited = *waited;
}

void machine_life_resume(struct machine_life *life, const struct machine_account *account)
{
	struct machine_size size = {.vcpus = (unsigned)account->vcpus,
				    .memory_mib = account->memory_mib};

	*life = (struct machine_life){
		.process = process_started_at((pid_t)account->pid, account->process_start_ns),
		.taken_ns = account->taken_ns,
		.ended_ns = account->ended_ns,
		.sampled_ns = account->sampled_ns,
		.waited = account->waited,
		.host = account->host,
		.guest = account->guest,
	};
	set_size(life, account->machine, size);
}

static void raise_to(int64_t *count, int64_t value)
{
	if (value > *count)
		*count = value;
}

void machine_life_sample(struct machine_life *life, const struct machine_counts *counts,
			 int64_t boot_ns)
{
	if (life->taken_ns == 0)
		return;
	raise_to(&life->sampled_ns, boot_ns);
#define RAISE(name) raise_to(&life->host.name, counts->name - life->waited.name);
	MACHINE_COUNTS(RAISE)
#undef RAISE
	raise_to(&life->host.memory_peak_bytes, counts->memory_peak_bytes);
}

static int64_t at_most(int64_t value, int64_t limit)
{
	return value < limit ? value : limit;
}

void machine_life_hear(struct machine_life *life, const struct wire_stats *stats)
{
	struct machine_counts *guest = &life->guest;
	int64_t cpu_limit_ns;

	if (life->taken_ns == 0)
		return;
	cpu_limit_ns = (clock_boot_ns() - life->taken_ns) * life->vcpus;
	raise_to(&guest->cpu_ns,
		 stats->cpu_us < cpu_limit_ns / NS_A_US ? stats->cpu_us * NS_A_US : cpu_limit_ns);
	raise_to(&guest->memory_peak_bytes, at_most(stats->memory_peak_bytes, life->memory_bytes));
	raise_to(&guest->read_bytes, at_most(stats->read_bytes, GUEST_BYTES));
	raise_to(&guest->write_bytes, at_most(stats->write_bytes, GUEST_BYTES));
	raise_to(&guest->receive_bytes, at_most(stats->receive_bytes, GUEST_BYTES));
	raise_to(&guest->transmit_bytes, at_most(stats->transmit_bytes, GUEST_BYTES));
}

void machine_life_prove(struct machine_life *life, int64_t boot_ns)
{
	if (!life->unseen && (life->ended_ns == 0 || boot_ns <= life->ended_ns))
		raise_to(&life->lived_ns, boot_ns);
}

void machine_life_end(struct machine_life *life, int64_t boot_ns)
{
	if (!machine_life_is_over(life))
		life->ended_ns = boot_ns;
}

void machine_life_end_unseen(struct machine_life *life, int64_t lived_ns)
{
	if (machine_life_is_over(life))
		return;
	life->unseen = true;
	raise_to(&life->lived_ns, lived_ns);
}

bool machine_life_is_over(const struct machine_life *life)
{
	return life->ended_ns != 0 || life->unseen;
}

int machine_life_put(struct db *db, const char *task, const struct machine_life *life,
		     struct err *err)
{
	const struct machine_account account = {
		.task = task,
		.machine = life->machine,
		.boot_id = clock_boot_id(),
		.pid = life->process.pid,
		.process_start_ns = life->process.pid ? process_start_ns(life->process) : 0,
		.taken_ns = life->taken_ns,
		.ended_ns = life->ended_ns,
		.vcpus = life->vcpus,
		.memory_mib = life->memory_mib,
		.sampled_ns = life->sampled_ns,
		.waited = life->waited,
		.host = life->host,
		.guest = life->guest,
	};

	return life->taken_ns != 0 ? machine_account_put(db, &account, err) : 0;
}
