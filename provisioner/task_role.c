/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys last KEYS_S and new ones are told every RENEW_MS, so a container always finds some
 * that are good for hours: SDKs fetch new ones some minutes before the end of theirs. What
 * a renewal that is lost costs is an hour of those. A provisioner that has just started
 * does not wait that long, since nobody may have renewed for a while.
 */
#include "provisioner/task_role.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

#define KEYS_S	 (6 * 3600)
#define FIRST_MS 10000
#define RENEW_MS 3600000

bool task_role_make(const struct conf_map *roles, const struct role_seed *seed,
		    const struct task *task, const struct task_spec *spec, int64_t now_ms,
		    struct task_role *ret_role)
{
	const char *name = role_name(spec->task_role);
	struct task_role *role = ret_role;

	if (!roles || !ident_is_name(name, ROLE_NAME_SIZE - 1) || !conf_map_get(roles, name))
		return false;
	role_session_make(seed, task->id, name, now_ms / 1000 + KEYS_S, &role->session);
	(void)snprintf(role->arn, sizeof(role->arn), "arn:aws:iam::%s:role/%s", task->account,
		       name);
	role->credentials = (struct wire_credentials){
		.role_arn = role->arn,
		.access_key = role->session.access_key,
		.secret = role->session.secret,
		.token = role->session.token,
		.expires_s = role->session.expires_s,
	};
	return true;
}

static void renew_one(struct run *run, void *ctx)
{
	const struct flow_options *options = &run->flow->options;
	struct err err = ERR_INIT;
	struct task_role role;

	(void)ctx;
	if (!run->session || run->view.state < TASK_ACTIVATING ||
	    run->view.state >= TASK_DEPROVISIONING ||
	    !task_role_make(options->roles, &options->role_seed, &run->task, &run->spec,
			    clock_wall_ms(), &role))
		return;
	if (session_send_credentials(run->session, &role.credentials, &err) < 0)
		log_warn("task=%s %s", run->id, err.text);
	explicit_bzero(&role, sizeof(role));
}

static void on_timer(void *ctx)
{
	struct flow *flow = ctx;

	flow_each(flow, renew_one, NULL);
	flow->roles_timer = loop_timer_add(flow->options.loop, RENEW_MS, on_timer, flow);
}

void task_roles_begin(struct flow *flow)
{
	flow->roles_timer = loop_timer_add(flow->options.loop, FIRST_MS, on_timer, flow);
}

void task_roles_free(struct flow *flow)
{
	loop_timer_cancel(STEAL(flow->roles_timer, NULL));
}
