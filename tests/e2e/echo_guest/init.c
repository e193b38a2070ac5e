/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest guest that can answer: it stands in for the agent where a test is
 * about the machine and not about containers. PID 1 loads the modules that lie in
 * /modules (in the order of their names), opens the agent's port and obeys one line
 * at a time:
 *
 *   echo TEXT    TEXT                 disks     name serial ro|rw size, one disk a line
 *   mem          MemTotal in KiB      cpus      processors online
 *   spin N       microseconds for N rounds of a loop     flood N   N bytes of 'x' and a line end
 *   off          power off            hang      never answer again
 *
 * Each answer ends with a line "." so that a reader knows where it ends.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PORT_NAME  "org.slipway.agent.0"
#define LINE_MAX_  4096
#define RETRY_USEC 5000

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load_modules(void)
{
	struct dirent **list = NULL;
	int count = scandir("/modules", &list, is_visible, by_name);

	for (int i = 0; i < count; i++) {
		char path[512];
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", list[i]->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
			printf("module %s: %s\n", path, strerror(errno));
		close(fd);
	}
}

/* The first line of a small file, without its end; "" if there is none. */
static void read_line(const char *path, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");

	ret[0] = '\0';
	if (file && fgets(ret, (int)size, file))
		ret[strcspn(ret, "\n")] = '\0';
	if (file)
		fclose(file);
}

static int open_port(void)
{
	for (;;) {
		struct dirent **list = NULL;
		int count = scandir("/sys/class/virtio-ports", &list, is_visible, by_name);

		for (int i = 0; i < count; i++) {
			char path[512], name[128];
			int fd;

			snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
				 list[i]->d_name);
			read_line(path, name, sizeof(name));
			if (strcmp(name, PORT_NAME) != 0)
				continue;
			snprintf(path, sizeof(path), "/dev/%s", list[i]->d_name);
			fd = open(path, O_RDWR);
			if (fd >= 0)
				return fd;
		}
		usleep(RETRY_USEC);
	}
}

static void say(int port, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t wrote = write(port, bytes, len);

		if (wrote <= 0) {
			usleep(RETRY_USEC);
			continue;
		}
		bytes += wrote;
		len -= (size_t)wrote;
	}
}

static void say_disks(int port)
{
	struct dirent **list = NULL;
	int count = scandir("/sys/block", &list, is_visible, by_name);

	for (int i = 0; i < count; i++) {
		char path[512], serial[64], readonly[8], size[32], line[512];

		snprintf(path, sizeof(path), "/sys/block/%s/serial", list[i]->d_name);
		read_line(path, serial, sizeof(serial));
		snprintf(path, sizeof(path), "/sys/block/%s/ro", list[i]->d_name);
		read_line(path, readonly, sizeof(readonly));
		snprintf(path, sizeof(path), "/sys/block/%s/size", list[i]->d_name);
		read_line(path, size, sizeof(size));
		snprintf(line, sizeof(line), "%s %s %s %s\n", list[i]->d_name, serial,
			 readonly[0] == '1' ? "ro" : "rw", size);
		say(port, line, strlen(line));
	}
}

static long spin(long rounds)
{
	struct timespec from, to;
	volatile long sum = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < rounds; i++)
		sum += i;
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
}

static void obey(int port, const char *line)
{
	char text[256] = "";

	if (strncmp(line, "echo ", 5) == 0) {
		say(port, line + 5, strlen(line + 5));
		say(port, "\n", 1);
	} else if (strcmp(line, "disks") == 0) {
		say_disks(port);
	} else if (strcmp(line, "mem") == 0) {
		read_line("/proc/meminfo", text, sizeof(text) - 1);
		strcat(text, "\n");
		say(port, text + strcspn(text, "0123456789"),
		    strlen(text + strcspn(text, "0123456789")));
	} else if (strcmp(line, "cpus") == 0) {
		snprintf(text, sizeof(text), "%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
		say(port, text, strlen(text));
	} else if (strncmp(line, "spin ", 5) == 0) {
		snprintf(text, sizeof(text), "%ld\n", spin(atol(line + 5)));
		say(port, text, strlen(text));
	} else if (strncmp(line, "flood ", 6) == 0) {
		static char block[65536];

		memset(block, 'x', sizeof(block));
		for (long left = atol(line + 6); left > 0; left -= (long)sizeof(block))
			say(port, block, left < (long)sizeof(block) ? (size_t)left : sizeof(block));
		say(port, "\n", 1);
	} else if (strcmp(line, "off") == 0) {
		reboot(RB_POWER_OFF);
	} else if (strcmp(line, "hang") == 0) {
		for (;;)
			pause();
	}
	say(port, ".\n", 2);
}

int main(void)
{
	char line[LINE_MAX_];
	size_t have = 0;
	int port;

	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	load_modules();
	port = open_port();
	say(port, "ready\n.\n", 8);
	for (;;) {
		char *end;
		ssize_t got = read(port, line + have, sizeof(line) - 1 - have);

		if (got <= 0) { /* nobody is connected */
			usleep(RETRY_USEC);
			continue;
		}
		have += (size_t)got;
		line[have] = '\0';
		while ((end = memchr(line, '\n', have)) != NULL) {
			*end = '\0';
			obey(port, line);
			have -= (size_t)(end + 1 - line);
			memmove(line, end + 1, have + 1);
		}
		if (have == sizeof(line) - 1)
			have = 0;
	}
}
