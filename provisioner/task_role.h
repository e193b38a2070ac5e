/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys for the role of a task, if its definition names one that the configuration has.
 */
#ifndef SLIPWAY_PROVISIONER_TASK_ROLE_H
#define SLIPWAY_PROVISIONER_TASK_ROLE_H

#include "core/conf.h"
#include "microvm/wire/message.h"
#include "store/role_session.h"
#include "store/task_spec.h"

#define TASK_ROLE_ARN_SIZE (ROLE_NAME_SIZE + 40)

/* What struct wire_credentials borrows. */
struct task_role {
	struct role_session session;
	char arn[TASK_ROLE_ARN_SIZE];
	struct wire_credentials credentials;
};

/* New keys as of @now_ms. false: the task has no role, or one that is not configured. */
bool task_role_make(const struct conf_map *roles, const struct role_seed *seed,
		    const struct task *task, const struct task_spec *spec, int64_t now_ms,
		    struct task_role *ret_role);

#endif
