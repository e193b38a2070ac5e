/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders and files of sources. The sandbox lets in what lay at their paths when the program
 * started; so one that was not there, or was replaced, needs a program that starts anew.
 */
#ifndef SLIPWAY_RELAY_PATH_WATCH_H
#define SLIPWAY_RELAY_PATH_WATCH_H

#include "core/loop.h"
#include "relay/source.h"

struct path_watch;

/* @changed(@ctx) is called once, when something else than at the time of this call lies at a path
 * of @sources and can be read. Borrows all. */
typedef void path_watch_fn(void *ctx, const char *path);
struct path_watch *path_watch_new(struct loop *loop, const struct source_options *sources,
				  size_t count, path_watch_fn *changed, void *ctx);
void path_watch_free(struct path_watch *watch); /* takes NULL; before the loop */

#endif
