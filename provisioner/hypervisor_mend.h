/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a killed libvirt may leave: machines that it was just starting. Opened again
 * over such a record, libvirt 9.0 holds the machine's job for ever and can neither use
 * nor destroy it; and a QEMU that was started but not yet recorded is nobody's. No
 * task was ever told to such a machine, so both are simply taken away, before
 * libvirt opens.
 */
#ifndef SLIPWAY_PROVISIONER_HYPERVISOR_MEND_H
#define SLIPWAY_PROVISIONER_HYPERVISOR_MEND_H

#include "core/err.h"

/* Clear the embedded driver's @root, which no process has open. *ret_count: how
 * many machines were taken away. An absent root is fine. */
int hypervisor_mend(const char *root, unsigned *ret_count, struct err *err) MUST_CHECK;

/* true for the text of a status file that libvirt can go on from. */
bool hypervisor_status_is_whole(const char *text);

#endif
