/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the kernel's first call to a machine that can run containers, in two
 * steps: what the port needs, and (after the agent has said hello) the rest.
 */
#ifndef SLIPWAY_MICROVM_AGENT_BOOT_H
#define SLIPWAY_MICROVM_AGENT_BOOT_H

#include "core/err.h"

/* Mount proc, sysfs and devtmpfs, load the modules of the agent's port. */
int boot_channel(struct err *err) MUST_CHECK;

/* Load the modules of disks and network, and move to a root that containers can
 * pivot away from. */
int boot_devices(struct err *err) MUST_CHECK;

/* true if the kernel's command line holds @word. */
bool boot_asked_for(const char *word);

/* Never return: this machine ends. */
_Noreturn void boot_poweroff(void);
/* The same, with a last line on the console. For our own mistakes and a machine
 * that is no use. */
_Noreturn void boot_give_up(const char *why);

#endif
