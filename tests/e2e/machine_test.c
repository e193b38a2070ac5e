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
#include "provisioner/machine.h"

#define ROOT	    "/tmp/slipway-machine-test"
#define BOOT_MS	    60000 /* without hardware help and on a loaded machine */
#define ANSWER_MS   30000
#define MEMORY_MIB  192
#define QEMU_USER   70123
#define EXIT_SKIP   77
#define ADOPTED	    "slipway-0000000000000000000000000000a0b0-1"
#define FLOOD_BYTES (8 * 1024 * 1024)
#define PATH_SIZE   300

static int passed, failed;
static const char *guest_folder, *agent_folder;

static void check(bool good, const char *claim)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", claim);
	fflush(stdout);
	if (good)
		passed++;
	else
		failed++;
}

static bool ok(int result, const struct err *err, const char *claim)
{
	if (result < 0)
		printf("     %s: %s\n", err_code_name(err->code), err->text);
	check(result == 0, claim);
	return result == 0;
}

/* --- a world: host, loop, one channel -------------------------------------- */

struct world {
	struct loop *loop;
	int lost, back;
	struct machine_host *host;
	struct machine_channel *channel;
	struct buf heard;
	size_t heard_bytes; /* when not kept */
	bool keep, stream_ended;
	int ended_events;
	char ended_name[MACHINE_NAME_SIZE];
};

static void on_ended(void *ctx, const char *name)
{
	struct world *world = ctx;

	world->ended_events++;
	(void)snprintf(world->ended_name, sizeof(world->ended_name), "%s", name);
}

static void on_lost(void *ctx, bool lost)
{
	struct world *world = ctx;

	if (lost)
		world->lost++;
	else
		world->back++;
}

static void on_bytes(void *ctx, const void *bytes, size_t len)
{
	struct world *world = ctx;
	struct err err = ERR_INIT;

	if (len == 0)
		world->stream_ended = true;
	world->heard_bytes += len;
	if (world->keep && buf_append(&world->heard, bytes, len, &err) < 0)
		printf("     %s\n", err.text);
}

struct waiting {
	struct world *world;
	bool (*done)(const struct world *world);
	int64_t until_ns;
};

static void look_again(void *ctx)
{
	struct waiting *waiting = ctx;

	if (waiting->done(waiting->world) || clock_boot_ns() > waiting->until_ns)
		loop_stop(waiting->world->loop);
	else
		loop_timer_add(waiting->world->loop, 5, look_again, waiting);
}

static bool wait_until(struct world *world, bool (*done)(const struct world *), int64_t wait_ms)
{
	struct waiting waiting = {world, done, clock_boot_ns() + wait_ms * 1000000};
	struct err err = ERR_INIT;

	loop_timer_add(world->loop, 0, look_again, &waiting);
	if (loop_run(world->loop, &err) < 0)
		printf("     %s\n", err.text);
	return done(world);
}

static bool never(const struct world *world)
{
	(void)world;
	return false;
}

static bool has_answer(const struct world *world)
{
	return world->stream_ended ||
	       (world->heard.len >= 2 &&
		memcmp(world->heard.data + world->heard.len - 2, ".\n", 2) == 0);
}

static bool stream_has_ended(const struct world *world)
{
	return world->stream_ended;
}

static bool is_lost(const struct world *world)
{
	return world->lost > 0;
}

static bool is_back(const struct world *world)
{
	return world->back > 0;
}

static bool has_ended_event(const struct world *world)
{
	return world->ended_events > 0;
}

/* With @uri NULL: the embedded driver in @root. */
static int world_open_at(struct world *world, const char *uri, const char *root, struct err *err)
{
	struct machine_host_options options = {.run_dir = ROOT, .accel = "tcg", .uri = uri};
	AUTO(freep) char *embedded = NULL;

	*world = (struct world){.keep = true};
	buf_init(&world->heard, 64 * 1024);
	if (loop_new(&world->loop, err) < 0)
		return -1;
	if (!uri && hypervisor_prepare(root, &embedded, err) < 0)
		return -1;
	if (!uri)
		options.uri = embedded;
	options.loop = world->loop;
	options.ended = on_ended;
	options.lost = on_lost;
	options.ctx = world;
	return machine_host_open(&options, &world->host, err);
}

static int world_open(struct world *world, struct err *err)
{
	return world_open_at(world, NULL, ROOT "/h", err);
}

static void world_done(struct world *world)
{
	machine_channel_close(world->channel);
	machine_host_free(world->host);
	wait_until(world, never, 300); /* what is still on its way to the loop */
	loop_free(world->loop);
	buf_done(&world->heard);
}

