/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter of system calls: everything is allowed but what only a host's
 * administrator would do, which fails as it would without the right capability.
 * So programs that try and fall back do fall back. It covers 32-bit calls too.
 *
 * clone3() fails as unknown: its flags lie in memory, where a filter cannot see
 * whether a user namespace is asked for, and the C library falls back to clone().
 */
#include "microvm/filter/filter_rules.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const int refused[] = {
	/* the kernel itself */
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(create_module),
	SCMP_SYS(get_kernel_syms),
	SCMP_SYS(query_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(syslog),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(lookup_dcookie),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(sysfs),
	SCMP_SYS(_sysctl),
	SCMP_SYS(nfsservctl),
	SCMP_SYS(uselib),
	SCMP_SYS(ustat),
	SCMP_SYS(vm86),
	SCMP_SYS(vm86old),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	/* file systems and namespaces */
	SCMP_SYS(mount),
	SCMP_SYS(umount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(setns),
	SCMP_SYS(unshare),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(quotactl),
	SCMP_SYS(quotactl_fd),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(acct),
	SCMP_SYS(fanotify_init),
	/* clock, keys, names, memory of others */
	SCMP_SYS(settimeofday),
	SCMP_SYS(stime),
	SCMP_SYS(clock_settime),
	SCMP_SYS(clock_settime64),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(vhangup),
	SCMP_SYS(set_mempolicy),
	SCMP_SYS(mbind),
	SCMP_SYS(get_mempolicy),
	SCMP_SYS(migrate_pages),
	SCMP_SYS(move_pages),
};

static void release(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

static int add_rules(scmp_filter_ctx filter)
{
	static const int families[] = {AF_VSOCK, AF_ALG};
	int result = 0;

	result |= seccomp_arch_add(filter, SCMP_ARCH_X86);
	result |= seccomp_arch_add(filter, SCMP_ARCH_X32);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		result |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	result |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	result |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				   SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		result |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
					   1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
	return result;
}

int filter_rules_build(struct sock_filter program[FILTER_MAX], size_t *ret_length, struct err *err)
{
	AUTO(release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	AUTO(fd_closep) int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat info;

	if (!filter || fd < 0)
		return err_sys(err, errno, "make the system call filter");
	/* The binary tree makes the kernel look at ten numbers a call instead of at all. */
	if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0 || add_rules(filter) != 0 ||
	    seccomp_export_bpf(filter, fd) < 0 || fstat(fd, &info) < 0)
		return err_set(err, ERR_SYSTEM, "make the system call filter");
	if (info.st_size == 0 || info.st_size > FILTER_MAX * (off_t)sizeof(*program))
		return err_set(err, ERR_LIMIT, "the system call filter is too long");
	if (pread(fd, program, (size_t)info.st_size, 0) != (ssize_t)info.st_size)
		return err_set(err, ERR_SYSTEM, "read the system call filter back");
	*ret_length = (size_t)info.st_size / sizeof(*program);
	return 0;
}
