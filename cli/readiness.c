/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See readiness.h. The gateway answers /healthz; the provisioner writes its status
 * file. The last line of a program's log says best what keeps it from starting.
 */
#include "cli/readiness.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"

#define POLL_MS 100

/* Put the last line of the program's log behind the error. */
static int add_last_words(const struct installation *in, const char *program, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/log/%s.log", in->state, program);
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[2048];
	struct stat info;
	ssize_t len = -1;

	if (fd >= 0 && fstat(fd, &info) == 0) {
		off_t from = info.st_size > (off_t)sizeof(text) - 1
				     ? info.st_size - ((off_t)sizeof(text) - 1)
				     : 0;
		len = pread(fd, text, sizeof(text) - 1, from);
	}
	if (len <= 0)
		return err_set(err, ERR_UNAVAILABLE, "the %s does not start", program);
	text[len] = '\0';
	if (text[len - 1] == '\n')
		text[len - 1] = '\0';
	const char *line = strrchr(text, '\n');
	return err_set(err, ERR_UNAVAILABLE, "the %s does not start; it says: %s", program,
		       line != NULL ? line + 1 : text);
}

static int interrupted(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "interrupted");
}

int readiness_gateway(struct client *client, const struct installation *in,
		      const volatile sig_atomic_t *stop, struct err *err)
{
	for (int64_t waited = 0; waited < READINESS_GATEWAY_MS; waited += POLL_MS) {
		struct err unready = ERR_INIT;
		if (client_health(client, &unready) == 0)
			return 0;
		if (*stop != 0)
			return interrupted(err);
		clock_pause_ms(POLL_MS);
	}
	return add_last_words(in, "gateway", err);
}

int readiness_provisioner(const struct installation *in, int64_t since_ms,
			  const volatile sig_atomic_t *stop, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/provisioner.status", in->state);

	for (int64_t waited = 0; waited < READINESS_PROVISIONER_MS; waited += POLL_MS) {
		struct stat info;
		if (stat(path, &info) == 0 &&
		    (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000 >=
			    since_ms)
			return 0;
		if (*stop != 0)
			return interrupted(err);
		clock_pause_ms(POLL_MS);
	}
	return add_last_words(in, "provisioner", err);
}
