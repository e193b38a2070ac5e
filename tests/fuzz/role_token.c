/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token of a task's role comes in a header, before anything is known of who sends it. What
 * is accepted is what was made, to the last character; here nothing was, except of the words
 * that a token itself has.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/role_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct role_seed seed = {.bytes = {1, 2, 3}};

static void check(const char *token)
{
	struct role_session read, made;
	struct err err = ERR_INIT;

	if (role_session_read(&seed, token, &read, &err) < 0) {
		assert(err.code == ERR_INVALID && err.text[0]);
		return;
	}
	assert(strcmp(read.token, token) == 0);
	role_session_make(&seed, read.task, read.role, read.expires_s, &made);
	assert(memcmp(made.token, read.token, strlen(read.token) + 1) == 0);
	assert(strcmp(made.secret, read.secret) == 0);
}

/* The word of *@at up to the next dot, if there is one and it fits. */
static bool take(const char **at, char *ret, size_t size)
{
	size_t len = strcspn(*at, ".");

	if ((*at)[len] != '.' || len >= size)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len + 1;
	return true;
}

/* The sum that belongs to the first three words of @text is put behind them. */
static void check_signed(const char *text)
{
	struct role_session made;
	char task[TASK_ID_SIZE], role[ROLE_NAME_SIZE], expires_s[32];

	if (!take(&text, task, sizeof(task)) || !take(&text, role, sizeof(role)) ||
	    !take(&text, expires_s, sizeof(expires_s)))
		return;
	role_session_make(&seed, task, role, strtoll(expires_s, NULL, 10), &made);
	check(made.token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);

	check(text);
	check_signed(text);
	return 0;
}
