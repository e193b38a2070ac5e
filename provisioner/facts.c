/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every transaction has the same form: begin, some moves, end. A move carries
 * along what waited for the next write (times, digests, phases), so that a launch
 * costs few commits.
 *
 * The meter follows the state and nothing else: it is opened by the move into the
 * first charged state and closed by the move out of the last one. States only go
 * forward, so it is opened once and closed once, whoever is killed when.
 */
#include "provisioner/facts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "billing/meter.h"
#include "core/clock.h"
#include "provisioner/facts_private.h"
#include "provisioner/launch_times.h"

#define ADDRESSES_ARENA (4u * 1024 * 1024) /* of a subnet: far beyond one machine */

void facts_machine_name(const char *task, unsigned attempt, char ret[MACHINE_NAME_SIZE])
{
	(void)snprintf(ret, MACHINE_NAME_SIZE, "slipway-%s-%u", task, attempt);
}

bool facts_machine_parse(const char *name, char ret_task[TASK_ID_SIZE], unsigned *ret_attempt)
{
	static const char prefix[] = "slipway-";
	const size_t prefix_len = sizeof(prefix) - 1;
	char again[MACHINE_NAME_SIZE];
	char task[TASK_ID_SIZE] = "";
	unsigned attempt;

	if (strncmp(name, prefix, prefix_len) != 0 ||
	    strspn(name + prefix_len, "0123456789abcdef") != TASK_ID_SIZE - 1)
		return false;
	(void)strncat(task, name + prefix_len, TASK_ID_SIZE - 1);
	/* Whatever else there is, the name made anew from the parts is the same or not ours. */
	attempt = (unsigned)strtoul(name + prefix_len + TASK_ID_SIZE - 1 +
					    (name[prefix_len + TASK_ID_SIZE - 1] == '-'),
				    NULL, 10);
	facts_machine_name(task, attempt, again);
	if (strcmp(again, name) != 0)
		return false;
	memcpy(ret_task, task, TASK_ID_SIZE);
	*ret_attempt = attempt;
	return true;
}

static void copy_container(struct facts_container *to, const struct task_container *from)
{
	to->essential = from->essential;
	to->state = from->state;
	to->has_exit_code = from->has_exit_code;
	to->exit_code = from->exit_code;
	(void)snprintf(to->digest, sizeof(to->digest), "%s", from->image_digest);
	(void)snprintf(to->runtime_id, sizeof(to->runtime_id), "%s", from->runtime_id);
	(void)snprintf(to->reason, sizeof(to->reason), "%s", from->reason);
	to->health = (int)from->health;
	to->restarts = from->restarts;
}

void facts_task_init(struct facts_task *facts, const struct task *task)
{
	memset(facts, 0, sizeof(*facts));
	(void)snprintf(facts->id, sizeof(facts->id), "%s", task->id);
	(void)snprintf(facts->subnet, sizeof(facts->subnet), "%s", task->subnet);
	(void)snprintf(facts->address, sizeof(facts->address), "%s", task->address);
	(void)snprintf(facts->mac, sizeof(facts->mac), "%s", task->mac);
	(void)snprintf(facts->machine, sizeof(facts->machine), "%s", task->machine);
	facts->state = task->state;
	facts->want_stopped = task->want_stopped;
	facts->was_running = task->started_ms != 0;
	facts->pull_started_ms = task->pull_started_ms;
	for (size_t i = 0; i < task->container_count && i < TASK_CONTAINERS_MAX; i++)
		copy_container(&facts->containers[facts->container_count++], &task->containers[i]);
}

bool facts_begun(const struct facts_task *facts)
{
	for (size_t i = 0; i < facts->container_count; i++) {
		if (facts->containers[i].state != CONTAINER_PENDING)
			return true;
	}
	return false;
}

void facts_phase_add(struct facts_task *facts, const char *name, int64_t wall_us)
{
	struct facts_phase *phase;

	if (facts->phase_count == FACTS_PHASES_MAX) /* a guest repeats itself: no loss */
		return;
	phase = &facts->phases[facts->phase_count++];
	(void)snprintf(phase->name, sizeof(phase->name), "%s", name);
	phase->wall_us = wall_us;
}

void facts_phases_count(struct facts_task *facts, int64_t accepted_us)
{
	size_t written = facts->phases_written;

	for (size_t i = 0; i < written; i++) {
		if (facts->phases[i].first)
			launch_times_add(facts->phases[i].name,
					 facts->phases[i].wall_us - accepted_us);
	}
	facts->phase_count -= written;
	facts->phases_written = 0;
	memmove(facts->phases, facts->phases + written,
		facts->phase_count * sizeof(*facts->phases));
}

