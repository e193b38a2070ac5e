/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel command line of every microVM. Words of one launch (WIRE_CMDLINE_PROBE)
 * come behind it.
 *
 *   console=ttyS0 quiet      a dying kernel and the agent's last words reach the machine's
 *                            console file, nothing else does
 *   panic=-1                 a dead kernel reboots at once, which ends the machine
 *   nokaslr                  only for a compressed kernel: to find a random place takes long
 *   noreplace-smp            no patching of the kernel for the number of processors
 *   cryptomgr.notests        no self tests of ciphers
 *   initcall_blacklist       the kernel's list of probes, for tracing, and one more self test:
 *                            a tenth of a second without hardware virtualisation
 */
#ifndef SLIPWAY_MICROVM_WIRE_CMDLINE_H
#define SLIPWAY_MICROVM_WIRE_CMDLINE_H

#define WIRE_CMDLINE_DEFAULT                                                                       \
	"console=ttyS0 quiet panic=-1 nokaslr noreplace-smp cryptomgr.notests "                    \
	"initcall_blacklist=init_kprobe_trace,crypto_kdf108_init"

#endif
