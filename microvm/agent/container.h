/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One container of the task: started, watched, stopped, reported.
 */
#ifndef SLIPWAY_MICROVM_AGENT_CONTAINER_H
#define SLIPWAY_MICROVM_AGENT_CONTAINER_H

#include <signal.h>

#include "microvm/agent/session.h"

/*
 *                  +---- restart policy ----+
 *                  v                        |
 *   WAITING -> STARTING -> RUNNING -> ENDING -> ENDED
 *       |          |                              ^
 *       +----------+------------------------------+   could not start
 */
#define CONTAINER_STATES(X)                                                                        \
	X(WAITING)  /* its turn has not come */                                                    \
	X(STARTING) /* its process is preparing itself */                                          \
	X(RUNNING)  /* STARTED was said */                                                         \
	X(ENDING)   /* its processes are dead, its output is not all handed over */                \
	X(ENDED)    /* EXITED was said */
#define CONTAINER_AS_ENUM(name) CONTAINER_##name,
enum container_state { CONTAINER_STATES(CONTAINER_AS_ENUM) CONTAINER_STATE_COUNT };

struct container;
struct dependency_state;
struct sock_fprog;

/* What may be told about a container; times of the wall's clock, 0: not yet. */
struct container_view {
	enum container_state state;
	bool stopping;
	int64_t created_ms, started_ms, finished_ms;
	int exit_code; /* if it ran and has ended */
	int64_t restarts;
	bool has_check;
	enum wire_health_status health; /* with a check */
};

struct container_options {
	struct loop *loop;
	struct session *session;
	const struct wire_task *task; /* borrowed for ever */
	unsigned index;
	const struct sock_fprog *filter; /* borrowed for ever */
	/* The state has become RUNNING or ENDED, or its health is another one. */
	void (*on_change)(void *ctx, struct container *container);
	/* EXITED is about to be said: the last chance to say something before. May be NULL. */
	void (*on_ending)(void *ctx);
	void *ctx;
};

struct container *container_new(const struct container_options *options);

enum container_state container_state(const struct container *container);
/* Whether it ended after it had run, with 0. */
bool container_ran_well(const struct container *container);
void container_view(const struct container *container, struct container_view *ret_view);
bool container_is_essential(const struct container *container);
/* Of its first process; 0 unless it is RUNNING. */
pid_t container_pid(const struct container *container);
/* What others that wait for it want to know; its start timeout is not looked at. */
void container_look(const struct container *container, struct dependency_state *ret_state);
/* Whether it was started and this is a process of its that we made. */
bool container_is_process(const struct container *container, pid_t pid);

/* WAITING: begin. @disk is its image's device file. It ends in RUNNING or ENDED. */
void container_start(struct container *container, const char *disk);
/* WAITING: it will not be started; @why is for people. @unmet: that is so because of what
 * it waits for, and the task cannot go on. */
void container_skip(struct container *container, bool unmet, const char *why);
/* Whatever its restart policy says. */
void container_forbid_restart(struct container *container);
/* Its stop signal now, SIGKILL when its time is over. Again: nothing more. */
void container_stop(struct container *container);
/* A process of its is dead. */
void container_process_ended(struct container *container, const siginfo_t *info);
/* The session has room for output again. */
void container_go_on(struct container *container);

#endif