int facts_flush(struct db *db, struct facts_task *facts, struct err *err)
{
	for (size_t i = 0; i < facts->container_count; i++) {
		struct facts_container *from = &facts->containers[i];
		struct task_container row = {
			.image_digest = from->digest,
			.runtime_id = from->runtime_id,
			.has_exit_code = from->has_exit_code,
			.exit_code = from->exit_code,
			.reason = from->reason,
			.restarts = from->restarts,
		};

		if (!from->dirty)
			continue;
		row.state = from->state;
		row.health = from->health;
		if (task_container_update(db, facts->id, i, &row, err) < 0)
			return -1;
		from->dirty = false;
	}
	for (; facts->phases_written < facts->phase_count; facts->phases_written++) {
		struct facts_phase *phase = &facts->phases[facts->phases_written];

		if (task_phase_put(db, facts->id, phase->name, phase->wall_us, &phase->first, err) <
		    0)
			return -1;
	}
	return 0;
}

int facts_gone(struct db *db, const char *task, const struct machine_life *life, struct err *err)
{
	int result = life->unseen ? meter_lost(db, task, life->lived_ns, err)
				  : meter_gone(db, task, life->lived_ns, life->ended_ns, err);

	return result < 0 ? err_wrap(err, "meter of task %s", task) : 0;
}

int facts_move(struct db *db, struct facts_task *facts, enum task_event event,
	       struct task_change change, int64_t now_ms, struct err *err)
{
	enum task_state from = facts->state;
	enum task_state to;
	bool charged;

	change.pull_stopped_ms = facts->pull_stopped_ms;
	change.connectivity_ms = facts->connectivity_ms;
	/* Containers first: what is told of this version is told with them. */
	if (facts_flush(db, facts, err) < 0)
		return -1;
	if (task_move(db, facts->id, from, event, &change, &to, err) < 0)
		return err_wrap(err, "task %s, %s", facts->id, task_event_name(event));
	facts->state = to;
	facts->pull_stopped_ms = 0;
	facts->connectivity_ms = 0;
	charged = task_state_is_charged(to);
	if (facts->gone && facts_gone(db, facts->id, &facts->life, err) < 0)
		return -1;
	if (charged && !task_state_is_charged(from) && meter_open(db, facts->id, now_ms, err) < 0)
		return err_wrap(err, "meter of task %s", facts->id);
	if (!charged && task_state_is_charged(from) && meter_close(db, facts->id, now_ms, err) < 0)
		return err_wrap(err, "meter of task %s", facts->id);
	return 0;
}

int facts_end(struct db *db, int result, struct err *err)
{
	if (result == 0)
		return db_commit(db, err);
	db_rollback(db);
	return -1;
}

static int compare_addresses(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* The addresses that are held in @subnet, sorted; the caller frees them. */
static int held_addresses(struct db *db, const char *subnet, uint32_t **ret_held, size_t *ret_count,
			  struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ADDRESSES_ARENA);
	const char **texts;
	uint32_t *held;
	size_t count;

	if (task_addresses(db, subnet, arena, &texts, &count, err) < 0)
		return -1;
	held = xcalloc(count + 1, sizeof(*held));
	for (size_t i = 0; i < count; i++) {
		struct in_addr address = {0};

		(void)inet_aton(texts[i], &address); /* damage is an address of nobody */
		held[i] = address.s_addr;
	}
	qsort(held, count, sizeof(*held), compare_addresses);
	*ret_held = held;
	*ret_count = count;
	return 0;
}

static int choose_address(struct db *db, struct network *network, struct network_lease *lease,
			  struct err *err)
{
	AUTO(freep) uint32_t *held = NULL;
	size_t count;

	if (held_addresses(db, lease->subnet, &held, &count, err) < 0)
		return -1;
	for (uint32_t index = 0;; index++) {
		struct in_addr address;

		if (network_address(network, lease->subnet, index, &address, err) < 0)
			return -1;
		if (bsearch(&address.s_addr, held, count, sizeof(*held), compare_addresses))
			continue;
		lease->address = address;
		return network_fill(network, lease, err);
	}
}

static int claim(struct db *db, struct network *network, struct facts_task *facts, int64_t now_ms,
		 struct err *err)
{
	struct network_lease lease = {0};
	struct task_change change = {.pull_started_ms = now_ms};

