/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tools of machine_test's chapters (see machine_world.h). Everything happens on one thread:
 * blocking calls are made between turns of the loop, wait_until() turns it.
 */
#include "tests/e2e/machine_world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"
#include "provisioner/hypervisor.h"

int passed, failed;
const char *guest_folder, *agent_folder;

void check(bool good, const char *claim)
{
	printf("%s %s\n", good ? "ok  " : "FAIL", claim);
	fflush(stdout);
	if (good)
		passed++;
	else
		failed++;
}

bool ok(int result, const struct err *err, const char *claim)
{
	if (result < 0)
		printf("     %s: %s\n", err_code_name(err->code), err->text);
	check(result == 0, claim);
	return result == 0;
}

/* --- a world: host, loop, one channel -------------------------------------- */

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

void on_bytes(void *ctx, const void *bytes, size_t len)
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

bool wait_until(struct world *world, bool (*done)(const struct world *), int64_t wait_ms)
{
	struct waiting waiting = {world, done, clock_boot_ns() + wait_ms * 1000000};
	struct err err = ERR_INIT;

	loop_timer_add(world->loop, 0, look_again, &waiting);
	if (loop_run(world->loop, &err) < 0)
		printf("     %s\n", err.text);
	return done(world);
}

bool never(const struct world *world)
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

bool stream_has_ended(const struct world *world)
{
	return world->stream_ended;
}

bool is_lost(const struct world *world)
{
	return world->lost > 0;
}

bool is_back(const struct world *world)
{
	return world->back > 0;
}

bool has_ended_event(const struct world *world)
{
	return world->ended_events > 0;
}

/* With @uri NULL: the embedded driver in @root. */
int world_open_at(struct world *world, const char *uri, const char *root, struct err *err)
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

int world_open(struct world *world, struct err *err)
{
	return world_open_at(world, NULL, ROOT "/h", err);
}

void world_done(struct world *world)
{
	machine_channel_close(world->channel);
	machine_host_free(world->host);
	wait_until(world, never, 300); /* what is still on its way to the loop */
	loop_free(world->loop);
	buf_done(&world->heard);
}

/* Say @line; the answer without its end mark, borrowed until the next. */
const char *ask(struct world *world, const char *line)
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

bool meet(struct world *world, const char *name)
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

void make_file(const char *path, off_t size, mode_t mode, uid_t owner)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || ftruncate(fd, size) < 0 || fchmod(fd, mode) < 0 ||
	    fchown(fd, owner, owner) < 0)
		printf("     %s: %s\n", path, strerror(errno));
	close(fd);
}

void set_fill(struct set *set, const char *name)
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

pid_t qemu_of(const char *name)
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
bool status_has(pid_t pid, const char *line)
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

bool same_namespace(pid_t pid, const char *which)
{
	char path[64], theirs[64] = "", ours[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, which);
	if (readlink(path, theirs, sizeof(theirs) - 1) < 0)
		return true;
	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", which);
	return readlink(path, ours, sizeof(ours) - 1) < 0 || strcmp(theirs, ours) == 0;
}

/* Files under the machine's /dev besides pts, shm and mqueue. */
int devices_of(pid_t pid)
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

bool owned_by_root(const char *path)
{
	struct stat at;

	return stat(path, &at) == 0 && at.st_uid == 0;
}

struct machine_seen seen_of(struct world *world, const char *name)
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
