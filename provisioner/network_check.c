/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this host lacks for tasks' network, and the command that mends it: a note of
 * every start. It changes nothing.
 */
#include <fcntl.h>
#include <string.h>

#include "provisioner/network.h"
#include "provisioner/network_nft.h"

#define CHAINS_MAX 4096

static bool in_path(const char *program)
{
	static const char *const folders[] = {"/usr/sbin", "/usr/bin",	      "/sbin",
					      "/bin",	   "/usr/local/sbin", "/usr/local/bin"};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		AUTO(freep) char *path = xasprintf("%s/%s", folders[i], program);

		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static int check_forward_drops(struct buf *lines, struct err *err)
{
	struct buf chains;
	char *save = NULL;
	int done = 0;

	buf_init(&chains, CHAINS_MAX);
	if (network_nft_find_drops(&chains, err) < 0) {
		done = buf_printf(lines, err, "the packet filter cannot be read: %s\n", err->text);
	} else if (chains.len > 0 && buf_text(&chains)) {
		char *chain = strtok_r((char *)chains.data, "\n", &save);

		for (; chain && done == 0; chain = strtok_r(NULL, "\n", &save)) {
			/* Docker leaves a chain for others' rules, and evaluates it first. */
			bool docker = strcmp(chain, "ip filter FORWARD") == 0;

			done = buf_printf(
				lines, err,
				"the chain %s drops forwarded packets by policy, ours too: nft "
				"insert rule %s iifname \"slb*\" accept; nft insert rule %s "
				"oifname \"slb*\" ct state established,related accept\n",
				chain, docker ? "ip filter DOCKER-USER" : chain,
				docker ? "ip filter DOCKER-USER" : chain);
		}
	}
	buf_done(&chains);
	return done;
}

static int check_bridge(struct buf *lines, struct err *err)
{
	if (geteuid() != 0)
		return buf_append_text(lines,
				       "bridges need root: run as root or set "
				       "network_mode = user\n",
				       err);
	if (access("/dev/net/tun", R_OK | W_OK) < 0 &&
	    buf_append_text(lines, "/dev/net/tun is missing: modprobe tun\n", err) < 0)
		return -1;
	if (!in_path("ip") &&
	    buf_append_text(lines, "ip is missing: apt-get install iproute2\n", err) < 0)
		return -1;
	return check_forward_drops(lines, err);
}

int network_check(enum network_mode mode, struct buf *ret_lines, struct err *err)
{
	if (mode == NETWORK_BRIDGE)
		return check_bridge(ret_lines, err);
	if (!in_path("passt"))
		return buf_append_text(ret_lines, "passt is missing: apt-get install passt\n", err);
	return 0;
}
