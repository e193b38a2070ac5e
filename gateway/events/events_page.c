/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages (see the header). What a token is, gateway/page_token.h knows.
 */
#include "gateway/events/events_page.h"

#include "gateway/json_out.h"
#include "gateway/page_token.h"

int events_page_begin(struct call *call, const struct events_page_input *input, const char *list,
		      struct events_page *ret_page)
{
	struct events_page page = {.list = list,
				   .size = input->limited ? (size_t)input->limit : EVENTS_PAGE_MAX};
	struct err err = ERR_INIT;

	if (input->token && page_token_read(call->arena, list, input->token, &page.after, &err) < 0)
		return call_fail(call, "ValidationException",
				 "Parameter NextToken is not valid. Reason: it is not of this "
				 "list.");
	*ret_page = page;
	return 0;
}

int events_page_more(struct call *call, const struct events_page *page, const char *last,
		     json_t *output)
{
	struct err err = ERR_INIT;
	const char *token;

	if (page_token_make(call->arena, page->list, last, &token, &err) < 0)
		return call_fail_server(call, &err);
	out_text(output, "NextToken", token);
	return 0;
}