/* Say @line; the answer without its end mark, borrowed until the next. */
static const char *ask(struct world *world, const char *line)
{
	AUTO(freep) char *sent = xasprintf("%s\n", line);
	struct err err = ERR_INIT;

	buf_clear(&world->heard);
	if (machine_channel_send(world->channel, sent, strlen(sent), &err) < 0) {
		printf("     %s\n", err.text);
		return "";
	}
	if (!wait_until(world, has_answer, ANSWER_MS) || world->heard.len < 2)
		return "";
	world->heard.len -= 2;
	return buf_text(&world->heard);
}

static bool meet(struct world *world, const char *name)
{
	struct err err = ERR_INIT;

	world->stream_ended = false;
	buf_clear(&world->heard);
	if (machine_channel_open(world->host, name, on_bytes, world, &world->channel, &err) < 0) {
		printf("     %s\n", err.text);
		return false;
	}
	return wait_until(world, has_answer, BOOT_MS);
}

/* --- specs ------------------------------------------------------------------ */

struct set {
	struct machine_spec spec;
	char name[MACHINE_NAME_SIZE], uuid[IDENT_UUID_SIZE];
	char kernel[PATH_SIZE], initrd[PATH_SIZE], scratch[PATH_SIZE], console[PATH_SIZE];
};

static void make_file(const char *path, off_t size, mode_t mode, uid_t owner)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || ftruncate(fd, size) < 0 || fchmod(fd, mode) < 0 ||
	    fchown(fd, owner, owner) < 0)
		printf("     %s: %s\n", path, strerror(errno));
	close(fd);
}

static void set_fill(struct set *set, const char *name)
{
	char id[IDENT_HEX32_SIZE];

	*set = (struct set){.name = ""};
	ident_hex32(id);
	ident_uuid(set->uuid);
	if (name)
		(void)snprintf(set->name, sizeof(set->name), "%s", name);
	else
		(void)snprintf(set->name, sizeof(set->name), "slipway-%s-1", id);
	(void)snprintf(set->kernel, PATH_SIZE, "%s/vmlinuz", guest_folder);
	(void)snprintf(set->initrd, PATH_SIZE, "%s/initrd", guest_folder);
	(void)snprintf(set->scratch, PATH_SIZE, ROOT "/%s.raw", set->name);
	(void)snprintf(set->console, PATH_SIZE, ROOT "/%s.console", set->name);
	make_file(set->scratch, 64 << 20, 0600, QEMU_USER);
	set->spec = (struct machine_spec){.name = set->name,
					  .uuid = set->uuid,
					  .memory_mib = MEMORY_MIB,
					  .vcpus = 1,
					  .kernel = set->kernel,
					  .initrd = set->initrd,
					  .cmdline = "",
					  .disks = {{.serial = "scratch", .path = set->scratch}},
					  .disk_count = 1,
					  .spare_ports = 2,
					  .uid = QEMU_USER,
					  .gid = QEMU_USER};
}

/* --- looking at the host ---------------------------------------------------- */

static pid_t qemu_of(const char *name)
{
	char path[PATH_SIZE];
	struct buf text;
	struct err err = ERR_INIT;
	pid_t pid = -1;

	(void)snprintf(path, sizeof(path), ROOT "/h/run/qemu/%s.pid", name);
	buf_init(&text, 64);
	if (file_read(path, &text, &err) == 0)
		pid = (pid_t)atoi(buf_text(&text));
	buf_done(&text);
	return pid;
}

/* True if /proc/@pid/status has @line ("CapEff:\t0000..."). */
static bool status_has(pid_t pid, const char *line)
{
	char path[64];
	struct buf text;
	struct err err = ERR_INIT;
	bool has;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	buf_init(&text, 16384);
	has = file_read(path, &text, &err) == 0 && strstr(buf_text(&text), line);
	buf_done(&text);
	return has;
}

static bool same_namespace(pid_t pid, const char *which)
{
	char path[64], theirs[64] = "", ours[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, which);
	if (readlink(path, theirs, sizeof(theirs) - 1) < 0)
		return true;
	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", which);
	return readlink(path, ours, sizeof(ours) - 1) < 0 || strcmp(theirs, ours) == 0;
}

/* Files under the machine's /dev besides pts, shm and mqueue. */
static int devices_of(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/root/dev", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) != NULL)
		count += entry->d_type == DT_CHR;
	if (dir)
		closedir(dir);
	return count;
}

static bool owned_by_root(const char *path)
{
	struct stat at;

	return stat(path, &at) == 0 && at.st_uid == 0;
}

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

static struct machine_seen seen_of(struct world *world, const char *name)
{
	struct machine_seen *list = NULL, found = {.state = MACHINE_GONE};
	struct err err = ERR_INIT;
	size_t count = 0;

	if (machine_list(world->host, &list, &count, &err) < 0)
		printf("     %s\n", err.text);
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			found = list[i];
	free(list);
	return found;
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
	    hypervisor_conf(true, &qemu, &err) < 0 ||
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
