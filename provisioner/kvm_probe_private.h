/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of the probe, one by one, for its own files and tests.
 */
#ifndef SLIPWAY_PROVISIONER_KVM_PROBE_PRIVATE_H
#define SLIPWAY_PROVISIONER_KVM_PROBE_PRIVATE_H

#include "provisioner/kvm_probe.h"

#define KVM_BOOT_MS 20000 /* hardware needs one or two seconds, on a busy host some more */
#define KVM_LOOP_MS 200	  /* hardware needs one or two for the loop; emulation 1800 */

/* Boot the agent's guest under @accel and wait for its hello. 0 and *ret_spoke; -1 if
 * the hypervisor cannot be used at all. */
int kvm_probe_boot(const struct kvm_probe_options *options, const char *accel, int64_t deadline_ms,
		   bool *ret_spoke, char why[KVM_WHY_MAX], struct err *err) MUST_CHECK;

/* How long the loop ran on a virtual processor. ERR_TIMEOUT when it was cut off. */
int kvm_loop(int64_t limit_ms, int64_t *ret_ns, struct err *err) MUST_CHECK;

/* The kept verdict; false if there is none for @key. */
bool kvm_verdict_read(const char *path, const char *key, struct kvm_verdict *ret_verdict);
int kvm_verdict_write(const char *path, const char *key, const struct kvm_verdict *verdict,
		      struct err *err) MUST_CHECK;

#endif
