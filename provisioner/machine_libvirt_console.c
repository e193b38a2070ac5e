/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console of a guest in a file, bounded. The guest decides how much it writes, so
 * QEMU does not get the file but a named pipe beside it (PATH.pipe), and the loop copies: the
 * first CONSOLE_MAX bytes into PATH (a boot that failed says why at its start), after that
 * nothing. While nobody reads (this program is down) the pipe fills and QEMU drops.
 *
 * The pipe is made before the machine, is unlinked when QEMU is gone, and is opened
 * again for machines that outlived the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "provisioner/machine_libvirt_private.h"

#define CONSOLE_MAX (256 * 1024)
#define COPY_SIZE   4096
#define PIPE_SUFFIX ".pipe"

struct machine_console {
	struct machine_console *next;
	struct machine_host *host;
	struct loop_fd *watch;
	int pipe_fd, file_fd;
	char *pipe_path;
};

struct follow_call {
	struct machine_host *host;
	char *pipe_path;
};

int machine_console_make(const char *console_path, uid_t uid, gid_t gid, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s" PIPE_SUFFIX, console_path);

	/* One may be left of a start that was cut short, or the name is in use. */
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make %s", path);
	if (uid != 0 && chown(path, uid, gid) < 0)
		return err_sys(err, errno, "give %s to its machine", path);
	return 0;
}

void machine_console_remove(const char *console_path)
{
	AUTO(freep) char *path = xasprintf("%s" PIPE_SUFFIX, console_path);

	(void)unlink(path);
}

static void console_close(struct machine_console *console)
{
	struct machine_console **at = &console->host->consoles;

	while (*at != console)
		at = &(*at)->next;
	*at = console->next;
	loop_fd_remove(console->watch);
	close(console->pipe_fd);
	close(console->file_fd);
	free(console->pipe_path);
	free(console);
}

static void on_console(void *ctx, unsigned events)
{
	struct machine_console *console = ctx;
	char bytes[COPY_SIZE];
	ssize_t got = read(console->pipe_fd, bytes, sizeof(bytes));
	off_t size = lseek(console->file_fd, 0, SEEK_END);

	(void)events;
	if (got <= 0) { /* QEMU, its only writer, is gone */
		if (got < 0 && errno == EAGAIN)
			return;
		(void)unlink(console->pipe_path);
		console_close(console);
		return;
	}
	if (size >= 0 && size + got <= CONSOLE_MAX)
		(void)!write(console->file_fd, bytes, (size_t)got); /* a full disk loses it */
}

static void follow(void *ctx)
{
	struct follow_call *call = ctx;
	AUTO(freep) char *path = STEAL(call->pipe_path, NULL);
	struct machine_host *host = call->host;
	AUTO(freep) char *file_path = xstrndup(path, strlen(path) - strlen(PIPE_SUFFIX));
	AUTO(fd_closep) int pipe_fd = -1;
	AUTO(fd_closep) int file_fd = -1;
	struct machine_console *console;
	struct loop_fd *watch = NULL;
	struct err err = ERR_INIT;

	free(call);
	if (!host->closed) {
		pipe_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
		file_fd = open(file_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			       0600);
	}
	console = xcalloc(1, sizeof(*console));
	/* A console that cannot be kept costs nobody the task. */
	if (pipe_fd >= 0 && file_fd >= 0 &&
	    loop_fd_add(host->loop, pipe_fd, LOOP_READ, on_console, console, &watch, &err) == 0) {
		*console = (struct machine_console){.next = host->consoles,
						    .host = host,
						    .watch = watch,
						    .pipe_fd = STEAL(pipe_fd, -1),
						    .file_fd = STEAL(file_fd, -1),
						    .pipe_path = STEAL(path, NULL)};
		host->consoles = console;
	} else {
		free(console);
	}
	machine_host_unref(host);
}

void machine_console_follow(struct machine_host *host, const char *pipe_path)
{
	struct follow_call *call = xcalloc(1, sizeof(*call));

	machine_host_ref(host);
	*call = (struct follow_call){.host = host, .pipe_path = xstrdup(pipe_path)};
	loop_post(host->loop, follow, call);
}

void machine_console_close_all(struct machine_host *host)
{
	/* console_close() takes the console out of the list before it frees it. */
	while (host->consoles)
		console_close(host->consoles); /* NOLINT(clang-analyzer-unix.Malloc): see above */
}
