/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup 2. Memory of the whole task is bounded by one group, so a task that
 * takes too much meets the OOM killer there and never takes the agent's. The
 * agent has a group beside it whose weight is the largest there is: a hundred to
 * one against all containers together, so it is heard however busy they are.
 */
#include "microvm/agent/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "microvm/agent/sysfile.h"

#define ROOT	      "/sys/fs/cgroup"
#define CONTROLLERS   "+cpu +memory +pids +io"
#define PATH_SIZE     128
#define MIB	      (INT64_C(1024) * 1024)
#define WEIGHT_MAX    10000
#define UNITS_OF_MAX  16384 /* the largest task has 16 vCPUs */
#define CPU_PERIOD_US 100000
#define PIDS_MAX      32768 /* of all containers: pid_max; memory is the limit before it */

static int make_group(const char *path, struct err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make %s", path);
	return 0;
}

int64_t cgroup_weight(int64_t cpu_units)
{
	int64_t weight = cpu_units * WEIGHT_MAX / UNITS_OF_MAX;

	if (weight < 1)
		return 1;
	return weight < WEIGHT_MAX ? weight : WEIGHT_MAX;
}

int cgroup_protect_agent(struct err *err)
{
	if (sysfile_write(ROOT "/cgroup.subtree_control", CONTROLLERS, err) < 0 ||
	    make_group(ROOT "/agent", err) < 0 ||
	    sysfile_write(ROOT "/agent/cpu.weight", "%d", err, WEIGHT_MAX) < 0 ||
	    sysfile_write(ROOT "/agent/cgroup.procs", "0", err) < 0 ||
	    sysfile_write("/proc/self/oom_score_adj", "-1000", err) < 0)
		return err_wrap(err, "protect the agent");
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		return err_sys(err, errno, "lock the agent's memory");
	return 0;
}

int cgroup_make_task(const struct wire_task *task, struct err *err)
{
	if (make_group(ROOT "/task", err) < 0 ||
	    sysfile_write(ROOT "/task/cgroup.subtree_control", CONTROLLERS, err) < 0 ||
	    sysfile_write(ROOT "/task/memory.max", "%" PRId64, err, task->memory_mib * MIB) < 0 ||
	    sysfile_write(ROOT "/task/pids.max", "%d", err, PIDS_MAX) < 0)
		return err_wrap(err, "limit the task");
	if (task->cpu_units > 0 &&
	    sysfile_write(ROOT "/task/cpu.max", "%" PRId64 " %d", err,
			  task->cpu_units * CPU_PERIOD_US / 1024, CPU_PERIOD_US) < 0)
		return err_wrap(err, "limit the task");
	return 0;
}

static const char *file_of(unsigned index, const char *name, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, ROOT "/task/%u%s%s", index, *name ? "/" : "", name);
	return path;
}

static int limit_container(unsigned index, const struct wire_container *container, struct err *err)
{
	char path[PATH_SIZE];

	if (sysfile_write(file_of(index, "cpu.weight", path), "%" PRId64, err,
			  cgroup_weight(container->cpu_units)) < 0)
		return -1;
	if (container->memory_mib > 0 &&
	    sysfile_write(file_of(index, "memory.max", path), "%" PRId64, err,
			  container->memory_mib * MIB) < 0)
		return -1;
	if (container->memory_reservation_mib > 0 &&
	    sysfile_write(file_of(index, "memory.low", path), "%" PRId64, err,
			  container->memory_reservation_mib * MIB) < 0)
		return -1;
	return 0;
}

int cgroup_make_container(unsigned index, const struct wire_container *container, int *ret_fd,
			  struct err *err)
{
	char path[PATH_SIZE];
	int fd;

	if (make_group(file_of(index, "", path), err) < 0 ||
	    limit_container(index, container, err) < 0)
		return err_wrap(err, "limit the container");
	fd = open(file_of(index, "", path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	*ret_fd = fd;
	return 0;
}

void cgroup_kill_container(unsigned index)
{
	struct err err = ERR_INIT;
	char path[PATH_SIZE];

	/* A group that is gone has nobody to kill. */
	(void)!sysfile_write(file_of(index, "cgroup.kill", path), "1", &err);
}

void cgroup_remove_container(unsigned index)
{
	char path[PATH_SIZE];

	(void)rmdir(file_of(index, "", path)); /* it would only lie about until the end */
}

void cgroup_container_usage(unsigned index, struct cgroup_usage *ret_usage)
{
	char path[PATH_SIZE];

	*ret_usage = (struct cgroup_usage){
		.cpu_us = sysfile_keyed(file_of(index, "cpu.stat", path), "usage_usec"),
		.memory_bytes = sysfile_number(file_of(index, "memory.current", path), 0),
		.memory_peak_bytes = sysfile_number(file_of(index, "memory.peak", path), 0),
		.out_of_memory =
			sysfile_keyed(file_of(index, "memory.events", path), "oom_kill") > 0,
	};
}

void cgroup_task_usage(struct cgroup_usage *ret_usage)
{
	int64_t cached = sysfile_keyed(ROOT "/task/memory.stat", "inactive_file");

	*ret_usage = (struct cgroup_usage){
		.cpu_us = sysfile_keyed(ROOT "/task/cpu.stat", "usage_usec"),
		/* What could be dropped at any time is not in use. */
		.memory_bytes = sysfile_number(ROOT "/task/memory.current", cached) - cached,
		.memory_peak_bytes = sysfile_number(ROOT "/task/memory.peak", 0),
		.out_of_memory = sysfile_keyed(ROOT "/task/memory.events", "oom_kill") > 0,
	};
	if (ret_usage->memory_bytes < 0)
		ret_usage->memory_bytes = 0; /* the two were read one after the other */
}
