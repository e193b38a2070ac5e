/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event loop for one thread, on epoll: descriptors, timers, signals, and
 * calls posted by other threads. Nothing in a callback may block. Callbacks may
 * add and remove anything, themselves included.
 */
#ifndef SLIPWAY_CORE_LOOP_H
#define SLIPWAY_CORE_LOOP_H

#include "core/err.h"

struct loop;
struct loop_fd;	   /* a watched descriptor; the descriptor stays the caller's */
struct loop_timer; /* a one-shot timer */

#define LOOP_READ  1u
#define LOOP_WRITE 2u
#define LOOP_ERROR 4u /* hang-up or error; always reported */

typedef void loop_fd_fn(void *ctx, unsigned events);
typedef void loop_fn(void *ctx);
typedef void loop_signal_fn(void *ctx, int signo);

int loop_new(struct loop **ret_loop, struct err *err) MUST_CHECK;
void loop_free(struct loop *loop);
void loop_freep(struct loop **loop);

int loop_run(struct loop *loop, struct err *err) MUST_CHECK; /* until loop_stop() */
void loop_stop(struct loop *loop); /* from any thread; before loop_run() it counts too */

int loop_fd_add(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn, void *ctx,
		struct loop_fd **ret_fd, struct err *err) MUST_CHECK;
void loop_fd_want(struct loop_fd *watch, unsigned events); /* change what is waited for */
void loop_fd_remove(struct loop_fd *watch); /* takes NULL; before the descriptor is closed */

/* Call @fn once, @delay_ms from now (by the boot-time clock). */
struct loop_timer *loop_timer_add(struct loop *loop, int64_t delay_ms, loop_fn *fn, void *ctx);
/* Before it fired: call it off. A timer that fired is gone by itself. Takes NULL. */
void loop_timer_cancel(struct loop_timer *timer);

/* Block @signo for the process (call before threads start) and report it here. */
int loop_signal_add(struct loop *loop, int signo, loop_signal_fn *fn, void *ctx, struct err *err)
	MUST_CHECK;

/* From any thread: call @fn(ctx) soon on the loop's thread, in order of posting.
 * What is still waiting in loop_free() is not called. */
void loop_post(struct loop *loop, loop_fn *fn, void *ctx);

#endif
