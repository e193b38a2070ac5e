/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     token       TASK.ROLE.EXPIRES.MAC        MAC of what stands before it
 *     access key  ASIA and 16 of base 32       of the MAC of the token
 *     secret      40 hex digits                of another MAC of the token
 *
 * So a token that reads well was made here, whoever brings it, and names the one key that
 * goes with it. Keys end at their time or with their task, whichever comes first.
 */
#include "store/role_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "store/record.h"

#define KEY_PREFIX "ASIA"
#define BODY_SIZE  (ROLE_TOKEN_SIZE - SHA256_HEX_SIZE)

int role_seed_find(struct db *db, struct role_seed *ret_seed, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	const char *text;
	int rc;

	if (db_query(db, "SELECT seed FROM role_seed WHERE one = 1", &query, err) < 0)
		return -1;
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "roles have no seed");
	text = db_text(query, 0);
	if (strlen(text) != 2 * sizeof(ret_seed->bytes))
		return err_set(err, ERR_CORRUPT, "the seed of roles has another length");
	return hex_decode(text, strlen(text), ret_seed->bytes, err);
}

static int write_seed(struct db *db, struct err *err)
{
	uint8_t bytes[SHA256_SIZE];
	char text[SHA256_HEX_SIZE];
	struct db_query *query;

	ident_random(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), text);
	if (db_query(db, "INSERT INTO role_seed (one, seed) VALUES (1, ?1)", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, text);
	return db_run(query, NULL, err);
}

int role_seed_make(struct db *db, struct role_seed *ret_seed, struct err *err)
{
	struct err inner = ERR_INIT;

	if (role_seed_find(db, ret_seed, &inner) == 0)
		return 0;
	if (inner.code != ERR_NOT_FOUND) {
		*err = inner;
		return -1;
	}
	return write_seed(db, err) < 0 ? -1 : role_seed_find(db, ret_seed, err);
}

static void mac(const struct role_seed *seed, const char *use, const char *text,
		uint8_t ret[SHA256_SIZE])
{
	AUTO(freep) char *whole = xasprintf("%s\n%s", use, text);

	hmac_sha256(seed->bytes, sizeof(seed->bytes), whole, strlen(whole), ret);
}

static void make_key(const struct role_seed *seed, struct role_session *session)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint8_t bytes[SHA256_SIZE];
	size_t prefix = strlen(KEY_PREFIX);

	mac(seed, "key", session->token, bytes);
	memcpy(session->access_key, KEY_PREFIX, prefix);
	for (size_t i = prefix; i < ACCESS_KEY_SIZE - 1; i++)
		session->access_key[i] = letters[bytes[i] & 31];
	session->access_key[ACCESS_KEY_SIZE - 1] = '\0';
	mac(seed, "secret", session->token, bytes);
	hex_encode(bytes, (SECRET_KEY_SIZE - 1) / 2, session->secret);
	explicit_bzero(bytes, sizeof(bytes));
}

void role_session_make(const struct role_seed *seed, const char *task, const char *role,
		       int64_t expires_s, struct role_session *ret_session)
{
	struct role_session session = {.expires_s = expires_s};
	char body[BODY_SIZE];
	uint8_t sum[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	(void)snprintf(session.task, sizeof(session.task), "%s", task);
	(void)snprintf(session.role, sizeof(session.role), "%s", role);
	(void)snprintf(body, sizeof(body), "%s.%s.%" PRId64, session.task, session.role, expires_s);
	mac(seed, "token", body, sum);
	hex_encode(sum, sizeof(sum), hex);
	(void)snprintf(session.token, sizeof(session.token), "%s.%s", body, hex);
	make_key(seed, &session);
	*ret_session = session;
}

/* The word before the next dot of *@at, which goes behind that dot; false: it has none
 * that fits. */
static bool take_word(const char **at, char *ret, size_t size)
{
	size_t len = strcspn(*at, ".");

	if ((*at)[len] != '.' || len == 0 || len >= size)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len + 1;
	return true;
}

int role_session_read(const struct role_seed *seed, const char *token,
		      struct role_session *ret_session, struct err *err)
{
	struct role_session session;
	char task[TASK_ID_SIZE];
	char role[ROLE_NAME_SIZE];
	char expires_s[21]; /* the digits of any int64_t */
	const char *at = token;

	if (!take_word(&at, task, sizeof(task)) || !take_word(&at, role, sizeof(role)) ||
	    !take_word(&at, expires_s, sizeof(expires_s)))
		return err_set(err, ERR_INVALID, "the token is malformed");
	/* One that is made of the same words is the same to the last character, or forged. */
	role_session_make(seed, task, role, strtoll(expires_s, NULL, 10), &session);
	if (strlen(token) != strlen(session.token) ||
	    !bytes_equal_constant_time(token, session.token, strlen(token)))
		return err_set(err, ERR_INVALID, "the token is not one of ours");
	*ret_session = session;
	return 0;
}

int role_session_account(struct db *db, const char *task, char ret_account[ACCOUNT_ID_SIZE],
			 struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, "SELECT account FROM task WHERE id = ?1 AND state <> 'STOPPED'", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "the task %s is over", task);
	(void)snprintf(ret_account, ACCOUNT_ID_SIZE, "%s", db_text(query, 0));
	return 0;
}
