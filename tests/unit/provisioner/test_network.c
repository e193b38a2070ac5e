/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What network.h promises without privilege: the configuration, the arithmetic of
 * addresses, names; and in user mode a real passt, where there is one.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/file.h"
#include "provisioner/network.h"
#include "tests/support/suite.h"

#define PUBLISHED_PORT	  18080
#define CLOSE_DEADLINE_MS 2000

static struct conf_pair good_subnets[] = {{(char *)"one", (char *)"10.213.0.0/24"},
					  {(char *)"tiny", (char *)"10.214.0.0/29"}};
static struct conf_pair good_groups[] = {{(char *)"default", (char *)"published"},
					 {(char *)"closed", (char *)""}};
static char folder[64];

static struct network *open_with(const struct conf_map *subnets, const struct conf_map *groups,
				 const char *instance, struct err *err)
{
	struct network_options options = {.mode = NETWORK_USER,
					  .subnets = subnets,
					  .groups = groups,
					  .run_dir = folder,
					  .instance = instance,
					  .dns = "192.0.2.53",
					  .uid = 64098,
					  .gid = 64098};
	struct network *network = NULL;

	(void)snprintf(folder, sizeof(folder), "/tmp/slipway-net-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
	if (network_open(&options, &network, err) < 0)
		return NULL;
	return network;
}

static struct network *open_good(void)
{
	struct conf_map subnets = {good_subnets, 2}, groups = {good_groups, 2};
	struct err err = ERR_INIT;
	struct network *network = open_with(&subnets, &groups, "ab12", &err);

	ck_assert_msg(network != NULL, "%s", err.text);
	return network;
}

static void close_good(struct network *network)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(network_remove(network, &err), 0);
	network_free(network);
	ck_assert_int_eq(file_remove_tree(folder, &err), 0);
}

static const struct {
	const char *cidr, *second, *rules, *instance;
} bad[] = {
	{"10.0.0.0", "10.1.0.0/24", "", "ab12"},     {"10.0.0.1/24", "10.1.0.0/24", "", "ab12"},
	{"10.0.0.0/30", "10.1.0.0/24", "", "ab12"},  {"10.0.0.0/7", "12.1.0.0/24", "", "ab12"},
	{"10.0.0.0/16", "10.0.1.0/24", "", "ab12"},  {"10.0.0.0/24", "10.1.0.0/24", "http", "ab12"},
	{"10.0.0.0/24", "10.1.0.0/24", "", "ab1"},   {"10.0.0.0/24", "10.1.0.0/24", "", "AB12"},
	{"10.0.0.0/24", "10.1.0.0/24", "", "ab123"},
};

START_TEST(a_bad_configuration_is_refused)
{
	struct conf_pair subnet[] = {{(char *)"one", (char *)bad[_i].cidr},
				     {(char *)"two", (char *)bad[_i].second}};
	struct conf_pair group[] = {{(char *)"default", (char *)bad[_i].rules}};
	struct conf_map subnets = {subnet, 2}, groups = {group, 1};
	struct err err = ERR_INIT;

	ck_assert_ptr_null(open_with(&subnets, &groups, bad[_i].instance, &err));
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_int_eq(file_remove_tree(folder, &err), 0);
}
END_TEST

