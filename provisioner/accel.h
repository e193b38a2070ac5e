/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KVM or TCG: what the operator wants, and what a guest that boots says.
 */
#ifndef SLIPWAY_PROVISIONER_ACCEL_H
#define SLIPWAY_PROVISIONER_ACCEL_H

#include "provisioner/kvm_probe.h"

struct accel {
	const char *name;      /* "kvm" or "tcg", a literal */
	char why[KVM_WHY_MAX]; /* how that was found */
};

/* @wanted: "auto", "kvm" or "tcg". Blocks while a probe guest boots. ERR_UNAVAILABLE: kvm is wanted
 * and does not work. */
int accel_choose(const char *wanted, const struct kvm_probe_options *options,
		 struct accel *ret_accel, struct err *err) MUST_CHECK;

#endif
