/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-share - what libvirt starts in the place of virtiofsd, with virtiofsd's words:
 *
 *     slipway-share --fd=N -o source=FILE...
 *
 * FILE says which folder a machine is given (share_place.h). The folder is opened by a road
 * that follows no link and mounted in a mount namespace of this process' own, with nothing that
 * is mounted below it, without devices and programs that change their user; that mount is what
 * virtiofsd, which this process becomes, is shown. virtiofsd locks itself in it: a root
 * of its own, no network, no other processes, a system call filter, and of the capabilities
 * those that giving files to users takes.
 *
 * The mount is needed because virtiofsd opens its source by a path, below which tasks of other
 * machines rename folders and make links.
 *
 * cache=auto: what one task has written and closed, another sees when it opens the file, and
 * names and attributes after a second at most; that is what NFS promises.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provisioner/share_place.h"

/* sys/mount.h and linux/mount.h cannot be had together. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);

#define VIRTIOFSD   "/usr/lib/qemu/virtiofsd"
#define SOURCE	    "source="
#define MOUNT_POINT "/mnt" /* of this process' own tree; the host's is not changed */
/* Each name that a guest has in mind costs a descriptor. */
#define FILES	    "--rlimit-nofile=32768"

struct request {
	const char *fd; /* "--fd=N" */
	char file[SHARE_PATH_SIZE];
};

static int read_words(char **words, struct request *request, struct err *err)
{
	for (; *words; words++) {
		if (strncmp(*words, "--fd=", 5) == 0)
			request->fd = *words;
		else if (strncmp(*words, SOURCE, strlen(SOURCE)) == 0)
			(void)snprintf(request->file, sizeof(request->file), "%.*s",
				       (int)strcspn(*words + strlen(SOURCE), ","),
				       *words + strlen(SOURCE));
	}
	if (!request->fd || !request->file[0])
		return err_set(err, ERR_INVALID, "--fd=N and -o source=FILE are needed");
	return 0;
}

static int mount_folder(const struct share_place *place, struct err *err)
{
	struct mount_attr safe = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	AUTO(fd_closep) int folder = -1;
	AUTO(fd_closep) int tree = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, errno, "make a mount namespace");
	/* Only now: what is opened belongs to this namespace. */
	if (share_place_open(place, &folder, err) < 0)
		return -1;
	tree = (int)syscall(SYS_open_tree, folder, "",
			    AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 ||
	    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &safe, sizeof(safe)) < 0)
		return err_sys(err, errno, "take the folder");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, MOUNT_POINT, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, errno, "mount the folder");
	return 0;
}

/* A guest can make virtiofsd complain as often as it likes. */
static int be_silent(struct err *err)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return err_sys(err, errno, "open /dev/null");
	return 0;
}

static int serve(char **words, struct err *err)
{
	struct request request = {.fd = NULL};
	struct share_place place;

	if (read_words(words, &request, err) < 0 ||
	    share_place_read(request.file, &place, err) < 0 || mount_folder(&place, err) < 0)
		return -1;
	if (access(VIRTIOFSD, X_OK) < 0)
		return err_sys(err, errno, "start " VIRTIOFSD);
	if (be_silent(err) < 0)
		return -1;
	(void)execl(VIRTIOFSD, VIRTIOFSD, request.fd, "-o", SOURCE MOUNT_POINT, "-o",
		    "sandbox=namespace,cache=auto,no_xattr,no_flock,no_posix_lock", "-o",
		    "modcaps=-mknod:-setfcap", FILES, (char *)NULL);
	return err_sys(err, errno, "start " VIRTIOFSD);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	(void)argc;
	(void)serve(argv + 1, &err); /* returns only if it failed */
	(void)fprintf(stderr, "slipway-share: %s\n", err.text);
	return EXIT_FAILURE;
}
