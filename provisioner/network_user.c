/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks without privilege: one passt a machine, which speaks Ethernet with QEMU over a
 * socket and makes ordinary connections of the host out of what it hears.
 *
 *   --no-map-gw   the gateway's address is not turned into the host's loopback
 *   --one-off     it ends with the machine
 *   no DHCP, no IPv6: the agent is told its address, as in bridge mode
 *
 * What differs from bridge mode:
 *   - a task has no address that others can reach. Its published ports are listened to on the
 *     host's loopback at 127.x.y.z, for the task's address n.x.y.z, so that no two tasks want the
 *     same; ports below net.ipv4.ip_unprivileged_port_start cannot be had, and the
 *     launch says so
 *   - of the security groups only "published" and port rules open to anywhere count; a rule
 *     with "from" cannot be kept by passt and opens nothing
 *   - a task reaches what the host can reach. The host's own addresses and 169.254.0.0/16 are
 *     kept from it by black holes in the guest (network_blocked()), the loopback by passt
 *
 * Files: RUN_DIR/passt/TASK/s the socket, .../pid. A sweep finds strays by the folders.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "core/file.h"
#include "core/ident.h"
#include "core/proc.h"
#include "provisioner/network_private.h"

#define PASST_DEADLINE_MS 10000
#define PASST_END_MS	  2000
#define PASST_OUTPUT_MAX  8192
#define FOLDER		  "/passt"
#define ARGUMENTS_MAX	  (32 + 4 * NETWORK_PORTS_MAX)

static char *folder_of(const struct network *network, const char *task)
{
	return xasprintf("%s" FOLDER "/%s", network->run_dir, task);
}

/* The passt that serves @folder, or -1: a number alone may be somebody else's by now. */
static pid_t find_passt(const char *folder)
{
	AUTO(freep) char *pid_path = xasprintf("%s/pid", folder);
	AUTO(freep) char *command_path = NULL;
	struct err err = ERR_INIT;
	struct buf text;
	pid_t pid = -1;

	buf_init(&text, PASST_OUTPUT_MAX);
	if (file_read(pid_path, &text, &err) == 0 && buf_text(&text))
		pid = (pid_t)strtol(buf_text(&text), NULL, 10);
	buf_clear(&text);
	if (pid > 1) {
		command_path = xasprintf("/proc/%d/cmdline", (int)pid);
		if (file_read(command_path, &text, &err) < 0 ||
		    !memmem(text.data, text.len, folder, strlen(folder)))
			pid = -1;
	} else {
		pid = -1;
	}
	buf_done(&text);
	return pid;
}

/* A pidfd names one process for ever, and tells when it is gone. Its ports may be closed some
 * milliseconds later: no new passt is asked for the same address so soon. */
