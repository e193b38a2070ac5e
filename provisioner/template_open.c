/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU 7.2 opens the file of a memory backend for reading and writing even if it
 * maps it privately, so whoever runs QEMU would need the right to write to what all
 * machines begin from. (From 8.2 on it can be told "readonly=on,rom=off".) This library
 * is loaded into QEMU before all others and opens what it may only read for reading:
 * a private mapping needs no more, and a template stays root's alone.
 *
 * Nothing else changes: a file that QEMU may write is opened as it asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the compiler calls instead where it checks for a missing mode. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl*): the C library's own name */
int __open64_2(const char *path, int flags);

static int open_as_allowed(const char *path, int flags, mode_t mode)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);

	if (fd < 0 && errno == EACCES && (flags & O_ACCMODE) == O_RDWR && !(flags & O_CREAT))
		fd = (int)syscall(SYS_openat, AT_FDCWD, path, (flags & ~O_ACCMODE) | O_RDONLY,
				  mode);
	return fd;
}

int __open64_2(const char *path, int flags)
{
	return open_as_allowed(path, flags, 0);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its header has others */
int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	if (flags & (O_CREAT | O_TMPFILE)) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return open_as_allowed(path, flags, mode);
}
