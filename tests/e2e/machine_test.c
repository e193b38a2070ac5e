/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h against libvirt and QEMU for real, with the small guest of echo_guest/. The
 * program is its own supervisor: the first process is the subreaper that reaps what
 * nobody else does, and runs the chapters as children of it (as `slipway up` does with the
 * provisioner), one of which it kills in mid-life.
 *
 *     machine_test GUEST_FOLDER AGENT_FOLDER [CHAPTER]    needs root for users, limits, namespaces
 *
 * Ends with "N passed, N failed"; 77 with a reason where it cannot run.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/ident.h"
#include "core/loop.h"
#include "provisioner/hypervisor.h"
#include "provisioner/kvm_probe_private.h"
#include "tests/e2e/machine_world.h"

#define EXIT_SKIP   77
#define ADOPTED	    "slipway-0000000000000000000000000000a0b0-1"
#define FLOOD_BYTES (8 * 1024 * 1024)

/* --- chapters --------------------------------------------------------------- */

static void check_confined(const struct set *set)
{
	pid_t pid = qemu_of(set->name);

	check(pid > 0, "libvirt tells the process of the machine");
	check(status_has(pid, "Uid:\t70123\t70123\t70123\t70123"), "QEMU runs as its own user");
	check(status_has(pid, "Gid:\t70123\t70123\t70123\t70123"), "QEMU runs as its own group");
	check(status_has(pid, "CapEff:\t0000000000000000"), "QEMU has no capability in effect");
	check(status_has(pid, "CapPrm:\t0000000000000000"), "QEMU has no capability permitted");
	check(status_has(pid, "Seccomp:\t2"), "QEMU runs under a system call filter");
	check(status_has(pid, "NoNewPrivs:\t1"), "QEMU cannot gain privileges");
	check(!same_namespace(pid, "mnt"), "QEMU has a mount namespace of its own");
	check(devices_of(pid) <= 8, "QEMU's /dev has no device that it does not need");
	check(owned_by_root(set->kernel) && owned_by_root(set->initrd),
	      "kernel and initramfs did not change hands");
}

static void check_disks(struct world *world, const struct set *set)
{
	struct machine_disk image = {.serial = "image0", .path = ROOT "/image", .readonly = true};
	struct err err = ERR_INIT;
	int64_t from_ns;

	make_file(image.path, 8 << 20, 0444, 0);
	check(strstr(ask(world, "disks"), " scratch rw 131072"),
	      "the scratch disk is there, writable");
	from_ns = clock_boot_ns();
	if (!ok(machine_attach(world->host, set->name, &image, &err), &err,
		"an image is plugged in"))
		return;
	printf("     attach took %.1f ms\n", (double)(clock_boot_ns() - from_ns) / 1e6);
	for (int i = 0; i < 100 && !strstr(ask(world, "disks"), "image0 ro 16384"); i++)
		usleep(20000);
	check(strstr(ask(world, "disks"), "image0 ro 16384"), "the guest sees it read-only");
	check(machine_attach(world->host, set->name, &image, &err) < 0 && err.code == ERR_EXISTS,
	      "the same serial twice is refused");
	image.serial[5] = '1';
	ok(machine_attach(world->host, set->name, &image, &err), &err,
	   "a second one takes the second port");
	image.serial[5] = '2';
	check(machine_attach(world->host, set->name, &image, &err) < 0,
	      "a third one finds no port and is an error");
	check(owned_by_root(image.path), "a shared image did not change hands");
}

/* How many thousandths of a core the machine takes while its guest is in a long loop. */
static int64_t share_of_core(struct world *world, const struct set *set)
{
	struct machine_usage before = {0}, after = {0};
	struct err err = ERR_INIT;
	int64_t from_ns = clock_boot_ns();

	if (machine_usage(world->host, set->name, &before, &err) < 0)
		return -1;
	(void)ask(world, "spin 100000000");
	if (machine_usage(world->host, set->name, &after, &err) < 0)
		return -1;
	return (after.cpu_ns - before.cpu_ns) * 1000 / (clock_boot_ns() - from_ns);
}

static void check_limit(struct world *world, const struct set *set)
{
	struct err err = ERR_INIT;
	int64_t share;

	printf("     unlimited the machine takes %lld/1000 of a core\n",
	       (long long)share_of_core(world, set));
	if (!ok(machine_limit_cpu(world->host, set->name, 1, 256, &err), &err,
		"a quarter of a core is set"))
		return;
	share = share_of_core(world, set);
	printf("     limited %lld/1000\n", (long long)share);
	check(share > 0 && share <= 275, "and the whole machine takes no more");
	ok(machine_limit_cpu(world->host, set->name, 1, 1024, &err), &err,
	   "the limit can be lifted");
	check(machine_limit_cpu(world->host, set->name, 1, 2048, &err) < 0 &&
		      err.code == ERR_INVALID,
	      "two cores for one processor are refused");
}

