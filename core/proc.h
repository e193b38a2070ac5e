/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run a program and wait for it (from a job: this blocks): arguments as a list,
 * never a shell; output captured up to a maximum; a deadline after which the
 * whole process group gets SIGKILL; optionally as another user, with no new
 * privileges. Descriptors other than the three standard ones are closed.
 */
#ifndef SLIPWAY_CORE_PROC_H
#define SLIPWAY_CORE_PROC_H

#include <sys/types.h>

#include "core/buf.h"

struct proc_call {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *env;	 /* NULL-terminated "K=V"; NULL: PATH, LANG=C.UTF-8 and @pass */
	const char *const
		*pass;	   /* names, NULL-terminated, of our variables that it gets; or NULL */
	const char *dir;   /* working directory; NULL: unchanged */
	const void *input; /* standard input; NULL: /dev/null */
	size_t input_len;
	struct buf *output;  /* appended; past its maximum the child is killed: ERR_LIMIT */
	struct buf *errors;  /* standard error, appended up to its maximum, the rest dropped */
	int64_t deadline_ms; /* from the start; 0 is not allowed */
	bool as_user;	     /* drop to @uid, @gid, no groups */
	uid_t uid;
	gid_t gid;
	/* When it becomes non-zero the child is killed; NULL: never. Other threads set
	 * it with __atomic_store_n(). */
	const volatile int *cancel;
};

/* 0 and the exit code, or 128+signal. -1 only if it could not be run, was
 * cancelled (ERR_CONFLICT), wrote too much (ERR_LIMIT) or ran out of time (ERR_TIMEOUT).
 * Nothing of its process group outlives the call. */
int proc_run(const struct proc_call *call, int *ret_exit, struct err *err) MUST_CHECK;

#endif
