/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the clocks, or the values that a test has put in their place. The
 * faked values are atomics, because jobs on other threads read them too.
 */
#include "core/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define BOOT_ID_LEN 36
#define NS_A_MS	    1000000

static atomic_bool faked;
static _Atomic int64_t fake_wall_ms, fake_boot_ns, stepped_us;

static struct timespec clock_read(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) < 0)
		abort(); /* both clocks exist on every kernel that can run this */
	return now;
}

int64_t clock_wall_us(void)
{
	struct timespec now;

	if (faked)
		return fake_wall_ms * 1000;
	now = clock_read(CLOCK_REALTIME);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + stepped_us;
}

int64_t clock_wall_ms(void)
{
	return clock_wall_us() / 1000;
}

int64_t clock_boot_ns(void)
{
	struct timespec now;

	if (faked)
		return fake_boot_ns;
	now = clock_read(CLOCK_BOOTTIME);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_boot_ms(void)
{
	return clock_boot_ns() / NS_A_MS;
}

int64_t clock_ms_since(int64_t boot_ns)
{
	return (clock_boot_ns() - boot_ns) / NS_A_MS;
}

void clock_pause_ms(int64_t ms)
{
	const struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&span, NULL); /* cut short: whoever waits looks again */
}

void clock_fake(int64_t wall_ms, int64_t boot_ns)
{
	fake_wall_ms = wall_ms;
	fake_boot_ns = boot_ns;
	faked = true;
}

void clock_real(void)
{
	faked = false;
}

void clock_step_wall(int64_t ms)
{
	stepped_us += ms * 1000;
}

static char boot_id[BOOT_ID_LEN + 1];

/*
 * Where the kernel does not tell (no /proc), the id is a random one of this
 * process: boot times then compare with no other process's, which is the safe side.
 */
static void read_boot_id(void)
{
	AUTO(fd_closep) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	uint8_t random[BOOT_ID_LEN / 2];

	if (fd >= 0 && read(fd, boot_id, BOOT_ID_LEN) == BOOT_ID_LEN)
		return;
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		abort();
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(boot_id + 2 * i, 3, "%02x", random[i]);
}

const char *clock_boot_id(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pthread_once(&once, read_boot_id) != 0)
		abort();
	return boot_id;
}

char *clock_iso(int64_t wall_ms, char *ret)
{
	int64_t ms = wall_ms % 1000;
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm parts;
	size_t len;

	/* Before 1970 the remainder is negative: borrow a second. */
	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	/* Milliseconds in 64 bits end in year 292278994, which both calls can do. */
	if (!gmtime_r(&seconds, &parts))
		abort();
	len = strftime(ret, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(ret + len, CLOCK_ISO_SIZE - len, ".%03uZ", (unsigned)ms % 1000);
	return ret;
}
