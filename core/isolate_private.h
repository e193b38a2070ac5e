/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of isolate share.
 */
#ifndef SLIPWAY_CORE_ISOLATE_PRIVATE_H
#define SLIPWAY_CORE_ISOLATE_PRIVATE_H

#include "core/common.h"

/* Has this process gone through a stage? A child that was forked later has too. */
bool isolate_is_done(void);
void isolate_mark_done(void);

#endif
