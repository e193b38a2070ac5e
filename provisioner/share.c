/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volume N of a machine's task is written down in FOLDER/MACHINE.N. The folder is looked for
 * before, so that a launch can say what is wrong; it is opened anew by the program that serves
 * it, which is what counts: tasks may change everything between the two.
 */
#include "provisioner/share.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/shape.h"
#include "microvm/wire/message.h"
#include "provisioner/share_place.h"

#define ARENA_MAX (64u * 1024)
#define REASON                                                                                     \
	"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS "          \
	"volumes: stderr: "

static const struct spec_volume *volume_at(const struct task_spec *spec, size_t index)
{
	return &((const struct spec_volume *)spec->volumes.items)[index];
}

static size_t count_shared(const struct task_spec *spec)
{
	size_t count = 0;

	for (size_t i = 0; i < spec->volumes.count; i++)
		count += volume_at(spec, i)->is_shared;
	return count;
}

bool shares_needed(const struct task_spec *spec)
{
	return count_shared(spec) > 0;
}

int shares_check(const struct task_spec *spec, struct err *err)
{
	if (count_shared(spec) > MACHINE_SHARES_MAX)
		return err_set(err, ERR_INVALID, "a task can have %d EFS volumes at most",
			       MACHINE_SHARES_MAX);
	return 0;
}

/* As mount.nfs4 tells it on Fargate. */
static int fail_mount(const struct spec_efs *efs, const struct err *why, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND,
		       REASON "mount.nfs4: mounting %.64s:%.256s failed, reason given by server: "
			      "%.128s : unsuccessful EFS utils command execution; code: 32",
		       efs->file_system, shape_given(efs->root) ? efs->root : "/", why->text);
}

/* What is named; that it is there is another matter. */
static int find_place(const struct share_options *options, const char *account,
		      const struct spec_efs *efs, struct share_place *place, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct file_system_place found;
	struct err why = ERR_INIT;

	if (!options->folder)
		return err_set(err, ERR_NOT_FOUND,
			       REASON "they need a provisioner that runs as root, with libvirt's "
				      "embedded driver");
	if (file_system_find(&options->systems, account, efs->file_system, efs->root,
			     efs->authorization.access_point, arena, &found, &why) < 0)
		return err_set(err, ERR_NOT_FOUND, REASON "%.512s", why.text);
	if (strlen(found.folder) >= SHARE_PATH_SIZE || strlen(found.root) >= SHARE_PATH_SIZE)
		return err_set(err, ERR_NOT_FOUND, REASON "a path that is too long");
	memcpy(place->folder, found.folder, strlen(found.folder) + 1);
	memcpy(place->root, found.root, strlen(found.root) + 1);
	return 0;
}

static int look(const struct share_options *options, const char *account,
		const struct spec_efs *efs, struct err *err)
{
	AUTO(freep) struct share_place *place = xcalloc(1, sizeof(*place));
	AUTO(fd_closep) int fd = -1;
	struct err why = ERR_INIT;

	if (find_place(options, account, efs, place, err) < 0)
		return -1;
	return share_place_open(place, &fd, &why) < 0 ? fail_mount(efs, &why, err) : 0;
}

int shares_look(const struct share_options *options, const char *account,
		const struct task_spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->volumes.count; i++) {
		if (volume_at(spec, i)->is_shared &&
		    look(options, account, &volume_at(spec, i)->efs, err) < 0)
			return -1;
	}
	return 0;
}

/* Whose machine gets something. */
struct owner {
	const char *account, *machine;
};

static int add(const struct share_options *options, const struct owner *owner,
	       const struct task_spec *spec, size_t index, struct shares *shares, struct err *err)
{
	struct machine_share *share = &shares->items[shares->count];
	AUTO(freep) struct share_place *place = xcalloc(1, sizeof(*place));
	AUTO(freep) char *path = NULL;

	if (find_place(options, owner->account, &volume_at(spec, index)->efs, place, err) < 0)
		return -1;
	path = xasprintf("%s/%s.%zu", options->folder, owner->machine, index);
	if (share_place_write(path, place, err) < 0)
		return -1;
	(void)snprintf(share->tag, sizeof(share->tag), WIRE_SHARE_TAG, (unsigned)index);
	share->path = STEAL(path, NULL);
	shares->count++;
	return 0;
}

int shares_make(const struct share_options *options, const char *account, const char *machine,
		const struct task_spec *spec, struct shares *ret_shares, struct err *err)
{
	const struct owner owner = {account, machine};
	struct shares shares = {.count = 0};

	for (size_t i = 0; i < spec->volumes.count && shares.count < MACHINE_SHARES_MAX; i++) {
		if (volume_at(spec, i)->is_shared &&
		    add(options, &owner, spec, i, &shares, err) < 0) {
			shares_done(&shares);
			return -1;
		}
	}
	*ret_shares = shares;
	return 0;
}

void shares_done(struct shares *shares)
{
	for (size_t i = 0; i < shares->count; i++)
		free((char *)(uintptr_t)shares->items[i].path);
	shares->count = 0;
}

struct removal {
	share_kept_fn *is_kept;
	void *ctx;
};

static int remove_one(void *ctx, const char *folder, const char *name, struct err *err)
{
	const struct removal *removal = ctx;
	const char *dot = strrchr(name, '.');
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	AUTO(freep) char *machine = dot ? xstrndup(name, (size_t)(dot - name)) : NULL;

	if (!machine || removal->is_kept(removal->ctx, machine))
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", path);
	return 0;
}

static bool is_another(void *ctx, const char *machine)
{
	return strcmp(machine, ctx) != 0;
}

int shares_sweep(const struct share_options *options, share_kept_fn *is_kept, void *ctx,
		 struct err *err)
{
	struct removal removal = {is_kept, ctx};

	return options->folder ? file_each_name(options->folder, remove_one, &removal, err) : 0;
}

int shares_remove(const struct share_options *options, const char *machine, struct err *err)
{
	return shares_sweep(options, is_another, (char *)(uintptr_t)machine, err);
}
