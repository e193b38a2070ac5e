/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two calls are the same if they name the same operation and their members are, by presence and
 * spelling.
 */
#include "gateway/scheduler/schedule_token.h"

#include <string.h>

#include "core/digest.h"
#include "gateway/scheduler/schedule_name.h"

#define TOKEN_MAX 64 /* the API's, as its characters */
#define OF_TOKENS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static int add_text(const char *text, size_t len, void *ctx)
{
	struct err err;

	return buf_append(ctx, text, len, &err);
}

int schedule_token_read(struct call *call, const char *given, const char *operation,
			struct schedule_token *ret_token)
{
	AUTO(buf_done) struct buf canonical = {0};
	char digest[SHA256_HEX_SIZE];

	*ret_token = (struct schedule_token){.text = NULL};
	if (!shape_given(given))
		return 0;
	if (given[strspn(given, OF_TOKENS)] != '\0' || strlen(given) > TOKEN_MAX)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "1 validation error detected: Value '%.256s' at 'clientToken' "
				 "failed to satisfy constraint: Member must satisfy regular "
				 "expression pattern: ^[a-zA-Z0-9-_]+$",
				 given);
	buf_init(&canonical, SIZE_MAX / 4); /* the body has a maximum */
	if (add_text(operation, strlen(operation), &canonical) < 0 ||
	    json_dump_callback(call->body, add_text, &canonical, JSON_COMPACT | JSON_SORT_KEYS) < 0)
		abort();
	sha256_hex(canonical.data, canonical.len, digest);
	ret_token->text = given;
	ret_token->call = arena_strdup(call->arena, digest);
	if (!ret_token->call)
		return call_fail(call, SCHEDULE_VALIDATION, "The request is too large.");
	return 0;
}

int schedule_token_use(struct call *call, const struct schedule_token *token, bool *ret_again)
{
	struct err err = ERR_INIT;

	*ret_again = false;
	if (!token->text || scheduler_token_use(call->state, call->caller.account, token->text,
						token->call, call->now_ms, ret_again, &err) == 0)
		return 0;
	if (err.code != ERR_CONFLICT)
		return call_fail_server(call, &err);
	return call_fail(call, SCHEDULE_CONFLICT,
			 "The ClientToken %s was used for a request with other parameters.",
			 token->text);
}
