/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU 7.2 opens the file of a memory backend for reading and writing even if it
 * maps it privately, so whoever runs QEMU would need the right to write to what all
 * machines begin from. (From 8.2 on it can be told "readonly=on,rom=off".) This library
 * is loaded into QEMU before all others and opens what it may only read for reading:
 * a private mapping needs no more, and a template stays root's alone.
 *
 * Nothing else changes: only a file called "memory" that it may not write is opened otherwise
 * than it asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the compiler calls instead where it checks for a missing mode. */
/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl*): the C library's own name */
int __open64_2(const char *path, int flags);

static int is_memory(const char *path)
{
	const char *end = strrchr(path, '/');

	return end && strcmp(end, "/memory") == 0;
}

static int open_as_allowed(const char *path, int flags, mode_t mode)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);

	if (fd < 0 && errno == EACCES && (flags & O_ACCMODE) == O_RDWR && is_memory(path))
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
