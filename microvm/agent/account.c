/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STARTED and EXITED are said once. RESTARTED is said when the session has room and
 * holds the number of restarts, so the last one is enough for a host that was away.
 */
#include "microvm/agent/account.h"

#include "core/clock.h"

#define RESTARTED_SIZE 256 /* more than a RESTARTED takes */

static void tell_restarts(struct account *account)
{
	struct wire_restarted restarted = {
		.container = account->container,
		.count = account->restarts,
		.exit_code = account->exit_code,
		.wall_ms = clock_wall_ms(),
	};

	if (account->told == account->restarts)
		return;
	account->told = account->restarts;
	session_report(account->session, &wire_restarted_shape, &restarted, FRAME_RESTARTED);
}

void account_go_on(struct account *account)
{
	if (account->told < account->restarts && session_has_room(account->session, RESTARTED_SIZE))
		tell_restarts(account);
}

void account_begin(struct account *account)
{
	struct wire_started started = {
		.container = account->container,
		.wall_ms = clock_wall_ms(),
		.uptime_us = clock_boot_ns() / 1000,
	};

	account->began_ms = clock_boot_ms();
	if (account->restarts == 0)
		session_report(account->session, &wire_started_shape, &started, FRAME_STARTED);
	else
		account_go_on(account);
}

void account_run_over(struct account *account, int exit_code)
{
	account->exit_code = exit_code;
	account->ran_ms = clock_boot_ms() - account->began_ms;
}

static void count_usage(struct account *account, bool has_group)
{
	struct cgroup_usage *before = &account->before;
	struct cgroup_usage usage = {0};

	if (has_group)
		cgroup_container_usage(account->container, &usage);
	before->out_of_memory = usage.out_of_memory;
	before->cpu_us += usage.cpu_us;
	if (usage.memory_peak_bytes > before->memory_peak_bytes)
		before->memory_peak_bytes = usage.memory_peak_bytes;
	cgroup_remove_container(account->container);
}

void account_restart(struct account *account)
{
	count_usage(account, true);
	account->restarts++;
}

/* What the container took itself. */
static int64_t peak_without_buffer(const struct account *account)
{
	int64_t peak = account->before.memory_peak_bytes;

	return peak > account->buffer_bytes ? peak - account->buffer_bytes : 0;
}

void account_end(struct account *account, bool has_group, bool unmet, const char *error)
{
	struct wire_exited exited = {
		.container = account->container,
		.exit_code = account->exit_code,
		.started = account->began_ms > 0,
		.unmet = unmet,
		.error = error,
		.wall_ms = clock_wall_ms(),
		.uptime_us = clock_boot_ns() / 1000,
	};

	count_usage(account, has_group);
	exited.out_of_memory = account->before.out_of_memory;
	exited.cpu_us = account->before.cpu_us;
	exited.memory_peak_bytes = peak_without_buffer(account);
	tell_restarts(account);
	session_report(account->session, &wire_exited_shape, &exited, FRAME_EXITED);
}
