/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that keeps a few programs running: starts them, restarts those that
 * die (with growing delay), and reaps every orphan below it. libvirt detaches QEMU,
 * so a microVM is nobody's child; as their subreaper this process collects them at
 * once when they end, which libvirt waits for. When that was it notes for the provisioner
 * (cli/witness.h), which may be away just then.
 *
 * It ends on SIGTERM: the programs are stopped, last started first. If it is
 * killed, its programs are killed by the kernel; microVMs live on and are adopted by the
 * next provisioner.
 */
#ifndef SLIPWAY_CLI_SUPERVISOR_H
#define SLIPWAY_CLI_SUPERVISOR_H

#include <sys/types.h>

#include "core/err.h"

#define SUPERVISOR_PROGRAMS_MAX 4
#define SUPERVISOR_STOP_MS	15000 /* a program that has not ended by then is killed */

struct supervisor_program {
	const char *name;
	const char *const *argv; /* argv[0] is a path */
	const char *log_path;	 /* standard output and error */
	const char *pid_path;	 /* its process id is written there at each start */
	const char *user;	 /* run as this system user; NULL: as this one */
};

/* Fork the supervisor. It gets SIGTERM when this process ends. @run_dir: for cli/witness.h. */
int supervisor_fork(const struct supervisor_program *programs, size_t count, const char *run_dir,
		    pid_t *ret_pid, struct err *err) MUST_CHECK;
/* It has; it stays to be waited for, so that its number is nobody else's. */
bool supervisor_has_ended(pid_t pid);

#endif