static void check_channel(struct world *world, const struct set *set)
{
	struct machine_channel *second = NULL;
	struct err err = ERR_INIT;
	size_t before;

	check(strcmp(ask(world, "echo hello there"), "hello there\n") == 0, "the channel echoes");
	check(machine_channel_open(world->host, set->name, on_bytes, world, &second, &err) < 0 &&
		      err.code == ERR_CONFLICT,
	      "a second channel is refused and does not hang");

	world->keep = false;
	world->heard_bytes = 0;
	machine_channel_pause(world->channel, true);
	if (machine_channel_send(world->channel, "flood 8388608\n", 14, &err) < 0)
		printf("     %s\n", err.text);
	wait_until(world, never, 1000);
	check(world->heard_bytes == 0, "a paused channel is silent");
	machine_channel_pause(world->channel, false);
	for (int i = 0; i < 600; i++) {
		before = world->heard_bytes;
		wait_until(world, never, 50);
		if (world->heard_bytes == before && before >= FLOOD_BYTES)
			break;
	}
	printf("     %zu bytes after a flood\n", world->heard_bytes);
	check(world->heard_bytes == FLOOD_BYTES + 3, "what waited comes whole");
	world->keep = true;

	machine_channel_close(STEAL(world->channel, NULL));
	ok(machine_channel_open(world->host, set->name, on_bytes, world, &world->channel, &err),
	   &err, "a closed channel can be opened again at once");
	check(strcmp(ask(world, "echo again"), "again\n") == 0, "and it works");
}

struct destroyer {
	struct machine_host *host;
	const char *name;
	int result;
	struct err err;
};

static void *run_destroy(void *ctx)
{
	struct destroyer *destroyer = ctx;

	destroyer->result = machine_destroy(destroyer->host, destroyer->name, &destroyer->err);
	return NULL;
}

static void check_destroy(struct world *world, const struct set *set)
{
	struct destroyer other = {.host = world->host, .name = set->name};
	struct err err = ERR_INIT;
	pid_t pid = qemu_of(set->name);
	int64_t from_ns = clock_boot_ns();
	pthread_t thread;
	int result;

	pthread_create(&thread, NULL, run_destroy, &other);
	result = machine_destroy(world->host, set->name, &err);
	printf("     destroy took %.0f ms\n", (double)(clock_boot_ns() - from_ns) / 1e6);
	ok(result, &err, "a machine is destroyed");
	check(kill(pid, 0) < 0, "its process is gone when destroy returns");
	pthread_join(thread, NULL);
	ok(other.result, &other.err, "destroying it twice at once is fine");
	ok(machine_destroy(world->host, set->name, &err), &err, "an unknown name is fine");
	check(seen_of(world, set->name).state == MACHINE_GONE, "it is not listed any more");
	check(wait_until(world, stream_has_ended, 5000), "its channel ended");
	check(wait_until(world, has_ended_event, 5000) && strcmp(world->ended_name, set->name) == 0,
	      "its end was told");
	check(access(set->console, F_OK) == 0, "its console was kept");
	machine_channel_close(STEAL(world->channel, NULL));
}

static void chapter_life(void)
{
	struct world world;
	struct set set;
	struct machine_usage usage;
	struct err err = ERR_INIT;
	int64_t from_ns, memory_kib;

	if (!ok(world_open(&world, &err), &err, "the hypervisor opens"))
		return;
	set_fill(&set, NULL);
	set.spec.console_path = set.console;
	from_ns = clock_boot_ns();
	if (!ok(machine_start(world.host, &set.spec, &err), &err, "a machine starts"))
		return;
	printf("     start took %.0f ms\n", (double)(clock_boot_ns() - from_ns) / 1e6);
	check(meet(&world, set.name), "its guest speaks on the channel");
	printf("     guest spoke after %.2f s\n", (double)(clock_boot_ns() - from_ns) / 1e9);
	check(seen_of(&world, set.name).state == MACHINE_RUNNING, "it is listed as running");
	memory_kib = atoll(ask(&world, "mem"));
	printf("     MemTotal %lld KiB for %d MiB\n", (long long)memory_kib, MEMORY_MIB);
	check(memory_kib >= MEMORY_MIB * 1024, "the guest has the memory that was asked for");
	check(memory_kib < (MEMORY_MIB + 8) * 1024, "and little more");
	check_confined(&set);
	check_channel(&world, &set);
	check_disks(&world, &set);
	check_limit(&world, &set);
	check(machine_usage(world.host, set.name, &usage, &err) == 0 && usage.cpu_ns > 0 &&
		      usage.memory_rss_kib > 1024,
	      "its use is measured");
	check(machine_start(world.host, &set.spec, &err) < 0 && err.code == ERR_EXISTS,
	      "a name in use is refused as such");
	check_destroy(&world, &set);
	world_done(&world);
}

