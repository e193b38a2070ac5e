/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use how much: /agent for ourselves, /task for all containers together,
 * /task/N for each, /task/N/check for its health check, /task/N/execM for
 * the command of a person, /task/space for the first process of a shared process space.
 */
#ifndef SLIPWAY_MICROVM_AGENT_CGROUP_H
#define SLIPWAY_MICROVM_AGENT_CGROUP_H

#include "microvm/wire/exec.h"
#include "microvm/wire/message.h"

/* Move the agent to a group that always gets its turn, and out of the OOM
 * killer's reach. */
int cgroup_protect_agent(struct err *err) MUST_CHECK;

#define CGROUP_TASK "/sys/fs/cgroup/task"

/* The group of all containers, without limits. */
int cgroup_make_task(struct err *err) MUST_CHECK;
void cgroup_remove_task(void);
int cgroup_limit_task(const struct wire_task *task, struct err *err) MUST_CHECK;

/* The container's group; *ret_fd is its folder, for CLONE_INTO_CGROUP. */
int cgroup_make_container(unsigned index, const struct wire_container *container, int *ret_fd,
			  struct err *err) MUST_CHECK;
/* SIGKILL for everything in it. */
void cgroup_kill_container(unsigned index);
/* Whether any process is in it. */
bool cgroup_container_lives(unsigned index);
void cgroup_remove_container(unsigned index);

/* A group without limits of its own below the container's; *ret_fd is its folder. */
int cgroup_make_check(unsigned index, int *ret_fd, struct err *err) MUST_CHECK;
/* SIGKILL for everything in it; there need not be one. */
void cgroup_kill_check(unsigned index);

/* The same for a command. */
#define CGROUP_EXECS (2 * WIRE_EXECS_MAX) /* slots; some that were abandoned are ending yet */
int cgroup_make_exec(unsigned index, unsigned slot, int *ret_fd, struct err *err) MUST_CHECK;
void cgroup_kill_exec(unsigned index, unsigned slot);
void cgroup_remove_exec(unsigned index, unsigned slot);

/* A group for what is no container's and has the task's limits; *ret_fd is its folder. */
int cgroup_make_space(int *ret_fd, struct err *err) MUST_CHECK;

struct cgroup_usage {
	int64_t cpu_us, memory_bytes, memory_peak_bytes;
	bool out_of_memory; /* the OOM killer struck here */
};
void cgroup_container_usage(unsigned index, struct cgroup_usage *ret_usage);
void cgroup_task_usage(struct cgroup_usage *ret_usage);

/* The limit of a task of @task_mib in a machine with so much memory in all. */
int64_t cgroup_task_memory_mib(int64_t task_mib, int64_t total_mib, int64_t cpus);

/* The proportional weight (1..10000) of @cpu_units in a machine with so many processors. */
int64_t cgroup_weight(int64_t cpu_units, int64_t cpus);

#endif
