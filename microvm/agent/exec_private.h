/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command as exec*.c see it: see exec.c for its life.
 */
#ifndef SLIPWAY_MICROVM_AGENT_EXEC_PRIVATE_H
#define SLIPWAY_MICROVM_AGENT_EXEC_PRIVATE_H

#include "microvm/agent/cgroup.h"
#include "microvm/agent/exec.h"
#include "microvm/wire/exec.h"

#define SLOTS CGROUP_EXECS

enum exec_state { EXEC_FREE, EXEC_STARTING, EXEC_RUNNING, EXEC_DRAINING };

/* Where output comes from. */
struct exec_source {
	struct exec *exec;
	enum wire_exec_stream stream;
	int fd; /* -1: none, or read to its end */
	struct loop_fd *watch;
};

struct exec {
	struct execs *execs;
	enum exec_state state;
	unsigned slot;
	uint32_t id;
	unsigned container;
	bool terminal;
	int64_t rows, columns;
	pid_t pid;
	int exit_code;
	int setup_fd, terminal_socket; /* until it runs */
	struct loop_fd *setup_watch;
	struct buf setup; /* what its process told */
	struct exec_source sources[2];
	int in_fd; /* of a terminal: a second one of sources[0]'s, while it is waited for */
	struct loop_fd *in_watch;
	struct buf in; /* that it has not read */
	bool in_ended;
	size_t room_owed;  /* bytes of input taken that the host was not told of */
	size_t out_window; /* bytes of output that may be sent */
	bool abandoned;	   /* nobody wants its output */
	struct loop_timer *kill_timer;
};

struct execs {
	struct execs_options options;
	struct exec slots[SLOTS];
};

/* NULL: there is none of that number. */
struct exec *exec_find(struct execs *execs, int64_t id);
void exec_tell(struct execs *execs, const struct shape *shape, const void *message,
	       enum frame_type type);

/* --- exec_input.c -------------------------------------------------------- */

/* Of the host; nonsense is ignored. */
void exec_take_input(struct execs *execs, const struct frame *frame);
/* As much as it takes now; the rest when it has room. */
void exec_write_input(struct exec *exec);
/* Tell the host of input that was taken, if the session has room for that. */
void exec_say_room(struct exec *exec);
void exec_close_input(struct exec *exec);

#endif
