/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages (see the header). What a token is, gateway/page_token.h knows.
 */
#include "gateway/ssm/parameter_page.h"

#include "gateway/json_out.h"
#include "gateway/page_token.h"

int parameter_page_answer(struct call *call, const struct parameter_page_input *input,
			  const struct parameter_page *page, json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	size_t size = input->limited ? (size_t)input->limit : page->size;
	struct parameter_list asked = page->asked;
	json_t *items = out_list();
	struct parameter *parameters;
	const char *token = NULL;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Parameters", items);
	asked.limit = size + 1;
	if (shape_given(input->token) &&
	    page_token_read(call->arena, page->list, input->token, &asked.after, &err) < 0)
		return call_fail(call, "InvalidNextToken", "The specified token isn't valid.");
	if (parameter_list(call->state, call->options->secret_key, call->caller.account, &asked,
			   page->read, call->arena, &parameters, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > size) {
		count = size;
		if (page_token_make(call->arena, page->list, parameters[count - 1].name, &token,
				    &err) < 0)
			return call_fail_server(call, &err);
	}
	for (size_t i = 0; i < count; i++)
		out_push(items, page->item_json(call, &parameters[i]));
	out_text(output, "NextToken", token);
	*ret_output = STEAL(output, NULL);
	return 0;
}
