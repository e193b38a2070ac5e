/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of each layer has arrived: memory that the fetching process writes and the
 * one that unpacks reads, with a bell. The bytes themselves lie in files, so a layer is
 * read while it comes, several may come at once, and a broken transfer goes on where it
 * was. No lock is shared: either side may die at any moment.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_ARRIVAL_H
#define SLIPWAY_PROVISIONER_IMAGE_ARRIVAL_H

#include "provisioner/image/image_manifest.h"

/* What the unpacking side is to do; filled before it is released. */
struct image_order {
	struct image_blob layers[IMAGE_LAYERS_MAX]; /* lowest first */
	char diff_ids[IMAGE_LAYERS_MAX][IMAGE_DIGEST_SIZE];
	size_t count;
	int64_t bytes_max; /* of all layers unpacked */
};

struct image_arrival {
	uint32_t bell;	/* counts what happened; waited for as a futex */
	int32_t ready;	/* the order is whole */
	int32_t judged; /* its diff ids are, too: the config is there */
	int64_t arrived[IMAGE_LAYERS_MAX];
	struct image_order order;
};

/* Memory that children made by fork() share. NULL without memory. */
struct image_arrival *image_arrival_new(void);
void image_arrival_free(struct image_arrival *arrival); /* takes NULL */

/* The writing side. */
void image_arrival_release(struct image_arrival *arrival);
void image_arrival_judge(struct image_arrival *arrival);
void image_arrival_add(struct image_arrival *arrival, size_t layer, int64_t bytes);

/* The reading side: wait for it. */
void image_arrival_await_order(const struct image_arrival *arrival);
void image_arrival_await_judge(const struct image_arrival *arrival);
/* Until more than @offset bytes of @layer are there; how many are. @offset if *@stop
 * becomes non-zero (which is looked at every now and then). */
int64_t image_arrival_await(const struct image_arrival *arrival, size_t layer, int64_t offset,
			    const int *stop);

#endif
