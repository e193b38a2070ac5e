/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long launches take: for each of their phases a histogram of the time from
 * the acceptance of the task until the phase was reached, in Prometheus' text form.
 */
#ifndef SLIPWAY_PROVISIONER_LAUNCH_TIMES_H
#define SLIPWAY_PROVISIONER_LAUNCH_TIMES_H

#include "core/buf.h"

/* All that a launch goes through, in the usual order; of what a guest reports, these
 * names and no others, since each one is a label. */
#define LAUNCH_PHASES(X)                                                                           \
	X(claimed)                                                                                 \
	X(image)                                                                                   \
	X(machine)                                                                                 \
	X(kernel)                                                                                  \
	X(hello)                                                                                   \
	X(plugged)                                                                                 \
	X(task)                                                                                    \
	X(disks)                                                                                   \
	X(network)                                                                                 \
	X(scratch)                                                                                 \
	X(started)

#define LAUNCH_TIMES_TEXT_MAX (64u * 1024) /* of all histograms; a third of it is used */

/* Count one launch that reached @phase after so long. A name that is none of the
 * phases is nothing. On the loop's thread, as all of this. */
void launch_times_add(const char *phase, int64_t after_us);

/* All histograms, cumulated since this program began. */
int launch_times_print(struct buf *out, struct err *err) MUST_CHECK;

#endif
