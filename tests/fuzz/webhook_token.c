/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a server of tokens answers is a token that fits into a header, or is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "events/webhook_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new_secret(1u << 20);
	struct err err = ERR_INIT;
	const char *token;
	int64_t life_s;

	if (webhook_token_read((const char *)data, size, arena, &token, &life_s, &err) < 0)
		return 0;
	if (token[0] == '\0' || !connection_header_value_ok(token) || life_s < 0 ||
	    strlen(token) > WEBHOOK_TOKEN_MAX)
		abort();
	return 0;
}
