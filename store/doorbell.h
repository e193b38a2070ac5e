/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A doorbell: one byte to the socket of the provisioner, or of the gateway's thread of events, says
 * "look at the store". It carries nothing else, and nobody minds if it is lost: who is rung looks
 * by itself every now and then.
 */
#ifndef SLIPWAY_STORE_DOORBELL_H
#define SLIPWAY_STORE_DOORBELL_H

#include "core/err.h"

struct doorbell;

/* @path: of a datagram socket; it need not exist yet. */
int doorbell_open(const char *path, struct doorbell **ret_doorbell, struct err *err) MUST_CHECK;
void doorbell_free(struct doorbell *doorbell); /* takes NULL */

/* From any thread; @ctx is a struct doorbell. Never blocks. */
void doorbell_ring(void *ctx);

#endif
