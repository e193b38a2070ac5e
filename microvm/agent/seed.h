/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image has at a path becomes the beginning of an empty volume.
 */
#ifndef SLIPWAY_MICROVM_AGENT_SEED_H
#define SLIPWAY_MICROVM_AGENT_SEED_H

#include "core/err.h"

/* @volume: a descriptor of its folder. Nothing is done when the volume holds anything, and when
 * @path is no folder. */
int seed_volume(const char *path, int volume, struct err *err) MUST_CHECK;

#endif
