/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine that waits for a task has time, and what is done for the first time
 * takes several times as long as later: the kernel makes its caches, and an
 * emulator translates each instruction that it has not met yet. So the machine
 * mounts its scratch disk and then runs a whole container on it, from a small
 * image that holds one program which ends at once.
 *
 * Nothing of it may be seen by the task: its folders, its cgroup and its image's
 * mount are taken away, and the image's disk is released, since the host will put
 * the task's image behind it.
 *
 * A machine in which anything of this fails ends: it is nobody's yet, and a task must not find
 * half of it.
 */
#include "microvm/agent/rehearsal.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "core/log.h"
#include "microvm/agent/boot.h"
#include "microvm/agent/cgroup.h"
#include "microvm/agent/container.h"
#include "microvm/agent/disks.h"
#include "microvm/agent/metadata_door.h"
#include "microvm/agent/privilege.h"
#include "microvm/agent/virtio.h"

#define INDEX	       0u
#define FOLDERS	       3 /* open at once while a tree is removed */
#define TREE	       "/scratch/0"
#define IMAGE	       "/images/0"
#define PROGRAM	       "/rehearsal"
#define WORDS_MAX      16384
#define ENTROPY_DIGITS 128
#define STOP_AFTER     10 /* seconds that no program there takes */

struct rehearsal {
	struct rehearsal_options options;
	char no_entropy[ENTROPY_DIGITS + 1];
	const char *args[1];
	struct wire_container spec;
	struct wire_task words;
	char disk[DISK_PATH_SIZE];
	struct container *container;
};

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static int clean_up(struct rehearsal *rehearsal, struct err *err)
{
	if (umount2(IMAGE, 0) < 0 || nftw(TREE, remove_one, FOLDERS, FTW_DEPTH | FTW_PHYS) < 0)
		return err_sys(err, errno, "take the rehearsal away");
	cgroup_remove_task();
	if (cgroup_make_task(err) < 0 || privilege_limit_devices(CGROUP_TASK, err) < 0 ||
	    metadata_door_open(CGROUP_TASK, err) < 0)
		return -1;
	return virtio_release_disk(rehearsal->disk, err);
}

static void end(void *ctx)
{
	struct rehearsal *rehearsal = ctx;
	struct rehearsal_options options = rehearsal->options;
	struct err err = ERR_INIT;

	if (!container_ran_well(rehearsal->container))
		boot_give_up("the rehearsal failed");
	if (clean_up(rehearsal, &err) < 0)
		boot_give_up(err.text);
	session_mute(options.session, false);
	free(rehearsal);
	options.on_done(options.ctx);
}

static void on_change(void *ctx, struct container *container)
{
	struct rehearsal *rehearsal = ctx;

	if (container_state(container) == CONTAINER_ENDED)
		loop_post(rehearsal->options.loop, end, rehearsal);
}

static void describe(struct rehearsal *rehearsal)
{
	memset(rehearsal->no_entropy, '0', ENTROPY_DIGITS); /* nothing is made of it */
	rehearsal->args[0] = PROGRAM;
	rehearsal->spec = (struct wire_container){
		.name = "",
		.disk = "",
		.args = {.items = rehearsal->args, .count = 1},
		.directory = "",
		.user = "",
		.stop_signal = "",
		.stop_timeout_s = STOP_AFTER,
		.essential = true,
	};
	rehearsal->words = (struct wire_task){
		.task = "rehearsal",
		.memory_mib = 1,
		.entropy = rehearsal->no_entropy,
		.hostname = "",
		.scratch = WIRE_SCRATCH_SERIAL,
		.network = {.mac = "", .address = "", .gateway = ""},
		.containers = {.items = &rehearsal->spec, .count = 1},
	};
}

/* A task's description goes through the same hands as one that comes from the host. */
static void read_words(struct rehearsal *rehearsal)
{
	AUTO(arena_freep) struct arena *arena = arena_new(WORDS_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(buf_done) struct buf bytes;
	struct frame_decoder decoder;
	struct wire_task words;
	struct frame frame;
	struct err err = ERR_INIT;

	buf_init(&bytes, WORDS_MAX);
	frame_decoder_init(&decoder);
	if (wire_write(&wire_task_shape, &rehearsal->words, FRAME_TASK, 0, &bytes, &err) < 0 ||
	    frame_feed(&decoder, bytes.data, bytes.len, &err) < 0 ||
	    !frame_next(&decoder, &frame) ||
	    wire_read(&wire_task_shape, &frame, arena, &words, &json, &err) < 0)
		log_warn("rehearsal: %s", err.text);
	frame_decoder_done(&decoder);
}

static int find_disks(struct rehearsal *rehearsal, struct err *err)
{
	char serial[32];
	char scratch[DISK_PATH_SIZE];

	virtio_take_disks();
	(void)snprintf(serial, sizeof(serial), WIRE_IMAGE_SERIAL, INDEX);
	if (disk_find(WIRE_SCRATCH_SERIAL, scratch, err) < 0 ||
	    disk_mount_scratch(scratch, err) < 0)
		return -1;
	return disk_find(serial, rehearsal->disk, err);
}

struct rehearsal *rehearsal_begin(const struct rehearsal_options *options)
{
	struct rehearsal *rehearsal = xcalloc(1, sizeof(*rehearsal));
	struct container_options container = {
		.loop = options->loop,
		.session = options->session,
		.task = &rehearsal->words,
		.index = INDEX,
		.filter = options->filter,
		.on_change = on_change,
		.ctx = rehearsal,
	};
	struct err err = ERR_INIT;

	rehearsal->options = *options;
	describe(rehearsal);
	read_words(rehearsal);
	session_mute(options->session, true);
	if (find_disks(rehearsal, &err) < 0)
		boot_give_up(err.text);
	rehearsal->container = container_new(&container);
	container_start(rehearsal->container, rehearsal->disk);
	return rehearsal;
}

bool rehearsal_process_ended(struct rehearsal *rehearsal, const siginfo_t *info)
{
	if (!rehearsal->container || !container_is_process(rehearsal->container, info->si_pid))
		return false;
	container_process_ended(rehearsal->container, info);
	return true;
}
