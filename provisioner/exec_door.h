/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the gateway comes with people who run commands in containers: a socket of
 * the run folder. What may be run is what the store says; here comes only who has a session's
 * token, and then what is typed and shown.
 */
#ifndef SLIPWAY_PROVISIONER_EXEC_DOOR_H
#define SLIPWAY_PROVISIONER_EXEC_DOOR_H

#include "microvm/wire/exec.h"

struct exec_door;
struct flow;
struct run;

/* Makes the socket of the flow's options. */
int exec_door_open(struct flow *flow, struct exec_door **ret_door, struct err *err) MUST_CHECK;
/* All sessions end. Takes NULL. When no job of the flow runs. */
void exec_door_close(struct exec_door *door);

/* A frame of @run's agent about commands; NULL: it has ended all of them. */
void exec_door_take(struct exec_door *door, struct run *run, const struct frame *frame);
/* @run's machine is gone, or @run goes. */
void exec_door_end_task(struct exec_door *door, const struct run *run);

#endif
