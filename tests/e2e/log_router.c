/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands for fluent-bit, which Debian does not have: a log router that listens where it is
 * configured to, and writes what it received to its own output, in hexadecimal, a line a
 * read. It goes on until it is told to stop and everybody has hung up.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PEERS_MAX 16

static volatile sig_atomic_t stopped;

static void on_stop(int signo)
{
	(void)signo;
	stopped = 1;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)unlink(path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, PEERS_MAX) < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

/* 0 at the end. */
static ssize_t show(int fd)
{
	unsigned char bytes[4096];
	ssize_t got = read(fd, bytes, sizeof(bytes));

	if (got <= 0)
		return 0;
	printf("%d ", fd);
	for (ssize_t i = 0; i < got; i++)
		printf("%02x", bytes[i]);
	printf("\n");
	return got;
}

int main(int argc, char **argv)
{
	struct pollfd peers[PEERS_MAX + 1] = {{.events = POLLIN}};
	struct sigaction stop = {.sa_handler = on_stop};
	nfds_t count = 1;

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &stop, NULL);
	peers[0].fd = listen_at(argv[1]);
	while (!stopped || count > 1) {
		if (poll(peers, count, 200) <= 0)
			continue;
		for (nfds_t i = count; i-- > 1;) {
			if (peers[i].revents && !show(peers[i].fd)) {
				close(peers[i].fd);
				peers[i] = peers[--count];
			}
		}
		if (peers[0].revents && count <= PEERS_MAX)
			peers[count++] = (struct pollfd){.fd = accept(peers[0].fd, NULL, NULL),
							 .events = POLLIN};
	}
	printf("over\n");
	return 0;
}
