/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup 2. Memory of the whole task is bounded by one group, so a task that
 * takes too much meets the OOM killer there and never takes the agent's. The
 * agent has a group beside it whose weight is the largest there is: a hundred to
 * one against all containers together, so it is heard however busy they are.
 *
 * For that the group's limit must be met before the machine's: a machine that has
 * no page left looks for some for minutes before it kills. So the task's limit
 * never exceeds what the kernel and we leave of MemTotal, which is nothing for a
 * machine that was made that much larger than its task.
 *
 * The agent's pages need no lock: there is no swap, and its program lies in the
 * initramfs, which is memory that cannot be dropped.
 */
#include "microvm/agent/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "microvm/agent/sysfile.h"

#define ROOT	       "/sys/fs/cgroup"
#define CONTROLLERS    "+cpu +memory +pids +io"
#define PATH_SIZE      128
#define FOLDERS	       16 /* open at once */
#define MIB	       (INT64_C(1024) * 1024)
#define WEIGHT_MAX     10000
#define UNITS_A_CPU    1024
#define UNITS_OF_MAX   16384 /* Fargate's largest task has 16 vCPUs */
#define CPU_PERIOD_US  100000
/* What kernel and agent hold of MemTotal beside the task, measured by tasks of 512 to
 * 8192 MiB that take all they can get. The free pages below come on top. */
#define KERNEL_MIB     31
#define KERNEL_CPU_MIB 3   /* for each processor but the first */
#define KERNEL_SHARE   128 /* one part in so many of all memory */
/* Free pages that the kernel keeps for itself: one in so many, within bounds. Its own
 * choice, 26 MiB for large pages' sake, is too much for a small machine. */
#define FREE_SHARE     512
#define FREE_MIN_MIB   2
#define FREE_MAX_MIB   16
#define PIDS_KEPT      256   /* threads that containers leave to the kernel and to us */
#define PIDS_MAX       30000 /* of all containers; below pid_max */

static int make_group(const char *path, struct err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make %s", path);
	return 0;
}

int64_t cgroup_weight(int64_t cpu_units, int64_t cpus)
{
	int64_t most = cpus * UNITS_A_CPU > UNITS_OF_MAX ? cpus * UNITS_A_CPU : UNITS_OF_MAX;
	int64_t weight = cpu_units * WEIGHT_MAX / most;

	if (weight < 1)
		return 1;
	return weight < WEIGHT_MAX ? weight : WEIGHT_MAX;
}

static int64_t free_kib(int64_t total_mib)
{
	int64_t kib = total_mib * 1024 / FREE_SHARE;

	if (kib < FREE_MIN_MIB * 1024)
		return FREE_MIN_MIB * 1024;
	return kib < FREE_MAX_MIB * 1024 ? kib : FREE_MAX_MIB * 1024;
}

int64_t cgroup_task_memory_mib(int64_t task_mib, int64_t total_mib, int64_t cpus)
{
	int64_t kept = KERNEL_MIB + KERNEL_CPU_MIB * (cpus - 1) + total_mib / KERNEL_SHARE +
		       free_kib(total_mib) / 1024;
	int64_t left = total_mib - kept;

	if (task_mib <= left)
		return task_mib;
	return left > 0 ? left : 1;
}

static int64_t total_mib(void)
{
	struct sysinfo info;

	(void)sysinfo(&info); /* cannot fail with a valid pointer */
	return (int64_t)(info.totalram * info.mem_unit / MIB);
}

int cgroup_protect_agent(struct err *err)
{
	if (sysfile_write(ROOT "/cgroup.subtree_control", CONTROLLERS, err) < 0 ||
	    make_group(ROOT "/agent", err) < 0 ||
	    sysfile_write(ROOT "/agent/cpu.weight", "%d", err, WEIGHT_MAX) < 0 ||
	    sysfile_write(ROOT "/agent/cgroup.procs", "0", err) < 0 ||
	    sysfile_write("/proc/self/oom_score_adj", "-1000", err) < 0 ||
	    sysfile_write("/proc/sys/vm/min_free_kbytes", "%" PRId64, err, free_kib(total_mib())) <
		    0)
		return err_wrap(err, "protect the agent");
	return 0;
}

/* A small machine's kernel allows fewer threads than there are process numbers. */
static int64_t pids_max(void)
{
	int64_t most = sysfile_number("/proc/sys/kernel/threads-max", PIDS_MAX) - PIDS_KEPT;

	return most < PIDS_MAX ? most : PIDS_MAX;
}

int cgroup_make_task(struct err *err)
{
	if (make_group(ROOT "/task", err) < 0 ||
	    sysfile_write(ROOT "/task/cgroup.subtree_control", CONTROLLERS, err) < 0)
		return err_wrap(err, "group of the task");
	return 0;
}

