/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volumesFrom is resolved here: a container gets what the other mounts itself, and what
 * that one takes in turn, at the same paths; what is its own stays. Who is behind a
 * container that is taken read-only is read-only, too.
 *
 * A path that lies below another is mounted after it.
 *
 * As on Fargate, a volume begins with what an image has at its path only if the image
 * calls that path a volume (VOLUME in its Dockerfile), and never if others have it, too.
 */
#include "provisioner/task_mounts.h"

#include <string.h>

#include "core/path.h"
#include "store/log_router.h"
#include "store/task.h"
#include "store/tmpfs_option.h"

#define MOUNTS_MAX 200 /* of a container, with what it takes */

struct mounts {
	const struct task_spec *spec;
	struct wire_mount *items;
	size_t count;
	unsigned seen; /* a bit a container: its mounts are there */
};

static const struct spec_container *container_at(const struct task_spec *spec, size_t index)
{
	return &((const struct spec_container *)spec->containers.items)[index];
}

/* The number of containers or volumes if there is none. */
static size_t find_container(const struct task_spec *spec, const char *name)
{
	size_t index = 0;

	while (index < spec->containers.count && strcmp(container_at(spec, index)->name, name) != 0)
		index++;
	return index;
}

static size_t find_volume(const struct task_spec *spec, const char *name)
{
	const struct spec_volume *volumes = spec->volumes.items;
	size_t index = 0;

	while (index < spec->volumes.count && strcmp(volumes[index].name, name) != 0)
		index++;
	return index;
}

static bool is_path(const char *path)
{
	return path[0] == '/' && !path_is_same(path, "/");
}

static int check_memory(const struct spec_container *container, struct err *err)
{
	const struct spec_tmpfs *tmpfs = container->linux_parameters.tmpfs.items;

	for (size_t i = 0; i < container->linux_parameters.tmpfs.count; i++) {
		const char *const *options = tmpfs[i].options.items;

		if (!is_path(tmpfs[i].path))
			return err_set(err, ERR_INVALID, "a tmpfs of container %s",
				       container->name);
		for (size_t j = 0; j < tmpfs[i].options.count; j++) {
			enum tmpfs_option_kind kind = tmpfs_option_kind(options[j]);

			if (kind != TMPFS_OPTION_FLAG && kind != TMPFS_OPTION_SETTING)
				return err_set(err, ERR_INVALID, "a tmpfs option of container %s",
					       container->name);
		}
	}
	return 0;
}

int task_mounts_check(const struct task_spec *spec, size_t index, struct err *err)
{
	const struct spec_container *container = container_at(spec, index);
	const struct spec_mount *mounts = container->mounts.items;
	const struct spec_take *taken = container->taken.items;

	for (size_t i = 0; i < container->mounts.count; i++) {
		if (find_volume(spec, mounts[i].volume) == spec->volumes.count ||
		    !is_path(mounts[i].path))
			return err_set(err, ERR_INVALID, "a mount point of container %s",
				       container->name);
	}
	for (size_t i = 0; i < container->taken.count; i++) {
		if (find_container(spec, taken[i].container) == spec->containers.count)
			return err_set(err, ERR_INVALID, "volumesFrom of container %s",
				       container->name);
	}
	return check_memory(container, err);
}

static size_t depth(const char *path)
{
	size_t parts = 0;

	for (; *path; path++)
		parts += *path == '/' && path[1] != '/' && path[1] != '\0';
	return parts;
}

/* The first at a path counts. */
static int add(struct mounts *mounts, const struct wire_mount *mount, struct err *err)
{
	size_t at = mounts->count;

	for (size_t i = 0; i < mounts->count; i++) {
		if (path_is_same(mounts->items[i].path, mount->path))
			return 0;
	}
	if (mounts->count == MOUNTS_MAX)
		return err_set(err, ERR_LIMIT, "a container can have %d mount points at most",
			       MOUNTS_MAX);
	for (; at > 0 && depth(mounts->items[at - 1].path) > depth(mount->path); at--)
		mounts->items[at] = mounts->items[at - 1];
	mounts->items[at] = *mount;
	mounts->count++;
	return 0;
}

static bool image_has_volume(const struct image_settings *image, const char *path)
{
	const char *name;
	json_t *value;

	if (!image)
		return false;
	json_object_foreach (image->volumes, name, value) {
		if (path_is_same(name, path))
			return true;
	}
	return false;
}

/* @image is that of who gets them, if they are its own. */
static int add_volumes(struct mounts *mounts, size_t index, bool readonly,
		       const struct image_settings *image, struct err *err)
{
	const struct spec_container *container = container_at(mounts->spec, index);
	const struct spec_mount *own = container->mounts.items;
	const struct spec_take *taken = container->taken.items;
	const struct spec_volume *volumes = mounts->spec->volumes.items;

	if (mounts->seen & (1u << index))
		return 0;
	mounts->seen |= 1u << index;
	for (size_t i = 0; i < container->mounts.count; i++) {
		size_t volume = find_volume(mounts->spec, own[i].volume);
		struct wire_mount mount = {
			.path = own[i].path,
			.volume = (int64_t)volume,
			.readonly = readonly || own[i].readonly,
			.seed = !volumes[volume].is_shared && image_has_volume(image, own[i].path),
		};

		if (add(mounts, &mount, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < container->taken.count; i++) {
		if (add_volumes(mounts, find_container(mounts->spec, taken[i].container),
				readonly || taken[i].readonly, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int add_memory(struct mounts *mounts, size_t index, struct err *err)
{
	const struct spec_container *container = container_at(mounts->spec, index);
	const struct spec_tmpfs *tmpfs = container->linux_parameters.tmpfs.items;

	for (size_t i = 0; i < container->linux_parameters.tmpfs.count; i++) {
		struct wire_mount mount = {
			.path = tmpfs[i].path,
			.volume = -1,
			.size_mib = tmpfs[i].size_mib,
			.options = tmpfs[i].options,
		};

		if (add(mounts, &mount, err) < 0)
			return -1;
	}
	return 0;
}

int task_mounts_fill(const struct task_spec *spec, size_t index, const struct image_settings *image,
		     struct arena *arena, struct shape_list *ret_mounts, struct err *err)
{
	struct mounts mounts = {
		.spec = spec,
		.items = arena_alloc(arena, MOUNTS_MAX * sizeof(*mounts.items)),
	};

	if (!mounts.items)
		return err_set(err, ERR_LIMIT, "the task's description is too large");
	/* First, so that it counts: the folder of a log router's socket. */
	if (container_at(spec, index)->firelens.present &&
	    add(&mounts,
		&(struct wire_mount){.path = LOG_ROUTER_FOLDER,
				     .volume = (int64_t)spec->volumes.count},
		err) < 0)
		return -1;
	if (add_memory(&mounts, index, err) < 0 ||
	    add_volumes(&mounts, index, false, image, err) < 0)
		return -1;
	*ret_mounts =
		(struct shape_list){.items = mounts.items, .count = mounts.count, .present = true};
	return 0;
}