static void chapter_power_off(void)
{
	struct world world;
	struct set set;
	struct err err = ERR_INIT;

	if (!ok(world_open(&world, &err), &err, "the hypervisor opens again"))
		return;
	set_fill(&set, NULL);
	set.spec.vcpus = 2;
	if (!ok(machine_start(world.host, &set.spec, &err), &err, "a machine with two processors"))
		return;
	check(meet(&world, set.name), "its guest speaks");
	check(atoi(ask(&world, "cpus")) == 2, "the guest has two processors");
	(void)ask(&world, "off");
	check(world.stream_ended, "when the guest powers off the channel ends");
	check(wait_until(&world, has_ended_event, 10000), "and the end is told");
	machine_channel_close(STEAL(world.channel, NULL));
	set.spec.uid = 0;
	check(machine_start(world.host, &set.spec, &err) < 0 && err.code == ERR_INVALID,
	      "a machine without a user is refused where QEMU would be root");
	set.spec.uid = QEMU_USER;
	set.spec.kernel = "/nonexistent";
	check(machine_start(world.host, &set.spec, &err) < 0, "a missing kernel is an error");
	check(seen_of(&world, set.name).state == MACHINE_GONE, "and leaves nothing behind");
	check(machine_usage(world.host, set.name, NULL, &err) < 0 && err.code == ERR_NOT_FOUND,
	      "an unknown machine is named so");
	world_done(&world);
}

/* Starts a machine, says so, and waits to be killed. */
static void chapter_victim(void)
{
	struct world world;
	struct set set;
	struct err err = ERR_INIT;

	if (!ok(world_open(&world, &err), &err, "the first life opens the hypervisor"))
		exit(1);
	set_fill(&set, ADOPTED);
	if (!ok(machine_start(world.host, &set.spec, &err), &err, "and starts a machine") ||
	    !meet(&world, set.name))
		exit(1);
	kill(getpid(), SIGKILL);
}

static void chapter_adopt(void)
{
	struct world world;
	struct err err = ERR_INIT;

	check(qemu_of(ADOPTED) > 0 && kill(qemu_of(ADOPTED), 0) == 0,
	      "a machine outlives the process that started it");
	if (!ok(world_open(&world, &err), &err, "the second life opens the hypervisor"))
		return;
	check(seen_of(&world, ADOPTED).state == MACHINE_RUNNING, "it finds the machine running");
	ok(machine_channel_open(world.host, ADOPTED, on_bytes, &world, &world.channel, &err), &err,
	   "it opens its channel");
	check(strcmp(ask(&world, "echo still here"), "still here\n") == 0, "the guest answers");
	ok(machine_limit_cpu(world.host, ADOPTED, 1, 512, &err), &err, "it can be limited");
	kill(qemu_of(ADOPTED), SIGKILL);
	check(wait_until(&world, has_ended_event, 5000), "when QEMU is killed the end is told");
	check(wait_until(&world, stream_has_ended, 5000), "and the channel ends");
	ok(machine_destroy(world.host, ADOPTED, &err), &err, "destroy finds nothing to do");
	world_done(&world);
}

/* Everything without a privilege, and what then differs. */
static void chapter_plain_user(void)
{
	struct world world;
	struct set set;
	struct err err = ERR_INIT;

	set_fill(&set, NULL);
	set.spec.uid = set.spec.gid = 0;
	if (file_make_dir(ROOT "/user", 0755, &err) < 0 ||
	    chown(ROOT "/user", QEMU_USER, QEMU_USER) < 0 || setgroups(0, NULL) < 0 ||
	    setgid(QEMU_USER) < 0 || setuid(QEMU_USER) < 0) {
		check(false, "a plain user's folder");
		return;
	}
	setenv("HOME", ROOT "/user", 1);
	if (!ok(world_open_at(&world, NULL, ROOT "/user/h", &err), &err,
		"a plain user opens the hypervisor") ||
	    !ok(machine_start(world.host, &set.spec, &err), &err, "and starts a machine"))
		return;
	check(meet(&world, set.name), "its guest speaks");
	check(strcmp(ask(&world, "echo hello"), "hello\n") == 0, "and echoes");
	check(machine_limit_cpu(world.host, set.name, 1, 256, &err) < 0 &&
		      err.code == ERR_UNSUPPORTED,
	      "a processor limit is refused as unsupported");
	ok(machine_destroy(world.host, set.name, &err), &err, "the machine is destroyed");
	world_done(&world);
}

