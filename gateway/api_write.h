/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit: the writes of many calls in one transaction, so that they share one durable
 * write. A call comes here when its handler has called call_write(): everything that can be
 * done without the write lock is done, its answer is made, and it leaves only after the
 * commit.
 */
#ifndef SLIPWAY_GATEWAY_API_WRITE_H
#define SLIPWAY_GATEWAY_API_WRITE_H

#include "gateway/api.h"

/*
 * Run the writes of @calls, in their order, on @db. Each has an outcome afterwards. Blocks.
 * The write lock, which the provisioner wants as well, is held for some milliseconds at a
 * time, and let go for others in between.
 */
void api_write(struct db *db, struct api_call *const *calls, size_t count);

#endif
