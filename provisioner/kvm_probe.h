/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether machines can run under KVM here: tried, never assumed.
 */
#ifndef SLIPWAY_PROVISIONER_KVM_PROBE_H
#define SLIPWAY_PROVISIONER_KVM_PROBE_H

#include <sys/types.h>

#include "core/err.h"

#define KVM_WHY_MAX 512

struct kvm_probe_options {
	const char *state_dir; /* the verdict is kept there */
	/* As for machine_host_open(); nobody else may have an embed URI open in this process
	 * meanwhile. */
	const char *run_dir, *uri;
	const char *emulator;	     /* NULL: libvirt's default */
	const char *kernel, *initrd; /* the agent's guest */
	uid_t uid;
	gid_t gid; /* of the probe machine; 0: as libvirt decides */
};

struct kvm_verdict {
	bool works;
	bool kept;	       /* it is that of an earlier start */
	char why[KVM_WHY_MAX]; /* how that was found, and what would mend it */
};

/* Blocks, in the worst case for KVM_BOOT_MS. -1 only if the verdict could not be
 * reached at all (the hypervisor does not open). */
int kvm_probe(const struct kvm_probe_options *options, struct kvm_verdict *ret_verdict,
	      struct err *err) MUST_CHECK;

/* Only what costs nothing: the device, its permissions for @uid and @gid (0: ourselves), and a
 * loop on a virtual processor. works is false if these already say no; for doctor. */
void kvm_probe_device(uid_t uid, gid_t gid, struct kvm_verdict *ret_verdict);

#endif
