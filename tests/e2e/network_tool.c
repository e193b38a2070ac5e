/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h by hand, for network_isolation: opens a network and obeys one line at a
 * time, answering each with one line that begins with "ok" or "error".
 *
 *     network_tool bridge|user INSTANCE RUN_DIR [subnet.NAME=CIDR|group.NAME=RULES]...
 *
 * - lease TASK SUBNET INDEX GROUPS PORTS: remember a lease; GROUPS a,b or -; PORTS tcp:80,udp:53
 *   or -. Answers "ok ADDRESS PREFIX GATEWAY MAC TAP BRIDGE"
 * - admit TASK: "ok MICROSECONDS SOCKET|-"
 * - dismiss TASK: "ok MICROSECONDS -"
 * - blank: "ok TAP BRIDGE" for a machine that waits
 * - assume TASK TAP: the lease is the machine's that has this tap
 * - sweep TASK...: these stay
 * - remove; check
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "provisioner/network.h"

#define LEASES_MAX 2048
#define MAP_MAX	   16
#define TEXT_MAX   16384

static struct network_lease *leases;
static size_t lease_count;
static struct network *network;

static struct network_lease *find_lease(const char *task)
{
	for (size_t i = 0; i < lease_count; i++)
		if (strcmp(leases[i].task, task) == 0)
			return &leases[i];
	return NULL;
}

static void fail(const struct err *err)
{
	printf("error %s %s\n", err_code_name(err->code), err->text);
}

static void fill_groups(struct network_lease *lease, char *text)
{
	char *save = NULL;

	for (char *word = strtok_r(text, ",", &save); word && strcmp(word, "-") != 0;
	     word = strtok_r(NULL, ",", &save))
		lease->groups[lease->group_count++] = xstrdup(word); /* for as long as we live */
}

static void fill_ports(struct network_lease *lease, char *text)
{
	char *save = NULL;

	for (char *word = strtok_r(text, ",", &save); word && strcmp(word, "-") != 0;
	     word = strtok_r(NULL, ",", &save))
		lease->ports[lease->port_count++] = (struct network_port){
			.udp = word[0] == 'u', .port = (uint16_t)atoi(word + 4)};
}

static void do_lease(char *arguments)
{
	char task[33], subnet[64], groups[256], ports[1024], address[INET_ADDRSTRLEN],
		gateway[INET_ADDRSTRLEN];
	struct network_lease *lease = find_lease("");
	struct err err = ERR_INIT;
	unsigned index;

	if (sscanf(arguments, "%32s %63s %u %255s %1023s", task, subnet, &index, groups, ports) !=
	    5) {
		printf("error usage\n");
		return;
	}
	lease = find_lease(task);
	if (!lease)
		lease = &leases[lease_count++];
	*lease = (struct network_lease){.prefix_len = 0};
	(void)snprintf(lease->task, sizeof(lease->task), "%s", task);
	(void)snprintf(lease->subnet, sizeof(lease->subnet), "%s", subnet);
	fill_groups(lease, groups);
	fill_ports(lease, ports);
	if (network_address(network, subnet, index, &lease->address, &err) < 0 ||
	    network_fill(network, lease, &err) < 0) {
		fail(&err);
		return;
	}
	inet_ntop(AF_INET, &lease->address, address, sizeof(address));
	inet_ntop(AF_INET, &lease->gateway, gateway, sizeof(gateway));
	printf("ok %s %u %s %s %s %s\n", address, lease->prefix_len, gateway, lease->mac,
	       lease->tap, lease->bridge);
}

