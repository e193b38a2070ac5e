/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token is "QUESTION ITEM" within gateway/page_token.h's. The question's digest is that of the
 * request's own JSON without the token, members in the order of their names.
 */
#include "gateway/ce/ce_page.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/json_out.h"
#include "gateway/page_token.h"

#define TOKEN_MEMBER "NextPageToken"

static void digest_question(struct call *call, char ret[SHA256_HEX_SIZE])
{
	AUTO(json_decrefp) json_t *question = json_copy(call->body);
	AUTO(freep) char *text = NULL;
	size_t len;

	(void)json_object_del(question, TOKEN_MEMBER);
	len = json_dumpb(question, NULL, 0, JSON_COMPACT | JSON_SORT_KEYS);
	text = xcalloc(len + 1, 1);
	(void)json_dumpb(question, text, len, JSON_COMPACT | JSON_SORT_KEYS);
	sha256_hex(text, len, ret);
}

static void digest_item(int64_t at_s, const char *const *keys, size_t count,
			char ret[SHA256_HEX_SIZE])
{
	struct sha256_stream *stream = sha256_stream_new();

	sha256_stream_add(stream, &at_s, sizeof(at_s));
	for (size_t i = 0; i < count; i++)
		sha256_stream_add(stream, keys[i], strlen(keys[i]) + 1);
	sha256_stream_hex(stream, ret);
	sha256_stream_free(stream);
}

int ce_page_read(struct call *call, const char *list, const char *token, struct ce_place *ret_place)
{
	char question[SHA256_HEX_SIZE];
	const char *last;
	struct err err = ERR_INIT;

	*ret_place = (struct ce_place){.given = token != NULL, .found = token == NULL};
	if (!token)
		return 0;
	if (page_token_read(call->arena, list, token, &last, &err) < 0 ||
	    strlen(last) != 2 * (SHA256_HEX_SIZE - 1) + 1)
		return call_fail(call, "InvalidNextTokenException", TOKEN_MEMBER " is not valid.");
	digest_question(call, question);
	if (strncmp(last, question, SHA256_HEX_SIZE - 1) != 0)
		return call_fail(call, "RequestChangedException",
				 "The request has changed between pages: ask as before, or "
				 "without " TOKEN_MEMBER ".");
	memcpy(ret_place->item, last + SHA256_HEX_SIZE, SHA256_HEX_SIZE);
	return 0;
}

bool ce_page_has(struct ce_place *place, int64_t at_s, const char *const *keys, size_t count)
{
	char item[SHA256_HEX_SIZE];

	if (place->found)
		return true;
	digest_item(at_s, keys, count, item);
	place->found = strcmp(item, place->item) == 0;
	return false;
}

int ce_page_check(struct call *call, const struct ce_place *place)
{
	if (place->found)
		return 0;
	return call_fail(
		call, "RequestChangedException",
		"What was asked for has changed between pages: ask again without " TOKEN_MEMBER
		".");
}

int ce_page_token(struct call *call, const char *list, int64_t at_s, const char *const *keys,
		  size_t count, const char **ret_token)
{
	char question[SHA256_HEX_SIZE], item[SHA256_HEX_SIZE];
	const char *last;
	struct err err = ERR_INIT;

	digest_question(call, question);
	digest_item(at_s, keys, count, item);
	last = arena_printf(call->arena, "%s %s", question, item);
	if (!last)
		return call_fail(call, "LimitExceededException", "The answer is too large.");
	if (page_token_make(call->arena, list, last, ret_token, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}
