/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms of the query protocol and tokens of pages: both are read from any bytes,
 * and a token that is read is one that would be made.
 */
#include <string.h>
#include <strings.h>

#include "gateway/page_token.h"
#include "gateway/query_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	AUTO(json_decrefp) json_t *form = NULL;
	struct err err = ERR_INIT;
	const char *again;
	const char *last;

	(void)(query_form_parse((const char *)data, size, &form, &err) == 0);
	if (page_token_read(arena, "L", text, &last, &err) == 0) {
		if (page_token_make(arena, "L", last, &again, &err) < 0 ||
		    strcasecmp(again, text) != 0)
			abort();
	}
	return 0;
}
