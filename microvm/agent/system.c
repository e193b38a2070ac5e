/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's 64 random bytes are credited in full and the generator is seeded
 * anew at once, so two machines from one template never share a stream.
 */
#include "microvm/agent/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define ENTROPY_SIZE 64

struct entropy {
	int bits, size; /* as struct rand_pool_info */
	uint8_t bytes[ENTROPY_SIZE];
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int seed(const char *hex, struct err *err)
{
	AUTO(fd_closep) int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
	struct entropy entropy = {.bits = ENTROPY_SIZE * 8, .size = ENTROPY_SIZE};

	for (size_t i = 0; i < ENTROPY_SIZE; i++) {
		int high = digit(hex[2 * i]);
		int low = high < 0 ? -1 : digit(hex[2 * i + 1]);

		if (low < 0)
			return err_set(err, ERR_INVALID, "the entropy is not hexadecimal");
		entropy.bytes[i] = (uint8_t)(high * 16 + low);
	}
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &entropy) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		return err_sys(err, errno, "seed the random generator");
	return 0;
}

int system_identify(const struct wire_task *task, struct err *err)
{
	struct timespec now = {
		.tv_sec = task->wall_time_us / 1000000,
		.tv_nsec = task->wall_time_us % 1000000 * 1000,
	};

	if (seed(task->entropy, err) < 0)
		return -1;
	if (clock_settime(CLOCK_REALTIME, &now) < 0)
		return err_sys(err, errno, "set the clock");
	if (sethostname(task->hostname, strlen(task->hostname)) < 0)
		return err_sys(err, errno, "set the host name");
	return 0;
}