static void do_sweep(char *arguments)
{
	struct network_lease *kept = xcalloc(LEASES_MAX, sizeof(*kept));
	struct err err = ERR_INIT;
	int64_t from_ns = clock_boot_ns();
	char *save = NULL;
	size_t count = 0;

	for (char *word = strtok_r(arguments, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (find_lease(word))
			kept[count++] = *find_lease(word);
	if (network_sweep(network, kept, count, &err) < 0)
		fail(&err);
	else
		printf("ok %" PRId64 "\n", (clock_boot_ns() - from_ns) / 1000);
	free(kept);
}

static void do_task(const char *verb, const char *task)
{
	struct network_lease *lease = find_lease(task);
	AUTO(freep) char *socket = NULL;
	struct err err = ERR_INIT;
	int64_t from_ns = clock_boot_ns();
	int done;

	if (!lease) {
		printf("error no such lease\n");
		return;
	}
	done = verb[0] == 'a' ? network_admit(network, lease, &socket, &err)
			      : network_dismiss(network, lease, &err);
	if (done < 0)
		fail(&err);
	else
		printf("ok %" PRId64 " %s\n", (clock_boot_ns() - from_ns) / 1000,
		       socket ? socket : "-");
}

static void do_blank(void)
{
	char tap[NETWORK_TAP_SIZE], bridge[NETWORK_TAP_SIZE];
	struct err err = ERR_INIT;

	if (network_blank(network, tap, bridge, &err) < 0)
		fail(&err);
	else
		printf("ok %s %s\n", tap, bridge);
}

static void do_assume(char *arguments)
{
	char *tap = arguments + strcspn(arguments, " ");
	struct err err = ERR_INIT;
	struct network_lease *lease;

	if (*tap)
		*tap++ = '\0';
	lease = find_lease(arguments);
	if (!lease || !*tap)
		printf("error usage\n");
	else if (network_assume(network, lease, tap, &err) < 0)
		fail(&err);
	else
		printf("ok\n");
}

static void obey(char *line)
{
	char *arguments = line + strcspn(line, " ");
	struct err err = ERR_INIT;
	struct buf text;

	if (*arguments)
		*arguments++ = '\0';
	if (strcmp(line, "lease") == 0) {
		do_lease(arguments);
	} else if (strcmp(line, "admit") == 0 || strcmp(line, "dismiss") == 0) {
		do_task(line, arguments);
	} else if (strcmp(line, "blank") == 0) {
		do_blank();
	} else if (strcmp(line, "assume") == 0) {
		do_assume(arguments);
	} else if (strcmp(line, "sweep") == 0) {
		do_sweep(arguments);
	} else if (strcmp(line, "remove") == 0) {
		if (network_remove(network, &err) < 0)
			fail(&err);
		else
			printf("ok\n");
	} else if (strcmp(line, "check") == 0) {
		buf_init(&text, TEXT_MAX);
		if (network_check(NETWORK_BRIDGE, &text, &err) < 0)
			fail(&err);
		else
			printf("ok %.*s\n", text.len ? (int)strcspn(buf_text(&text), "\n") : 0,
			       text.len ? buf_text(&text) : "");
		buf_done(&text);
	} else {
		printf("error unknown\n");
	}
}

int main(int argc, char **argv)
{
	struct conf_pair subnets[MAP_MAX], groups[MAP_MAX];
	struct conf_map subnet_map = {subnets, 0}, group_map = {groups, 0};
	struct network_options options = {.subnets = &subnet_map, .groups = &group_map};
	static char line[65536];
	struct err err = ERR_INIT;

	if (argc < 4)
		return 2;
	options.mode = strcmp(argv[1], "bridge") == 0 ? NETWORK_BRIDGE : NETWORK_USER;
	options.instance = argv[2];
	options.run_dir = argv[3];
	options.uid = options.gid = 64098;
	for (int i = 4; i < argc; i++) {
		struct conf_map *map = argv[i][0] == 's' ? &subnet_map : &group_map;
		char *name = strchr(argv[i], '.') + 1;
		char *value = strchr(name, '=');

		*value = '\0';
		map->pairs[map->count++] = (struct conf_pair){name, value + 1};
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	leases = xcalloc(LEASES_MAX, sizeof(*leases));
	if (network_open(&options, &network, &err) < 0) {
		fail(&err);
		return 1;
	}
	printf("ok dns=%s blocked=%s notes=%.*s\n", network_dns(network), network_blocked(network),
	       (int)strcspn(network_notes(network), "\n"), network_notes(network));
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	network_free(network);
	for (size_t i = 0; i < lease_count; i++)
		for (size_t g = 0; g < leases[i].group_count; g++)
			free((char *)leases[i].groups[g]);
	free(leases);
	return 0;
}