START_TEST(addresses_go_from_behind_the_gateway_to_the_last)
{
	struct network *network = open_good();
	struct err err = ERR_INIT;
	struct in_addr address;

	ck_assert_int_eq(network_address(network, "one", 0, &address, &err), 0);
	ck_assert_str_eq(inet_ntoa(address), "10.213.0.2");
	ck_assert_int_eq(network_address(network, "one", 252, &address, &err), 0);
	ck_assert_str_eq(inet_ntoa(address), "10.213.0.254");
	ck_assert_int_eq(network_address(network, "one", 253, &address, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_int_eq(network_address(network, "tiny", 4, &address, &err), 0);
	ck_assert_int_eq(network_address(network, "tiny", 5, &address, &err), -1);
	ck_assert_int_eq(network_address(network, "none", 0, &address, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	close_good(network);
}
END_TEST

START_TEST(a_lease_is_filled_from_its_address)
{
	struct network *network = open_good();
	struct network_lease lease = {.subnet = "one"}, other = {.subnet = "tiny"};
	static const char *const wrong[] = {"10.213.0.0", "10.213.0.1", "10.213.0.255",
					    "10.214.0.2"};
	struct err err = ERR_INIT;

	inet_aton("10.213.0.17", &lease.address);
	ck_assert_int_eq(network_fill(network, &lease, &err), 0);
	ck_assert_str_eq(lease.mac, "02:73:0a:d5:00:11");
	ck_assert_str_eq(lease.tap, "swab120ad50011");
	ck_assert_str_eq(inet_ntoa(lease.gateway), "10.213.0.1");
	ck_assert_uint_eq(lease.prefix_len, 24);
	inet_aton("10.214.0.2", &other.address);
	ck_assert_int_eq(network_fill(network, &other, &err), 0);
	ck_assert_str_ne(lease.bridge, other.bridge);
	ck_assert_uint_lt(strlen(lease.bridge), NETWORK_TAP_SIZE);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		inet_aton(wrong[i], &lease.address);
		ck_assert_int_eq(network_fill(network, &lease, &err), -1);
	}
	close_good(network);
}
END_TEST

START_TEST(the_agent_is_told_what_to_block)
{
	struct network *network = open_good();

	ck_assert_str_eq(network_dns(network), "192.0.2.53");
	ck_assert_ptr_nonnull(strstr(network_blocked(network), "169.254.0.0/16"));
	close_good(network);
}
END_TEST

/* --- passt ------------------------------------------------------------------ */

static bool connects(const char *address, uint16_t port)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	inet_aton(address, &peer.sin_addr);
	good = connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == 0;
	close(fd);
	return good;
}

/* The kernel closes what a killed process held open, and does so some milliseconds late. */
static bool closes(const char *address, uint16_t port)
{
	for (int i = 0; i < CLOSE_DEADLINE_MS && connects(address, port); i++)
		(void)poll(NULL, 0, 1);
	return !connects(address, port);
}

static struct network_lease passt_lease(struct network *network)
{
	struct network_lease lease = {.task = "0123456789abcdef0123456789abcdef",
				      .subnet = "one",
				      .groups = {"default"},
				      .group_count = 1,
				      .ports = {{PUBLISHED_PORT, false, PUBLISHED_PORT + 1}},
				      .port_count = 1};
	struct err err = ERR_INIT;

	inet_aton("10.213.0.17", &lease.address);
	ck_assert_int_eq(network_fill(network, &lease, &err), 0);
	return lease;
}

/* passt makes itself another root, which the kernel refuses where "/" is no mount point. */
static bool passt_can_run(void)
{
	struct statx about;

	return access("/usr/bin/passt", X_OK) == 0 &&
	       statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &about) == 0 &&
	       (about.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

START_TEST(passt_comes_and_goes)
{
	struct network *network;
	struct network_lease lease;
	AUTO(freep) char *socket_path = NULL;
	AUTO(freep) char *again = NULL;
	struct err err = ERR_INIT;
	struct stat about;

	if (!passt_can_run()) {
		fprintf(stderr,
			"skipped: no passt, or a plain chroot, where it cannot isolate itself\n");
		return;
	}
	/* passt outlives its parent; ended, it must be reaped for its number to be free. */
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	network = open_good();
	lease = passt_lease(network);
	ck_assert_msg(network_admit(network, &lease, &socket_path, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(socket_path, &about), 0);
	ck_assert(S_ISSOCK(about.st_mode));
	ck_assert_msg(connects("127.213.0.17", PUBLISHED_PORT), "the published port is not open");
	ck_assert(connects("127.213.0.17", PUBLISHED_PORT + 1));
	ck_assert(!connects("127.213.0.17", PUBLISHED_PORT + 2));
	ck_assert(!connects("127.0.0.1", PUBLISHED_PORT));
	ck_assert_int_eq(network_admit(network, &lease, &again, &err), 0);
	ck_assert_str_eq(socket_path, again);
	ck_assert_int_eq(network_dismiss(network, &lease, &err), 0);
	ck_assert_int_lt(stat(socket_path, &about), 0);
	ck_assert(closes("127.213.0.17", PUBLISHED_PORT));
	ck_assert_int_eq(network_dismiss(network, &lease, &err), 0);
	close_good(network);
}
END_TEST

START_TEST(a_sweep_ends_the_passt_of_no_task)
{
	struct network *network;
	struct network_lease lease;
	AUTO(freep) char *socket_path = NULL;
	struct err err = ERR_INIT;

	if (!passt_can_run())
		return;
	network = open_good();
	lease = passt_lease(network);
	lease.groups[0] = "closed";
	ck_assert_int_eq(network_admit(network, &lease, &socket_path, &err), 0);
	ck_assert(!connects("127.213.0.17", PUBLISHED_PORT));
	ck_assert_int_eq(network_sweep(network, &lease, 1, &err), 0);
	ck_assert_int_eq(access(socket_path, F_OK), 0);
	ck_assert_int_eq(network_sweep(network, NULL, 0, &err), 0);
	ck_assert_int_lt(access(socket_path, F_OK), 0);
	close_good(network);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("network");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_bad_configuration_is_refused, 0, ARRAY_LEN(bad));
	tcase_add_test(all, addresses_go_from_behind_the_gateway_to_the_last);
	tcase_add_test(all, a_lease_is_filled_from_its_address);
	tcase_add_test(all, the_agent_is_told_what_to_block);
	tcase_add_test(all, passt_comes_and_goes);
	tcase_add_test(all, a_sweep_ends_the_passt_of_no_task);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
