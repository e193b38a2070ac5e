/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token is "LIST LAST" in hex: opaque to clients, safe in URLs and shells,
 * and easy to take apart when somebody debugs.
 */
#include "gateway/page_token.h"

#include <string.h>

#include "core/digest.h"

int page_token_make(struct arena *arena, const char *list, const char *last, const char **ret_token,
		    struct err *err)
{
	const char *text = arena_printf(arena, "%s %s", list, last);
	char *token = text ? arena_alloc(arena, 2 * strlen(text) + 1) : NULL;

	if (!token)
		return err_set(err, ERR_LIMIT, "the answer is too large");
	hex_encode(text, strlen(text), token);
	*ret_token = token;
	return 0;
}

int page_token_read(struct arena *arena, const char *list, const char *token, const char **ret_last,
		    struct err *err)
{
	size_t len = strlen(token);
	size_t list_len = strlen(list);
	char *text = NULL;

	if (len <= PAGE_TOKEN_MAX)
		text = arena_alloc(arena, len / 2 + 1);
	if (!text || hex_decode(token, len, (uint8_t *)text, err) < 0 ||
	    strncmp(text, list, list_len) != 0 || text[list_len] != ' ' ||
	    memchr(text, '\0', len / 2))
		return err_set(err, ERR_INVALID, "Invalid token");
	*ret_last = text + list_len + 1;
	return 0;
}
