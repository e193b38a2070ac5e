/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any Authorization header, query and header values into the check of signatures:
 * lines of the input are the Authorization header ("-" for none), the target, and
 * then headers. A known key is asked for whatever its name, and no input may pass.
 */
#include <string.h>

#include "core/buf.h"
#include "gateway/auth.h"
#include "gateway/exchange.h"
#include "store/role_session.h"

#define NOW_MS INT64_C(1795334400000) /* 2026-11-22T08:00:00Z, the time of the corpus */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int find_key(void *ctx, const char *key_id, const char *token, struct access_key *ret_key,
		    struct err *err)
{
	static const struct role_seed seed = {.bytes = {1}};
	struct role_session session;

	(void)ctx;
	(void)err;
	*ret_key = (struct access_key){
		.secret = "a secret that no corpus was signed with",
		.account = "123456789012",
		.user = "alice",
		.active = true,
	};
	if (token && role_session_read(&seed, token, &session, err) < 0)
		return err_set(err, ERR_NOT_FOUND, "forged");
	/* The texts must be texts. */
	return strlen(key_id) > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "empty");
}

static void add_line(struct exchange *exchange, size_t number, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	int result = 0;

	if (number == 0 && !(len == 1 && line[0] == '-'))
		result = exchange_add_header(exchange, "authorization", 13, line, len);
	else if (number == 1)
		result = exchange_set_target(exchange, line, len);
	else if (number > 1 && colon)
		result = exchange_add_header(exchange, line, (size_t)(colon - line), colon + 1,
					     len - (size_t)(colon - line) - 1);
	(void)result; /* what does not fit is left out */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_memory budget = {.max = 1 << 20};
	struct exchange *exchange = exchange_new(&budget, 1, "192.0.2.1:1");
	const struct auth_keys keys = {.find = find_key};
	struct api_error error = {.status = 0};
	const char *text = (const char *)data;
	struct caller caller;
	size_t number = 0;

	for (size_t at = 0; at < size; number++) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t len = end ? (size_t)(end - text) - at : size - at;

		/* Neither protocol lets a NUL byte into a head. */
		if (!memchr(text + at, '\0', len))
			add_line(exchange, number, text + at, len);
		at += len + 1;
	}
	exchange->request.method = "POST";
	if (auth_check(&exchange->request, "ecs", "us-east-1", NOW_MS, &keys, &caller, &error) == 0)
		abort();
	if (error.status != 400 || !error.type || strlen(error.message) == 0)
		abort();
	for (const char *p = error.message; *p; p++) {
		if (*p < ' ' || *p > '~')
			abort();
	}
	exchange_free(exchange);
	return 0;
}
