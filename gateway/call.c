/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation may do to its call: fail, or keep a document until the answer.
 * Apart from the road, so that what operations share can be linked without it.
 */
#include <stdarg.h>
#include <stdio.h>

#include "core/log.h"
#include "gateway/api.h"
#include "gateway/json_out.h"
#include "store/role_policy.h"

void call_set_error(struct call *call, const char *type, const char *fmt, ...)
{
	va_list args;

	call->error.status = 400;
	call->error.type = type;
	va_start(args, fmt);
	(void)vsnprintf(call->error.message, sizeof(call->error.message), fmt, args);
	va_end(args);
}

void call_set_server_error(struct call *call, const struct err *err)
{
	log_error("request failed request=%s code=%s error=%s", call->request->id,
		  err_code_name(err->code), err->text);
	call_set_error(call, "ServerException",
		       "The request could not be served because of a server error.");
	call->error.status = 500;
}

int call_check_role(struct call *call, const char *service, const char *action,
		    const char *resource)
{
	const struct caller *caller = &call->caller;
	const struct conf_map *roles = call->options->roles;

	if (!caller->role[0] ||
	    role_policy_allows(roles ? conf_map_get(roles, caller->role) : NULL, service, action))
		return 0;
	return call_fail(call, "AccessDeniedException",
			 "User: %s is not authorized to perform: %s:%s on resource: %.400s because "
			 "no identity-based policy allows the %s:%s action",
			 caller->arn, service, action, resource, service, action);
}

int call_keep_text(struct call *call, const json_t *value, const char **ret_text)
{
	AUTO(freep) char *text = out_dump(value);
	const char *kept = arena_strdup(call->arena, text);

	if (!kept)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	*ret_text = kept;
	return 0;
}

void call_write(struct call *call, call_write_fn *write, void *ctx)
{
	call->write = write;
	call->write_ctx = ctx;
}

void call_keep(struct call *call, json_t *value)
{
	if (!call->kept)
		call->kept = out_list();
	out_push(call->kept, value);
}
