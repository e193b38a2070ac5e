/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two files of the pool share: its machines (pool_blank.c) and who gets one
 * (pool.c). Everything belongs to the loop's thread; a job reads of its blank what does
 * not change while it runs.
 */
#ifndef SLIPWAY_PROVISIONER_POOL_PRIVATE_H
#define SLIPWAY_PROVISIONER_POOL_PRIVATE_H

#include "provisioner/flow_private.h"

#define POOL_PAUSE_MS 30000 /* after a machine that came to nothing */

#define BLANK_STATES(X)                                                                            \
	X(STARTING)                                                                                \
	X(GREETING)                                                                                \
	X(PREPARING)                                                                               \
	X(SETTLING)                                                                                \
	X(READY)                                                                                   \
	X(SAVING)                                                                                  \
	X(ENDING)
#define BLANK_AS_ENUM(name) BLANK_##name,
#define BLANK_AS_NAME(name) [BLANK_##name] = #name,
enum blank_state { BLANK_STATES(BLANK_AS_ENUM) };

/* A machine without a task. */
struct blank {
	struct blank *next;
	struct pool *pool;
	enum blank_state state;
	struct machine_size size;
	char machine[MACHINE_NAME_SIZE];
	char tap[NETWORK_TAP_SIZE], bridge[NETWORK_TAP_SIZE], mac[18];
	uid_t uid;
	struct process_id process; /* pid 0: not known */
	enum machine_memory memory;
	char *template_dir; /* unless memory is BOOT */
	struct session *session;
	int64_t boot_wall_us;
	int64_t held_bytes;
	struct loop_timer *limit;
	bool greeted;  /* its agent has said hello */
	bool working;  /* a job has it */
	bool unwanted; /* to be ended when the job is done */
	bool innocent; /* the template had no part in what failed */
	bool gone;     /* taken away by pool_stop() */
};

struct pool {
	struct flow *flow;
	struct template_store *templates; /* NULL: none can be had, or not known yet */
	bool looking, looked;		  /* for templates */
	struct blank *blanks;
	struct machine_size wanted[POOL_MACHINES_MAX]; /* of the last launches, newest first */
	size_t wanted_count;
	int64_t not_before_ns;		/* no machine is made earlier */
	int64_t template_not_before_ns; /* no template is made earlier */
	struct loop_timer *timer;
	bool stopped;
};

/* Look again what is to be done, after a while. */
void pool_poll_later(struct pool *pool, int64_t delay_ms);

/* Begin to make a machine. It comes to READY, or is a template then, by itself. */
void blank_begin(struct pool *pool, struct machine_size size, enum machine_memory memory);
/* It goes: at once, or when the job that has it is done. */
void blank_end(struct blank *blank);
/* It goes; if it was never of use, no other is made for a while, or no template. */
void blank_fail(struct blank *blank, const char *why);
/* Blocks. Take away machine, disk and console. */
int blank_take_away(const struct blank *blank, struct err *err) MUST_CHECK;
/* Free it and its memory's account; what it was is somebody else's, or gone. */
void blank_forget(struct blank *blank);

#endif
