/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages (see the header). What a token is, gateway/page_token.h knows.
 */
#include "gateway/ecs/page_input.h"

#include "gateway/json_out.h"
#include "gateway/page_token.h"

int page_begin(struct call *call, const struct page_input *input, const char *list,
	       struct page *ret_page)
{
	struct page page = {.list = list, .size = PAGE_RESULTS_MAX};
	struct err err = ERR_INIT;

	if (input->max_results > 0)
		page.size = (size_t)input->max_results;
	if (input->token && input->token[0] != '\0' &&
	    page_token_read(call->arena, list, input->token, &page.after, &err) < 0)
		return call_fail(call, "InvalidParameterException", "%s", err.text);
	*ret_page = page;
	return 0;
}

int page_end(struct call *call, const struct page *page, size_t count, page_last_fn *last,
	     void *ctx, json_t *output, size_t *ret_count)
{
	struct err err = ERR_INIT;
	const char *token;

	if (count > page->size) {
		count = page->size;
		if (page_token_make(call->arena, page->list, last(ctx, count - 1), &token, &err) <
		    0)
			return call_fail_server(call, &err);
		out_text(output, "nextToken", token);
	}
	*ret_count = count;
	return 0;
}

const char *page_last_text(void *ctx, size_t index)
{
	return ((const char **)ctx)[index];
}