void cgroup_remove_task(void)
{
	(void)rmdir(ROOT "/task"); /* what it has counted would be the task's */
}

int cgroup_limit_task(const struct wire_task *task, struct err *err)
{
	int64_t memory_mib = cgroup_task_memory_mib(task->memory_mib, total_mib(), get_nprocs());

	if (sysfile_write(ROOT "/task/memory.max", "%" PRId64, err, memory_mib * MIB) < 0 ||
	    sysfile_write(ROOT "/task/pids.max", "%" PRId64, err, pids_max()) < 0)
		return err_wrap(err, "limit the task");
	if (task->cpu_units > 0 &&
	    sysfile_write(ROOT "/task/cpu.max", "%" PRId64 " %d", err,
			  task->cpu_units * CPU_PERIOD_US / UNITS_A_CPU, CPU_PERIOD_US) < 0)
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
			  cgroup_weight(container->cpu_units, get_nprocs())) < 0)
		return -1;
	/* Its output's buffer is charged to it, and is none of what it asked for. */
	if (container->memory_mib > 0 &&
	    sysfile_write(file_of(index, "memory.max", path), "%" PRId64, err,
			  container->memory_mib * MIB + container->output_buffer_bytes) < 0)
		return -1;
	if (container->memory_reservation_mib > 0 &&
	    sysfile_write(file_of(index, "memory.low", path), "%" PRId64, err,
			  container->memory_reservation_mib * MIB) < 0)
		return -1;
	return 0;
}

static int open_group(const char *path, int *ret_fd, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	*ret_fd = fd;
	return 0;
}

static int remove_group(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)where;
	if (kind == FTW_DP)
		(void)rmdir(path); /* who cannot go yet is empty */
	return 0;
}

int cgroup_make_container(unsigned index, const struct wire_container *container, int *ret_fd,
			  struct err *err)
{
	char path[PATH_SIZE];

	/* Before a restart: where it made groups of its own none of its processes could begin. */
	if (container->privileged)
		(void)nftw(file_of(index, "", path), remove_group, FOLDERS, FTW_DEPTH | FTW_PHYS);
	if (make_group(file_of(index, "", path), err) < 0 ||
	    limit_container(index, container, err) < 0)
		return err_wrap(err, "limit the container");
	return open_group(file_of(index, "", path), ret_fd, err);
}

int cgroup_make_check(unsigned index, int *ret_fd, struct err *err)
{
	char path[PATH_SIZE];

	if (make_group(file_of(index, "check", path), err) < 0)
		return -1;
	return open_group(path, ret_fd, err);
}

void cgroup_kill_check(unsigned index)
{
	struct err err = ERR_INIT;
	char path[PATH_SIZE];

	(void)!sysfile_write(file_of(index, "check/cgroup.kill", path), "1", &err);
}

static const char *exec_file(unsigned index, unsigned slot, const char *name, char path[PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, ROOT "/task/%u/exec%u%s", index, slot, name);
	return path;
}

int cgroup_make_exec(unsigned index, unsigned slot, int *ret_fd, struct err *err)
{
	char path[PATH_SIZE];

	if (make_group(exec_file(index, slot, "", path), err) < 0)
		return -1;
	return open_group(path, ret_fd, err);
}

void cgroup_kill_exec(unsigned index, unsigned slot)
{
	struct err err = ERR_INIT;
	char path[PATH_SIZE];

	(void)!sysfile_write(exec_file(index, slot, "/cgroup.kill", path), "1", &err);
}

void cgroup_remove_exec(unsigned index, unsigned slot)
{
	char path[PATH_SIZE];

	(void)rmdir(
		exec_file(index, slot, "", path)); /* who is dying yet keeps it: it is used again */
}

int cgroup_make_space(int *ret_fd, struct err *err)
{
	if (make_group(CGROUP_TASK "/space", err) < 0)
		return -1;
	return open_group(CGROUP_TASK "/space", ret_fd, err);
}

void cgroup_kill_container(unsigned index)
{
	struct err err = ERR_INIT;
	char path[PATH_SIZE];

	/* A group that is gone has nobody to kill. */
	(void)!sysfile_write(file_of(index, "cgroup.kill", path), "1", &err);
}

bool cgroup_container_lives(unsigned index)
{
	char path[PATH_SIZE];

	return sysfile_keyed(file_of(index, "cgroup.events", path), "populated") > 0;
}

void cgroup_remove_container(unsigned index)
{
	char path[PATH_SIZE];

	(void)rmdir(file_of(index, "check", path));
	for (unsigned slot = 0; slot < CGROUP_EXECS; slot++)
		cgroup_remove_exec(index, slot);
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
