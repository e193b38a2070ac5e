/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interface must be down to be renamed; the guest behind it does not notice. It
 * comes up again only as the isolated port that it shall be, so at no moment does a
 * frame of it reach another task.
 *
 * The old ioctls do, and each is one call; a program (ip) would take ten times as long.
 */
#include "provisioner/network_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_name(char to[IFNAMSIZ], const char *name)
{
	(void)snprintf(to, IFNAMSIZ, "%s", name);
}

static int set_up(int fd, const char *name, bool up, struct err *err)
{
	struct ifreq request = {0};

	set_name(request.ifr_name, name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return err_sys(err, errno, "interface %s", name);
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return err_sys(err, errno, "bring %s %s", name, up ? "up" : "down");
	return 0;
}

static int rename_link(int fd, const char *from, const char *to, struct err *err)
{
	struct ifreq request = {0};

	set_name(request.ifr_name, from);
	set_name(request.ifr_newname, to);
	if (ioctl(fd, SIOCSIFNAME, &request) < 0)
		return err_sys(err, errno, "rename %s to %s", from, to);
	return 0;
}

/* The bridge whose port @tap is; "" for none. */
static void bridge_of(const char *tap, char ret[IFNAMSIZ])
{
	char path[64];
	char target[256];
	char *slash;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/master", tap);
	len = readlink(path, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	slash = strrchr(target, '/');
	set_name(ret, slash ? slash + 1 : "");
}

static int change_port(int fd, unsigned long what, const char *bridge, const char *tap,
		       struct err *err)
{
	struct ifreq request = {.ifr_ifindex = (int)if_nametoindex(tap)};

	set_name(request.ifr_name, bridge);
	if (ioctl(fd, what, &request) < 0)
		return err_sys(err, errno, "port %s of bridge %s", tap, bridge);
	return 0;
}

static int isolate(const char *tap, struct err *err)
{
	char path[80];
	AUTO(fd_closep) int fd = -1;

	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/brport/isolated", tap);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		return err_sys(err, errno, "isolate %s", tap);
	return 0;
}

static int move(int fd, const char *tap, const char *bridge, struct err *err)
{
	char now[IFNAMSIZ];

	bridge_of(tap, now);
	if (strcmp(now, bridge) != 0) {
		if (now[0] && change_port(fd, SIOCBRDELIF, now, tap, err) < 0)
			return -1;
		if (change_port(fd, SIOCBRADDIF, bridge, tap, err) < 0)
			return -1;
	}
	return isolate(tap, err);
}

int network_tap_take(const char *from, const struct network_lease *lease, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(err, errno, "socket");
	if (set_up(fd, from, false, err) < 0 || rename_link(fd, from, lease->tap, err) < 0 ||
	    move(fd, lease->tap, lease->bridge, err) < 0)
		return -1;
	return set_up(fd, lease->tap, true, err);
}
