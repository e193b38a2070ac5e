/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's API does not tell a machine's process, but its embedded driver has QEMU write
 * the number into ROOT/run/qemu/NAME.pid, which is there before the machine counts as started
 * and goes with it.
 */
#include "core/file.h"
#include "provisioner/machine_libvirt_private.h"

#define PID_MAX_LEN 32

int machine_process(struct machine_host *host, const char *name, struct process_id *ret_process,
		    struct err *err)
{
	AUTO(freep) char *path = NULL;
	AUTO(buf_done) struct buf number;
	long pid = 0;

	buf_init(&number, PID_MAX_LEN);
	if (!host->embed_root)
		return err_set(err, ERR_UNSUPPORTED, "the processes of %s are not known",
			       host->uri);
	path = xasprintf("%s/run/qemu/%s.pid", host->embed_root, name);
	if (file_read(path, &number, err) < 0)
		return -1;
	if (buf_text(&number))
		pid = strtol(buf_text(&number), NULL, 10);
	if (pid <= 1 || pid > INT32_MAX)
		return err_set(err, ERR_CORRUPT, "%s holds no number of a process", path);
	return process_find((pid_t)pid, ret_process, err);
}