	(void)snprintf(lease.task, sizeof(lease.task), "%s", facts->id);
	(void)snprintf(lease.subnet, sizeof(lease.subnet), "%s", facts->subnet);
	if (choose_address(db, network, &lease, err) < 0)
		return err_wrap(err, "an address of subnet %s", facts->subnet);
	(void)inet_ntop(AF_INET, &lease.address, facts->address, sizeof(facts->address));
	(void)snprintf(facts->mac, sizeof(facts->mac), "%s", lease.mac);
	if (!facts->machine[0]) /* else it was taken from the pool */
		facts_machine_name(facts->id, 1, facts->machine);
	change.address = facts->address;
	change.mac = facts->mac;
	change.machine = facts->machine;
	facts->pull_started_ms = now_ms;
	facts_phase_add(facts, "claimed", now_ms * 1000);
	return facts_move(db, facts, TASK_EV_CLAIMED, change, now_ms, err);
}

int facts_claim(struct db *db, struct network *network, struct facts_task *facts, int64_t now_ms,
		struct err *err)
{
	if (db_begin(db, err) < 0)
		return -1;
	return facts_end(db, claim(db, network, facts, now_ms, err), err);
}

int facts_rename(struct db *db, struct facts_task *facts, const char *machine, struct err *err)
{
	struct task_change change = {.machine = machine};
	int result;

	if (db_begin(db, err) < 0)
		return -1;
	result = machine_life_put(db, facts->id, &facts->life, err);
	if (result == 0)
		result = task_update(db, facts->id, &change, false, err);
	if (facts_end(db, result, err) < 0)
		return err_wrap(err, "task %s, another machine", facts->id);
	(void)snprintf(facts->machine, sizeof(facts->machine), "%s", machine);
	return 0;
}

static int move_with_life(struct db *db, struct facts_task *facts, enum task_event event,
			  struct task_change change, int64_t now_ms, struct err *err)
{
	if (facts_move(db, facts, event, change, now_ms, err) < 0)
		return -1;
	return machine_life_put(db, facts->id, &facts->life, err);
}

int facts_told(struct db *db, struct facts_task *facts, int64_t now_ms, struct err *err)
{
	struct task_change change = {0};

	if (db_begin(db, err) < 0)
		return -1;
	return facts_end(db, move_with_life(db, facts, TASK_EV_AGENT_UP, change, now_ms, err), err);
}

int facts_stopping(struct db *db, struct facts_task *facts, int64_t now_ms, struct err *err)
{
	struct task_change change = {.want_stopped = true};
	int result;

	if (db_begin(db, err) < 0)
		return -1;
	result = facts_move(db, facts, TASK_EV_STOP_ASKED, change, now_ms, err);
	if (result == 0 && facts->state == TASK_DEACTIVATING)
		result = facts_move(db, facts, TASK_EV_DEACTIVATED, change, now_ms, err);
	return facts_end(db, result, err);
}

void facts_container_end(struct facts_container *container, const char *reason)
{
	container->state = CONTAINER_STOPPED;
	container->dirty = true;
	if (!container->reason[0] && reason)
		(void)snprintf(container->reason, sizeof(container->reason), "%s", reason);
}

int facts_failed(struct db *db, struct facts_task *facts, const struct facts_cause *cause,
		 int64_t now_ms, struct err *err)
{
	struct task_change change = {.stop_code = cause->stop_code,
				     .stopped_reason = cause->reason,
				     .want_stopped = true};

	for (size_t i = 0; i < facts->container_count; i++) {
		if (facts->containers[i].state == CONTAINER_RUNNING)
			change.execution_stopped_ms = now_ms;
		if (facts->containers[i].state != CONTAINER_STOPPED)
			facts_container_end(&facts->containers[i],
					    (int)i == cause->container ? cause->reason : NULL);
	}
	if (db_begin(db, err) < 0)
		return -1;
	return facts_end(db, move_with_life(db, facts, TASK_EV_FAILED, change, now_ms, err), err);
}

int facts_released(struct db *db, struct facts_task *facts, int64_t now_ms, struct err *err)
{
	struct task_change change = {.stopped_ms = now_ms};

	for (size_t i = 0; i < facts->container_count; i++) {
		if (facts->containers[i].state != CONTAINER_STOPPED)
			facts_container_end(&facts->containers[i], NULL);
	}
	facts_phase_add(facts, "stopped", now_ms * 1000);
	if (db_begin(db, err) < 0)
		return -1;
	return facts_end(db, move_with_life(db, facts, TASK_EV_RELEASED, change, now_ms, err), err);
}
