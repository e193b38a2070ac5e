/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of users lie in the store. Those of a task's role lie nowhere: they are told again from the
 * token that comes with them.
 */
#include "gateway/api_keys.h"

#include <stdio.h>
#include <string.h>

#include "store/role_session.h"

/* What key_find() looks with. */
struct key_search {
	struct db *state;
	int64_t now_ms;
};

/* The key that a task has for its role: told again from its token. */
static int find_role_key(const struct key_search *search, const char *key_id, const char *token,
			 struct access_key *ret_key, struct err *err)
{
	struct access_key key = {.active = true};
	struct role_session session;
	struct role_seed seed;

	if (role_seed_find(search->state, &seed, err) < 0)
		return -1;
	if (role_session_read(&seed, token, &session, err) < 0 ||
	    strcmp(session.access_key, key_id) != 0)
		return err_set(err, ERR_NOT_FOUND, "no access key %s with this token", key_id);
	if (role_session_account(search->state, session.task, key.account, err) < 0)
		return -1;
	if (session.expires_s * 1000 <= search->now_ms)
		return err_set(err, ERR_TIMEOUT, "access key %s has expired", key_id);
	(void)snprintf(key.id, sizeof(key.id), "%s", session.access_key);
	(void)snprintf(key.secret, sizeof(key.secret), "%s", session.secret);
	(void)snprintf(key.user, sizeof(key.user), "%s", session.task);
	(void)snprintf(key.role, sizeof(key.role), "%s", session.role);
	*ret_key = key;
	return 0;
}

static int find_key(void *ctx, const char *key_id, const char *token, struct access_key *ret_key,
		    struct err *err)
{
	const struct key_search *search = ctx;
	struct access_key key;

	if (token)
		return find_role_key(search, key_id, token, ret_key, err);
	if (access_key_find(search->state, key_id, &key, err) < 0)
		return -1;
	if (!key.active)
		return err_set(err, ERR_NOT_FOUND, "access key %s is not active", key_id);
	*ret_key = key;
	return 0;
}

int api_check_caller(struct call *call, const char *service, struct signing_keys *signing)
{
	struct key_search search = {call->state, call->now_ms};
	const struct auth_keys keys = {find_key, &search, signing};

	return auth_check(call->request, service, call->options->region, call->now_ms, &keys,
			  &call->caller, &call->error);
}
