/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probe decides, except where the operator wants TCG: then nothing is tried.
 */
#include "provisioner/accel.h"

#include <stdio.h>
#include <string.h>

int accel_choose(const char *wanted, const struct kvm_probe_options *options,
		 struct accel *ret_accel, struct err *err)
{
	struct kvm_verdict verdict;

	if (strcmp(wanted, "tcg") == 0) {
		ret_accel->name = "tcg";
		(void)snprintf(ret_accel->why, sizeof(ret_accel->why), "the configuration says so");
		return 0;
	}
	if (kvm_probe(options, &verdict, err) < 0)
		return -1;
	if (!verdict.works && strcmp(wanted, "kvm") == 0)
		return err_set(err, ERR_UNAVAILABLE,
			       "the configuration wants KVM, which does not work here: %s",
			       verdict.why);
	ret_accel->name = verdict.works ? "kvm" : "tcg";
	memcpy(ret_accel->why, verdict.why, sizeof(ret_accel->why));
	return 0;
}
