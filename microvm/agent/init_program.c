/* SPDX-License-Identifier: Apache-2.0 */
/*
 * It is started by its descriptor: no container has it among its files, and where it runs
 * nothing of ours need be seen.
 */
#include "microvm/agent/init_program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#define PATH "/slipway-init"

static int program_fd = -1;

int init_program_open(struct err *err)
{
	program_fd = open(PATH, O_RDONLY | O_CLOEXEC);
	return program_fd < 0 ? err_sys(err, errno, "open " PATH) : 0;
}

void init_program_become(const char *file, const char *const *args, size_t count,
			 const char *const *env)
{
	const char **argv = xcalloc(count + 3, sizeof(*argv));

	argv[0] = "slipway-init";
	argv[1] = file;
	if (count > 0)
		memcpy(argv + 2, args, count * sizeof(*args));
	(void)syscall(SYS_execveat, program_fd, "", argv, env, AT_EMPTY_PATH);
	free(argv);
}
