/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event that a task was launched for. It belongs to the task: written with it, and gone with
 * it (ON DELETE CASCADE).
 */
#ifndef SLIPWAY_STORE_TASK_PAYLOAD_H
#define SLIPWAY_STORE_TASK_PAYLOAD_H

#include "core/arena.h"
#include "store/db.h"

#define TASK_PAYLOAD_MAX (2u * 1024 * 1024) /* bytes of an envelope */

/* What containers are told of it in their variables: X(member, name of the variable) */
#define TASK_PAYLOAD_WORDS(X)                                                                      \
	X(id, "SLIPWAY_EVENT_ID")                                                                  \
	X(source, "SLIPWAY_EVENT_SOURCE")                                                          \
	X(type, "SLIPWAY_EVENT_TYPE") /* its detail-type */                                        \
	X(time, "SLIPWAY_EVENT_TIME")                                                              \
	X(bus, "SLIPWAY_EVENT_BUS")                                                                \
	X(rule, "SLIPWAY_EVENT_RULE") /* "": no rule had it launched */
#define TASK_PAYLOAD_AS_MEMBER(name, variable) const char *name;

struct task_payload {
	TASK_PAYLOAD_WORDS(TASK_PAYLOAD_AS_MEMBER)
	const char *body; /* the envelope */
	size_t body_len;
};

/* In the caller's transaction, which has written the task. */
int task_payload_put(struct db *db, const char *task, const struct task_payload *event,
		     struct err *err) MUST_CHECK;
/* Texts are the arena's. ERR_NOT_FOUND; ERR_LIMIT if it is larger than TASK_PAYLOAD_MAX. */
int task_payload_find(struct db *db, const char *task, struct arena *arena,
		      struct task_payload *ret_event, struct err *err) MUST_CHECK;

#endif
