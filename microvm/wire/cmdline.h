/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel command line of every microVM. Words of one launch (WIRE_CMDLINE_PROBE)
 * come behind it.
 *
 *   console=ttyS0 quiet      errors reach the machine's console file, nothing else does
 *   panic=-1                 a dead kernel reboots at once, and on_reboot ends the machine
 *   nokaslr                  a kernel for one task, gone with it, gains little from a
 *                            random place and boots later for it
 *   noreplace-smp            leave out patching the kernel for the number of processors
 *   cryptomgr.notests        leave out the self tests of ciphers
 *   random.trust_cpu=on      RDRAND fills the pool at once; the host's entropy comes with the task
 *   i8042.*, pci=...         no hardware that is not there is waited for
 */
#ifndef SLIPWAY_MICROVM_WIRE_CMDLINE_H
#define SLIPWAY_MICROVM_WIRE_CMDLINE_H

#define WIRE_CMDLINE_DEFAULT "console=ttyS0 quiet panic=-1 nokaslr noreplace-smp cryptomgr.notests"

#endif