static int end_passt(const char *folder, struct err *err)
{
	pid_t pid = find_passt(folder);
	AUTO(fd_closep) int process = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd gone = {.fd = process, .events = POLLIN};

	/* Looked at again: between the look and the pidfd the number may have changed hands. */
	if (process >= 0 && find_passt(folder) == pid) {
		/* It has nothing to save. */
		if (syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
			return err_sys(err, errno, "end passt %d", (int)pid);
		if (poll(&gone, 1, PASST_END_MS) != 1)
			return err_set(err, ERR_TIMEOUT, "passt %d does not end", (int)pid);
	}
	return file_remove_tree(folder, err);
}

static int user_open(struct network *network, struct err *err)
{
	AUTO(freep) char *folder = xasprintf("%s" FOLDER, network->run_dir);
	struct sockaddr_un address;

	/* RUN_DIR/passt/32 digits/s */
	if (strlen(network->run_dir) + strlen(FOLDER) + 36 >= sizeof(address.sun_path))
		return err_set(err, ERR_LIMIT, "run folder %s is too long for sockets",
			       network->run_dir);
	/* QEMU, another user, passes through to its socket. */
	return file_make_dir(folder, 0711, err);
}

static void user_close(struct network *network)
{
	(void)network; /* holds nothing */
}

struct arguments {
	const char *list[ARGUMENTS_MAX + 1];
	char *owned[NETWORK_PORTS_MAX];
	size_t count, owned_count;
};

/* What of @port lies in one door that is open to anywhere. Doors do not overlap. */
static int add_port(struct arguments *arguments, const char *address,
		    const struct network_port *port, const struct network_opening *door,
		    struct err *err)
{
	unsigned first = door->first > port->port ? door->first : port->port;
	unsigned last = network_port_last(port);
	char *value;

	if (door->last < last)
		last = door->last;
	if (door->udp != port->udp || door->from.len != 0 || first > last)
		return 0;
	if (arguments->owned_count == NETWORK_PORTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d port ranges are open",
			       NETWORK_PORTS_MAX);
	value = first == last ? xasprintf("%s/%u", address, first)
			      : xasprintf("%s/%u-%u", address, first, last);
	arguments->owned[arguments->owned_count++] = value;
	arguments->list[arguments->count++] = port->udp ? "-u" : "-t";
	arguments->list[arguments->count++] = value;
	return 0;
}

static int add_ports(struct arguments *arguments, const struct network_lease *lease,
		     const struct network_opening *openings, size_t count, struct err *err)
{
	struct in_addr here = network_user_address(lease->address);
	char address[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &here, address, sizeof(address));
	for (size_t i = 0; i < lease->port_count && i < NETWORK_PORTS_MAX; i++) {
		for (size_t j = 0; lease->ports[i].port != 0 && j < count; j++) {
			if (add_port(arguments, address, &lease->ports[i], &openings[j], err) < 0)
				return -1;
		}
	}
	return 0;
}

static int start_passt(const struct network *network, const struct network_lease *lease,
		       const struct network_opening *openings, size_t count, const char *folder,
		       struct err *err)
{
	AUTO(freep) char *socket = xasprintf("%s/s", folder);
	AUTO(freep) char *pid = xasprintf("%s/pid", folder);
	char address[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], prefix[8];
	struct arguments arguments = {
		.list = {"passt", "--quiet", "--one-off", "--ipv4-only", "--no-map-gw", "--no-dhcp",
			 "--socket", socket, "--pid", pid, "--address", address, "--netmask",
			 prefix, "--gateway", gateway, "--dns", "none"},
		.count = 18,
	};
	struct buf errors;
	struct proc_call call = {.argv = arguments.list,
				 .errors = &errors,
				 .deadline_ms = PASST_DEADLINE_MS,
				 .as_user = geteuid() == 0,
				 .uid = network->uid,
				 .gid = network->gid};
	int code = 0, done;

	inet_ntop(AF_INET, &lease->address, address, sizeof(address));
	inet_ntop(AF_INET, &lease->gateway, gateway, sizeof(gateway));
	(void)snprintf(prefix, sizeof(prefix), "%u", lease->prefix_len);
	buf_init(&errors, PASST_OUTPUT_MAX);
	/* It goes into the background, in a session of its own, once it listens. */
	done = add_ports(&arguments, lease, openings, count, err);
	if (done == 0)
		done = proc_run(&call, &code, err);
	if (done < 0) {
		(void)err_wrap(err, "passt");
	} else if (code != 0) {
		const char *why = buf_text(&errors);
		const char *last = why ? why : "";

		for (const char *at = last; (at = strchr(at, '\n')) && at[1]; at++)
			last = at + 1;
		done = err_set(err, ERR_SYSTEM, "passt: %.*s", (int)strcspn(last, "\n"), last);
	} else if (geteuid() == 0 && chmod(socket, 0666) < 0) {
		/* The machine's user is not passt's. */
		done = err_sys(err, errno, "open %s to its machine", socket);
	}
	for (size_t i = 0; i < arguments.owned_count; i++)
		free(arguments.owned[i]);
	buf_done(&errors);
	return done;
}

static int user_admit(struct network *network, const struct network_lease *lease,
		      const struct network_opening *openings, size_t count, char **ret_socket,
		      struct err *err)
{
	AUTO(freep) char *folder = folder_of(network, lease->task);

	if (!ident_is_name(lease->task, sizeof(lease->task) - 1))
		return err_set(err, ERR_INVALID, "the task's id is not a name");
	if (find_passt(folder) < 0) {
		if (file_remove_tree(folder, err) < 0 || file_make_dir(folder, 0711, err) < 0)
			return -1;
		if (geteuid() == 0 && chown(folder, network->uid, network->gid) < 0)
			return err_sys(err, errno, "give %s to passt", folder);
		if (start_passt(network, lease, openings, count, folder, err) < 0) {
			struct err ignored = ERR_INIT;

			if (end_passt(folder, &ignored) < 0)
				return -1; /* the first reason counts */
			return -1;
		}
	}
	*ret_socket = xasprintf("%s/s", folder);
	return 0;
}

static int user_dismiss(struct network *network, const struct network_lease *lease,
			const struct network_opening *openings, size_t count, struct err *err)
{
	AUTO(freep) char *folder = folder_of(network, lease->task);

	(void)openings; /* the doors close with the process */
	(void)count;
	if (!ident_is_name(lease->task, sizeof(lease->task) - 1))
		return err_set(err, ERR_INVALID, "the task's id is not a name");
	return end_passt(folder, err);
}

static bool is_leased(const char *task, const struct network_lease *leases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(leases[i].task, task) == 0)
			return true;
	return false;
}

static int user_sweep(struct network *network, const struct network_lease *leases, size_t count,
		      struct err *err)
{
	AUTO(freep) char *all = xasprintf("%s" FOLDER, network->run_dir);
	struct dirent *entry;
	DIR *dir = opendir(all);
	int done = 0;

	if (!dir)
		return err_sys(err, errno, "list %s", all);
	while (done == 0 && (entry = readdir(dir)) != NULL) {
		AUTO(freep) char *folder = NULL;

		if (entry->d_name[0] == '.' || is_leased(entry->d_name, leases, count))
			continue;
		folder = folder_of(network, entry->d_name);
		done = end_passt(folder, err);
	}
	closedir(dir);
	return done;
}

static int user_remove(struct network *network, struct err *err)
{
	AUTO(freep) char *all = xasprintf("%s" FOLDER, network->run_dir);

	if (user_sweep(network, NULL, 0, err) < 0)
		return -1;
	return file_remove_tree(all, err);
}

const struct network_way network_way_user = {
	.open = user_open,
	.close = user_close,
	.remove = user_remove,
	.admit = user_admit,
	.dismiss = user_dismiss,
	.sweep = user_sweep,
};