static pid_t start_libvirtd(void)
{
	pid_t child = fork();

	if (child == 0) {
		execl("/usr/sbin/libvirtd", "libvirtd", "-f", ROOT "/libvirtd.conf", "-p",
		      ROOT "/libvirtd.pid", NULL);
		_exit(127);
	}
	return child;
}

/* Another program's libvirtd, which dies and comes back. Folders that belong to the host's
 * own libvirt are hidden by a mount namespace. */
static void chapter_remote(void)
{
	static const char conf[] = "unix_sock_dir = \"" ROOT "/sock\"\nauth_unix_rw = \"none\"\n"
				   "auth_unix_ro = \"none\"\n";
	const char *uri = "qemu+unix:///system?socket=" ROOT "/sock/libvirt-sock";
	static const char *const hidden[] = {"/run", "/var/lib", "/etc/libvirt", "/var/log",
					     "/var/cache"};
	struct machine_seen *list = NULL;
	struct err err = ERR_INIT;
	struct world world;
	struct buf qemu;
	struct set set;
	size_t count;
	pid_t daemon;

	if (access("/usr/sbin/libvirtd", X_OK) < 0) {
		printf("     skipped: no libvirtd\n");
		return;
	}
	buf_init(&qemu, 4096);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		check(false, "a mount namespace");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (file_make_dir(hidden[i], 0755, &err) < 0 ||
		    mount("tmpfs", hidden[i], "tmpfs", 0, NULL) < 0)
			printf("     %s: %s\n", hidden[i], strerror(errno));
	if (file_make_dir("/run/lock", 01777, &err) < 0 || /* /var/lock points there */
	    file_make_dir(ROOT "/sock", 0755, &err) < 0 ||
	    file_write(ROOT "/libvirtd.conf", conf, strlen(conf), 0644, &err) < 0 ||
	    hypervisor_conf(true, true, &qemu, &err) < 0 ||
	    file_write("/etc/libvirt/qemu.conf", qemu.data, qemu.len, 0644, &err) < 0) {
		printf("     %s\n", err.text);
		return;
	}
	buf_done(&qemu);
	(void)unlink(ROOT "/sock/libvirt-sock");
	ok(world_open_at(&world, uri, NULL, &err), &err,
	   "a host that does not answer yet is no error");
	check(world.lost == 1, "but it is told");
	check(machine_list(world.host, &list, &count, &err) < 0 && err.code == ERR_UNAVAILABLE,
	      "calls fail as unavailable");
	daemon = start_libvirtd();
	check(wait_until(&world, is_back, 30000), "when it comes it is found");
	set_fill(&set, NULL);
	if (!ok(machine_start(world.host, &set.spec, &err), &err, "a machine starts there"))
		return;
	check(meet(&world, set.name), "its guest speaks through the daemon");
	if (world.channel) {
		check(strcmp(ask(&world, "echo far"), "far\n") == 0, "and echoes");
		ok(machine_limit_cpu(world.host, set.name, 1, 256, &err), &err, "it is limited");
	}
	world.lost = world.back = 0;
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
	check(wait_until(&world, is_lost, 30000), "a daemon's death is told");
	check(wait_until(&world, stream_has_ended, 5000), "the channel ended with it");
	machine_channel_close(STEAL(world.channel, NULL));
	check(machine_usage(world.host, set.name, &(struct machine_usage){0}, &err) < 0 &&
		      err.code == ERR_UNAVAILABLE,
	      "calls fail meanwhile");
	daemon = start_libvirtd();
	check(wait_until(&world, is_back, 60000), "the connection comes back by itself");
	check(seen_of(&world, set.name).state == MACHINE_RUNNING, "the machine is still there");
	check(meet(&world, set.name) || strcmp(ask(&world, "echo on"), "on\n") == 0,
	      "and its channel works again");
	ok(machine_destroy(world.host, set.name, &err), &err, "it is destroyed");
	check(wait_until(&world, has_ended_event, 5000), "events come again");
	world_done(&world);
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
}

