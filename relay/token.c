/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One fetch a connection at a time. How it ended is written into the connection's row, for who
 * looks at its state; that nobody changed the connection meanwhile says its revision.
 */
#include "relay/token.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/wipe.h"

#define KEPT_MAX   1024 /* connections whose tokens are kept; the one used last goes last */
#define ROOM_MAX   (256u * 1024)
#define EARLY_S	   60	/* before it expires a token is fetched anew */
#define LIFE_S	   3600 /* of a token that does not say */
#define PAUSE_MS   5000 /* after a fetch that failed */
#define NEW_MS	   5000 /* a token refused so soon after it came is no good */
#define REASON_MAX 512	/* the API's */

struct token {
	struct tokens *tokens;
	struct token *next;
	int64_t connection, revision;
	char *text; /* NULL: there is none */
	int64_t fetched_ms, good_until_ms, failed_ms, used_ms;
	bool fetching;
	char why[REASON_MAX];
	struct arena *arena; /* of the fetch */
	char state[16];	     /* that the row has */
};

struct tokens {
	struct webhook *webhook;
	struct db *db;
	struct token *list;
	size_t count;
};

struct tokens *tokens_new(struct webhook *webhook, struct db *db)
{
	struct tokens *tokens = xcalloc(1, sizeof(*tokens));

	tokens->webhook = webhook;
	tokens->db = db;
	return tokens;
}

static void forget(struct token *token)
{
	wipe_free(STEAL(token->text, NULL));
}

static void token_free(struct token *token)
{
	forget(token);
	arena_free(token->arena);
	free(token);
}

void tokens_free(struct tokens *tokens)
{
	while (tokens && tokens->list) {
		struct token *token = tokens->list;

		tokens->list = token->next;
		token_free(token);
	}
	free(tokens);
}

static struct token *find(struct tokens *tokens, int64_t connection)
{
	struct token *token = tokens->list;

	while (token && token->connection != connection)
		token = token->next;
	return token;
}

/* The one that was not used for longest makes room. */
static void make_room(struct tokens *tokens)
{
	struct token **oldest = NULL;
	struct token *gone;

	if (tokens->count < KEPT_MAX)
		return;
	for (struct token **at = &tokens->list; *at; at = &(*at)->next) {
		if (!(*at)->fetching && (!oldest || (*at)->used_ms < (*oldest)->used_ms))
			oldest = at;
	}
	if (!oldest)
		return;
	gone = *oldest;
	*oldest = gone->next;
	token_free(gone);
	tokens->count--;
}

static struct token *obtain(struct tokens *tokens, int64_t connection)
{
	struct token *token = find(tokens, connection);

	if (token)
		return token;
	make_room(tokens);
	token = xcalloc(1, sizeof(*token));
	token->tokens = tokens;
	token->connection = connection;
	token->next = tokens->list;
	tokens->list = token;
	tokens->count++;
	return token;
}

/* --- a fetch --- */

static void tell(struct token *token, const char *state, const char *reason, int64_t authorized_ms)
{
	struct db *db = token->tokens->db;
	struct err err = ERR_INIT;

	if (strcmp(token->state, state) == 0 && authorized_ms > 0)
		return; /* each further token is no news */
	if (db_begin(db, &err) < 0 ||
	    event_connection_set_state(db, token->connection, token->revision, state, reason,
				       authorized_ms, &err) < 0 ||
	    db_commit(db, &err) < 0) {
		db_rollback(db);
		log_warn("state of a connection is not written: %s", err.text);
		return;
	}
	(void)snprintf(token->state, sizeof(token->state), "%s", state);
}

static void fail(struct token *token, bool for_good, const char *why)
{
	token->failed_ms = clock_boot_ms();
	(void)snprintf(token->why, sizeof(token->why), "%.*s", REASON_MAX - 1, why);
	log_warn("no token connection=%lld reason=%s", (long long)token->connection, token->why);
	tell(token, for_good ? EVENT_CONNECTION_DEAUTHORIZED : EVENT_CONNECTION_AUTHORIZING,
	     token->why, 0);
}

