/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the kernel's order, so that a name's place is its number.
 */
#include "store/capability.h"

#include <string.h>

static const char *const names[] = {
	"CHOWN",
	"DAC_OVERRIDE",
	"DAC_READ_SEARCH",
	"FOWNER",
	"FSETID",
	"KILL",
	"SETGID",
	"SETUID",
	"SETPCAP",
	"LINUX_IMMUTABLE",
	"NET_BIND_SERVICE",
	"NET_BROADCAST",
	"NET_ADMIN",
	"NET_RAW",
	"IPC_LOCK",
	"IPC_OWNER",
	"SYS_MODULE",
	"SYS_RAWIO",
	"SYS_CHROOT",
	"SYS_PTRACE",
	"SYS_PACCT",
	"SYS_ADMIN",
	"SYS_BOOT",
	"SYS_NICE",
	"SYS_RESOURCE",
	"SYS_TIME",
	"SYS_TTY_CONFIG",
	"MKNOD",
	"LEASE",
	"AUDIT_WRITE",
	"AUDIT_CONTROL",
	"SETFCAP",
	"MAC_OVERRIDE",
	"MAC_ADMIN",
	"SYSLOG",
	"WAKE_ALARM",
	"BLOCK_SUSPEND",
	"AUDIT_READ",
	"PERFMON",
	"BPF",
	"CHECKPOINT_RESTORE",
};

int64_t capability_bits(const char *name)
{
	if (strcmp(name, "ALL") == 0)
		return (INT64_C(1) << ARRAY_LEN(names)) - 1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return INT64_C(1) << i;
	}
	return 0;
}

int64_t capability_set(const struct shape_list *list)
{
	const char *const *items = list->items;
	int64_t set = 0;

	for (size_t i = 0; i < list->count; i++)
		set |= capability_bits(items[i]);
	return set;
}