/* The agent's guest says hello under TCG; what KVM does here is told, whatever it is. */
static void chapter_probe(void)
{
	AUTO(freep) char *kernel = xasprintf("%s/vmlinux", agent_folder);
	AUTO(freep) char *initrd = xasprintf("%s/initramfs", agent_folder);
	AUTO(freep) char *uri = NULL;
	struct kvm_probe_options options = {.state_dir = ROOT,
					    .run_dir = ROOT,
					    .kernel = kernel,
					    .initrd = initrd,
					    .uid = QEMU_USER,
					    .gid = QEMU_USER};
	struct kvm_verdict verdict;
	char why[KVM_WHY_MAX] = "";
	struct err err = ERR_INIT;
	bool spoke = false;
	struct world world;

	if (access(initrd, R_OK) < 0) {
		printf("     skipped: no agent's guest in %s\n", agent_folder);
		return;
	}
	if (!ok(hypervisor_prepare(ROOT "/h", &uri, &err), &err, "the probe prepares"))
		return;
	options.uri = uri;
	ok(kvm_probe_boot(&options, "tcg", BOOT_MS, &spoke, why, &err), &err,
	   "a probe guest boots");
	printf("     tcg: %s\n", why);
	check(spoke, "the agent says hello to the probe");
	ok(kvm_probe(&options, &verdict, &err), &err, "there is a verdict on KVM");
	printf("     %s: %s\n", verdict.works ? "kvm" : "no kvm", verdict.why);
	if (!verdict.works && access("/dev/kvm", R_OK) == 0) {
		ok(kvm_probe_boot(&options, "kvm", 8000, &spoke, why, &err), &err,
		   "a guest under a KVM that does not work comes to an end");
		printf("     kvm: %s\n", why);
		check(!spoke, "and did not speak: the quick verdict was right");
	}
	if (ok(world_open(&world, &err), &err, "the hypervisor opens after the probe")) {
		struct machine_seen *list = NULL;
		size_t count = 9;

		check(machine_list(world.host, &list, &count, &err) == 0 && count == 0,
		      "the probe left no machine");
		free(list);
		world_done(&world);
	}
}

/* --- the supervisor --------------------------------------------------------- */

/* Run a chapter as a child; adds its counts to ours through a pipe. */
static void run_chapter(void (*chapter)(void), bool dies)
{
	int counts[2] = {0, 0}, ends[2], status;
	pid_t child, reaped;

	if (pipe(ends) < 0)
		exit(1);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		passed = failed = 0;
		chapter();
		counts[0] = passed;
		counts[1] = failed;
		if (write(ends[1], counts, sizeof(counts)) < 0)
			exit(1);
		exit(0);
	}
	close(ends[1]);
	do
		reaped = waitpid(-1, &status, 0); /* orphans of QEMU too */
	while (reaped != child);
	if (read(ends[0], counts, sizeof(counts)) != sizeof(counts) && !dies)
		check(false, "the chapter came to its end");
	if (!dies && status != 0)
		check(false, "the chapter ended well");
	if (dies)
		check(WIFSIGNALED(status), "the first life was killed");
	close(ends[0]);
	passed += counts[0];
	failed += counts[1];
}

static const struct {
	const char *name;
	void (*run)(void);
	bool dies;
} chapters[] = {
	{"life", chapter_life, false},	   {"off", chapter_power_off, false},
	{"victim", chapter_victim, true},  {"adopt", chapter_adopt, false},
	{"probe", chapter_probe, false},   {"plain", chapter_plain_user, false},
	{"remote", chapter_remote, false},
};

int main(int argc, char **argv)
{
	const char *wanted = argc > 3 ? argv[3] : NULL;
	struct err err = ERR_INIT;

	if (argc < 3) {
		fprintf(stderr, "usage: machine_test GUEST_FOLDER AGENT_FOLDER [CHAPTER]\n");
		return 2;
	}
	guest_folder = argv[1];
	agent_folder = argv[2];
	if (geteuid() != 0 || access("/usr/bin/qemu-system-x86_64", X_OK) < 0) {
		printf("skipped: needs root and QEMU\n");
		return EXIT_SKIP;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (file_make_dir(ROOT, 0711, &err) < 0) {
		printf("%s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(chapters); i++)
		if (!wanted || strcmp(wanted, chapters[i].name) == 0)
			run_chapter(chapters[i].run, chapters[i].dies);
	printf("%d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}
