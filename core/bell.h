/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's doorbell: a datagram socket that others of the host send a byte to
 * (store/doorbell.h). A ring carries no authority and nothing else: all that it does is to wake.
 */
#ifndef SLIPWAY_CORE_BELL_H
#define SLIPWAY_CORE_BELL_H

#include "core/loop.h"

struct bell;
typedef void bell_fn(void *ctx);

/* At @path, in place of what an earlier life left there; @name ("the bell of events") is for the
 * error of a path that is too long. @rung(@ctx) is called by the loop, which is borrowed: once for
 * all rings since its last turn. */
struct bell_place {
	const char *path, *name;
};
int bell_open(struct loop *loop, const struct bell_place *place, bell_fn *rung, void *ctx,
	      struct bell **ret_bell, struct err *err) MUST_CHECK;
void bell_free(struct bell *bell); /* takes NULL; before the loop */

#endif
