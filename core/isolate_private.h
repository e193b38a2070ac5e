/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of isolate share.
 */
#ifndef SLIPWAY_CORE_ISOLATE_PRIVATE_H
#define SLIPWAY_CORE_ISOLATE_PRIVATE_H

/* This process has gone through a stage; a child that is forked later has, too. */
void isolate_mark_done(void);

#endif