static void take(struct token *token, const struct webhook_answer *answer)
{
	struct err err = ERR_INIT;
	const char *text;
	int64_t life_s;

	if (webhook_token_read(answer->body ? answer->body : "", answer->body_len, token->arena,
			       &text, &life_s, &err) < 0) {
		AUTO(freep) char *why = xasprintf("the server gave no token: %s", err.text);

		fail(token, true, why);
		return;
	}
	if (life_s == 0)
		life_s = LIFE_S;
	forget(token);
	token->text = xstrdup(text);
	token->fetched_ms = clock_boot_ms();
	token->good_until_ms =
		token->fetched_ms + (life_s > 2 * EARLY_S ? life_s - EARLY_S : life_s / 2) * 1000;
	token->failed_ms = 0;
	tell(token, EVENT_CONNECTION_AUTHORIZED, "", clock_wall_ms());
}

static void on_done(void *ctx, const struct webhook_answer *answer)
{
	struct token *token = ctx;
	enum webhook_verdict verdict = webhook_judge(answer);
	char why[REASON_MAX];

	token->fetching = false;
	if (verdict == WEBHOOK_ARRIVED) {
		take(token, answer);
	} else {
		if (answer->status == 0)
			(void)snprintf(why, sizeof(why), "the server of tokens: %s", answer->error);
		else
			(void)snprintf(why, sizeof(why), "the server of tokens answers HTTP %d",
				       answer->status);
		fail(token, verdict == WEBHOOK_DEAD || answer->status == 401, why);
	}
	arena_free(STEAL(token->arena, NULL));
}

static void fetch(struct token *token, const struct connection_oauth *oauth)
{
	struct webhook_request *request;
	struct err err = ERR_INIT;

	token->arena = arena_new_secret(ROOM_MAX);
	request = arena_alloc(token->arena, sizeof(*request));
	if (!request)
		(void)err_set(&err, ERR_LIMIT, "no memory");
	else if (webhook_token_request_make(oauth, token->arena, request, &err) == 0 &&
		 webhook_send(token->tokens->webhook, request, on_done, token, &err) == 0) {
		token->fetching = true;
		return;
	}
	arena_free(STEAL(token->arena, NULL));
	fail(token, false, err.text);
}

/* --- who asks --- */

enum token_state tokens_get(struct tokens *tokens, const struct event_connection *connection,
			    const struct connection_oauth *oauth, int64_t now_ms,
			    const char **ret_token, const char **ret_why)
{
	struct token *token = obtain(tokens, connection->number);

	token->used_ms = now_ms;
	if (token->fetching)
		return TOKEN_COMING;
	if (token->revision != connection->revision) {
		forget(token);
		token->failed_ms = 0;
		token->revision = connection->revision;
	}
	(void)snprintf(token->state, sizeof(token->state), "%s", connection->state);
	if (token->text && now_ms < token->good_until_ms) {
		*ret_token = token->text;
		return TOKEN_READY;
	}
	if (token->failed_ms > 0 && now_ms - token->failed_ms < PAUSE_MS) {
		*ret_why = token->why;
		return TOKEN_FAILED;
	}
	fetch(token, oauth);
	*ret_why = token->why;
	return token->fetching ? TOKEN_COMING : TOKEN_FAILED;
}

bool tokens_refused(struct tokens *tokens, int64_t connection, int64_t now_ms)
{
	struct token *token = find(tokens, connection);
	bool was_new;

	if (!token || !token->text)
		return true; /* another request has had it thrown away */
	was_new = now_ms - token->fetched_ms < NEW_MS;
	if (!was_new)
		forget(token);
	else
		token->good_until_ms = token->fetched_ms + NEW_MS;
	return !was_new;
}
