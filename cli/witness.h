/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes for the provisioner when machines ended (core/process_end.h), since it may be away just
 * then: of orphans that the supervisor reaps, and of machines that an earlier supervisor's
 * programs have started, which are not its children and are watched instead. While a program
 * has just ended or begun it also notes each second that it is there itself: whose end is not
 * noted lived then.
 */
#ifndef SLIPWAY_CLI_WITNESS_H
#define SLIPWAY_CLI_WITNESS_H

#include "core/loop.h"
#include "core/process_end.h"

struct witness;

/* @run_dir: of the programs. What cannot be watched or noted is logged, and is no failure. */
struct witness *witness_new(struct loop *loop, const char *run_dir);
void witness_free(struct witness *witness); /* takes NULL */

/* A child of this process ended at @boot_ns. It must not be reaped yet: whoever finds it
 * gone finds the note. */
void witness_child_ended(struct witness *witness, pid_t pid, int64_t boot_ns);
/* The provisioner may be away for the next while. */
void witness_stay_awake(struct witness *witness);

#endif
