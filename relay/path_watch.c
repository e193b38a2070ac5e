/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device and inode say what lies there. A look every LOOK_MS is a stat() for each path, which
 * neither Landlock nor the filter of system calls forbids.
 */
#include "relay/path_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS		  1000
#define PATHS_OF_A_SOURCE 2

struct watched {
	const char *path; /* "": none */
	dev_t device;	  /* 0 and 0: nothing lies there, or it cannot be read */
	ino_t inode;
};

struct path_watch {
	struct loop *loop;
	struct loop_timer *timer;
	path_watch_fn *changed;
	void *ctx;
	size_t count;
	struct watched watched[];
};

static struct watched look_at(const char *path)
{
	struct watched found = {.path = path};
	struct stat info;

	if (path[0] && stat(path, &info) == 0 &&
	    access(path, S_ISDIR(info.st_mode) ? R_OK | X_OK : R_OK) == 0) {
		found.device = info.st_dev;
		found.inode = info.st_ino;
	}
	return found;
}

static void look(void *ctx)
{
	struct path_watch *watch = ctx;

	watch->timer = NULL;
	for (size_t i = 0; i < watch->count; i++) {
		const struct watched *old = &watch->watched[i];
		struct watched found = look_at(old->path);

		if (found.inode == 0 || (found.inode == old->inode && found.device == old->device))
			continue;
		watch->changed(watch->ctx, old->path);
		return;
	}
	watch->timer = loop_timer_add(watch->loop, LOOK_MS, look, watch);
}

struct path_watch *path_watch_new(struct loop *loop, const struct source_options *sources,
				  size_t count, path_watch_fn *changed, void *ctx)
{
	struct path_watch *watch =
		xcalloc(1, sizeof(*watch) + PATHS_OF_A_SOURCE * count * sizeof(*watch->watched));
	bool any = false;

	watch->loop = loop;
	watch->changed = changed;
	watch->ctx = ctx;
	for (size_t i = 0; i < count; i++) {
		watch->watched[watch->count++] = look_at(sources[i].folder);
		watch->watched[watch->count++] = look_at(sources[i].credentials);
		any |= sources[i].folder[0] || sources[i].credentials[0];
	}
	if (any)
		watch->timer = loop_timer_add(loop, LOOK_MS, look, watch);
	return watch;
}

void path_watch_free(struct path_watch *watch)
{
	if (!watch)
		return;
	loop_timer_cancel(watch->timer);
	free(watch);
}
