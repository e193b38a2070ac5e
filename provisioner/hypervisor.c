/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qemu.conf of the embedded driver, row by row:
 *
 *   user, group          root, for machines that name no user of their own: machine_start() refuses
 *                        those, so no QEMU ever runs as root. (With a user here that may not open
 *                        /dev/kvm while root may, libvirt holds what it knows of QEMU for
 *                        outdated and asks anew ten times a start, 0.6 s each.)
 *   security_driver      none of SELinux and AppArmor: the DAC driver is always there beside it
 *   dynamic_ownership    off: no file changes hands (see domain_xml.c)
 *   remember_owner       off: needs extended attributes, and there is nothing to remember
 *   seccomp_sandbox      QEMU's own filter: no obsolete calls, no new privileges, no programs,
 *                        no scheduling
 *   namespaces           QEMU sees a /dev of its own with the devices of cgroup_device_acl only;
 *                        not in a plain chroot, where the kernel refuses it
 *   stdio_handler        file: there is no virtlogd
 *   max_core             no core dumps, they would hold a guest's memory
 *
 * Even with another user here libvirt (as root) looks up the one it was built with, so that user
 * must exist; Debian makes it in a package that we do not need.
 */
#include "provisioner/hypervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

#define BUILT_IN_USER "libvirt-qemu"
#define EMULATOR      "/usr/bin/qemu-system-x86_64"
#define FIRMWARE      "/usr/share/qemu/qboot.rom"
#define QEMU_DRIVER   "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"
#define LOCK_FOLDER   "/var/lock"
#define CONF_MAX      4096

/* In a plain chroot "/" is no mount point, and the kernel lets nobody detach it. */
static bool root_is_mounted(void)
{
	struct statx about;

	return statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &about) == 0 &&
	       (!(about.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) ||
		(about.stx_attributes & STATX_ATTR_MOUNT_ROOT));
}

int hypervisor_conf(bool privileged, bool mount_namespace, struct buf *out, struct err *err)
{
	if (buf_append_text(out,
			    "# Written by slipway-provisioner at each start.\n"
			    "security_driver = \"none\"\n"
			    "seccomp_sandbox = 1\n"
			    "stdio_handler = \"file\"\n"
			    "max_core = 0\n"
			    "dump_guest_core = 0\n",
			    err) < 0)
		return -1;
	if (!privileged)
		return 0;
	if (buf_append_text(out,
			    mount_namespace ? "namespaces = [ \"mount\" ]\n" : "namespaces = []\n",
			    err) < 0)
		return -1;
	return buf_append_text(out,
			       "user = \"root\"\n"
			       "group = \"root\"\n"
			       "dynamic_ownership = 0\n"
			       "remember_owner = 0\n"
			       "clear_emulator_capabilities = 1\n"
			       "cgroup_device_acl = [ \"/dev/null\", \"/dev/full\", \"/dev/zero\", "
			       "\"/dev/random\", \"/dev/urandom\", \"/dev/kvm\" ]\n",
			       err);
}

int hypervisor_check(struct buf *ret_lines, struct err *err)
{
	if (access(EMULATOR, X_OK) < 0 &&
	    buf_append_text(ret_lines,
			    "QEMU is missing (" EMULATOR "): apt-get install qemu-system-x86\n",
			    err) < 0)
		return -1;
	if (access(FIRMWARE, R_OK) < 0 && buf_append_text(ret_lines,
							  "QEMU's firmware is missing (" FIRMWARE
							  "): apt-get install qemu-system-data\n",
							  err) < 0)
		return -1;
	if (access(QEMU_DRIVER, R_OK) < 0 &&
	    buf_append_text(ret_lines,
			    "libvirt's QEMU driver is missing (" QEMU_DRIVER
			    "): apt-get install libvirt-daemon-driver-qemu\n",
			    err) < 0)
		return -1;
	if (access(LOCK_FOLDER, W_OK) < 0 &&
	    buf_append_text(ret_lines,
			    LOCK_FOLDER
			    " cannot be written, where libvirt notes which channels are "
			    "open: install -d -m 1777 /run/lock\n",
			    err) < 0)
		return -1;
	if (geteuid() != 0)
		return 0;
	if ((!getpwnam(BUILT_IN_USER) || !getgrnam(BUILT_IN_USER)) &&
	    buf_append_text(ret_lines,
			    "the system user " BUILT_IN_USER
			    " is missing: adduser --system --group "
			    "--no-create-home --home /var/lib/libvirt " BUILT_IN_USER "\n",
			    err) < 0)
		return -1;
	return 0;
}

int hypervisor_prepare(const char *root, char **ret_uri, struct err *err)
{
	AUTO(freep) char *etc = xasprintf("%s/etc", root);
	AUTO(freep) char *lib = xasprintf("%s/lib", root);
	AUTO(freep) char *machines = xasprintf("%s/qemu", lib);
	AUTO(freep) char *path = xasprintf("%s/qemu.conf", etc);
	struct buf text;
	int done = -1;

	if (strlen(root) > HYPERVISOR_ROOT_MAX)
		return err_set(err, ERR_LIMIT, "hypervisor folder %s is longer than %d characters",
			       root, HYPERVISOR_ROOT_MAX);
	if (root[0] != '/' || strpbrk(root, "?&#% "))
		return err_set(err, ERR_INVALID, "hypervisor folder %s cannot stand in a URI",
			       root);
	buf_init(&text, CONF_MAX);
	if (hypervisor_check(&text, err) < 0)
		goto out;
	if (text.len > 0) {
		const char *lines = buf_text(&text);

		done = err_set(err, ERR_NOT_FOUND, "%.*s", lines ? (int)strcspn(lines, "\n") : 0,
			       lines ? lines : "");
		goto out;
	}
	/* QEMU runs as another user and has to pass through to its own folders. libvirt
	 * would make them as the umask of whoever started us says, and never look again. */
	if (file_make_dir(root, 0711, err) < 0 || file_make_dir(lib, 0711, err) < 0 ||
	    file_make_dir(machines, 0711, err) < 0 || file_make_dir(etc, 0755, err) < 0 ||
	    hypervisor_conf(geteuid() == 0, root_is_mounted(), &text, err) < 0 ||
	    file_write(path, text.data, text.len, 0644, err) < 0)
		goto out;
	*ret_uri = xasprintf("qemu:///embed?root=%s", root);
	done = 0;
out:
	buf_done(&text);
	return done;
}
