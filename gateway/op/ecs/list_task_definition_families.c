/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTaskDefinitionFamilies: names of families, here by a true prefix. A family is
 * ACTIVE while one of its revisions is.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"
#include "store/definition.h"

struct input {
	const char *prefix;
	int status; /* of status_words, -1: ALL */
	struct page_input page;
};

static const char *const status_words[] = {"ACTIVE", "INACTIVE", "ALL", NULL};

static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "familyPrefix", 0, 0, 0),
	WORD(struct input, status, "status", status_words, 0),
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_task_definition_families(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	const char *prefix = input->prefix && input->prefix[0] != '\0' ? input->prefix : NULL;
	const char *status = input->status < 0 ? "ALL" : status_words[input->status];
	struct err err = ERR_INIT;
	struct page page;
	const char **names;
	size_t count;
	json_t *list;

	if (page_begin(call, &input->page, "ListTaskDefinitionFamilies", &page) < 0)
		return -1;
	if (definition_families(call->state, call->caller.account, prefix, status, page.after,
				page.size + 1, call->arena, &names, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (page_end(call, &page, count, page_last_text, names, output, &count) < 0)
		return -1;
	list = out_list();
	for (size_t i = 0; i < count; i++)
		out_push(list, out_string(names[i]));
	out_put(output, "families", list);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_list_task_definition_families = {
	.service = "ecs",
	.name = "ListTaskDefinitionFamilies",
	.shape = &shape,
	.handler = list_task_definition_families,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
