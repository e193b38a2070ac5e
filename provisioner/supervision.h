/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of an order that tells the agent when containers start, whether they are
 * well, and what follows when they end. Pure.
 */
#ifndef SLIPWAY_PROVISIONER_SUPERVISION_H
#define SLIPWAY_PROVISIONER_SUPERVISION_H

#include "microvm/wire/message.h"
#include "store/task_spec.h"

#define SUPERVISION_GRACE_S 30 /* stop timeout of a container that names none */

/* Whom a container waits for: ERR_INVALID with a text for the user. */
int supervision_check(const struct task_spec *spec, size_t index, struct err *err) MUST_CHECK;

/* Of a task that was checked. Lists are borrowed from @spec or live in @arena. */
int supervision_fill(const struct task_spec *spec, size_t index, struct arena *arena,
		     struct wire_container *to, struct err *err) MUST_CHECK;

/* The longest that stopping can take: a container gets its signal only when all that
 * wait for it have ended, and then has its own timeout. */
int64_t supervision_stop_seconds(const struct task_spec *spec);

#endif
