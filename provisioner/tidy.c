/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image cache is brought back to its limit after every pull that added to it, and
 * with every sweep. What a launch has pulled and not yet plugged in is kept by
 * name; what runs is kept by QEMU's own lock.
 */
#include <stdio.h>

#include "core/log.h"
#include "provisioner/flow_private.h"

#define KEEP_MAX 4096 /* launches under way are far fewer */

struct tidy {
	struct flow *flow;
	char digests[KEEP_MAX][IMAGE_DIGEST_SIZE];
	size_t count;
	bool ran;
	int result;
	struct err err;
};

static void do_tidy(void *ctx, unsigned worker)
{
	struct tidy *tidy = ctx;
	const struct image_source *source = &tidy->flow->options.images;
	AUTO(freep) const char **keep = xcalloc(tidy->count + 1, sizeof(*keep));

	(void)worker; /* pulls share nothing */
	for (size_t i = 0; i < tidy->count; i++)
		keep[i] = tidy->digests[i];
	tidy->ran = true;
	tidy->result = source->tidy(source->ctx, keep, tidy->count, &tidy->err);
}

static void tidied(void *ctx)
{
	AUTO(freep) struct tidy *tidy = ctx;

	tidy->flow->tidying = false;
	if (tidy->ran && tidy->result < 0)
		log_warn("%s", tidy->err.text);
}

static void add_images(struct run *run, void *ctx)
{
	struct tidy *tidy = ctx;

	for (size_t i = 0; i < run->image_count && tidy->count < KEEP_MAX; i++) {
		if (run->images[i].image)
			(void)snprintf(tidy->digests[tidy->count++], IMAGE_DIGEST_SIZE, "%s",
				       run->images[i].image->answer.digest);
	}
}

void tidy_soon(struct flow *flow)
{
	struct tidy *tidy;
	struct err err = ERR_INIT;

	if (!flow->options.images.tidy || flow->tidying)
		return;
	tidy = xcalloc(1, sizeof(*tidy));
	tidy->flow = flow;
	flow_each(flow, add_images, tidy);
	if (jobs_submit(flow->pulls, do_tidy, tidied, tidy, &err) < 0)
		free(tidy); /* with the next one */
	else
		flow->tidying = true;
}
