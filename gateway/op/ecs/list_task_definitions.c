/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTaskDefinitions: ARNs by family and then by revision as a number.
 * `familyPrefix` is, whatever its name says, a whole family. A page's token is the
 * last revision of the page before, written as the API writes it.
 */
#include <inttypes.h>
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/definition_json.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"

struct input {
	const char *family;
	int status; /* of status_words, -1: ACTIVE */
	int sort;   /* of sort_words, -1: ASC */
	struct page_input page;
};

static const char *const status_words[] = {"ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS", NULL};
enum { SORT_ASCENDING, SORT_DESCENDING };
static const char *const sort_words[] = {"ASC", "DESC", NULL};

static const struct shape_field fields[] = {
	TEXT(struct input, family, "familyPrefix", 0, 0, 0),
	WORD(struct input, status, "status", status_words, 0),
	WORD(struct input, sort, "sort", sort_words, 0),
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* "family::0000000012" */
static int read_place(struct call *call, const char *text, struct definition_key *key)
{
	const char *colons = strstr(text, "::");
	char *end = NULL;

	if (colons) {
		key->family = arena_strndup(call->arena, text, (size_t)(colons - text));
		key->revision = strtoll(colons + 2, &end, 10);
	}
	if (!colons || !key->family || *end != '\0' || key->revision < 1)
		return call_fail(call, "InvalidParameterException", "Invalid token");
	return 0;
}

struct keys {
	struct arena *arena;
	const struct definition_key *items;
};

static const char *last_key(void *ctx, size_t index)
{
	const struct keys *keys = ctx;
	const char *text = arena_printf(keys->arena, "%s::%010" PRId64, keys->items[index].family,
					keys->items[index].revision);

	return text ? text : "";
}

static int list_task_definitions(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	const char *family = input->family && input->family[0] != '\0' ? input->family : NULL;
	enum definition_status status =
		input->status < 0 ? DEFINITION_ACTIVE : (enum definition_status)input->status;
	struct err err = ERR_INIT;
	struct definition_key after = {0};
	struct definition_key *items;
	struct keys keys;
	struct page page;
	size_t count;
	json_t *list;

	if (page_begin(call, &input->page, "ListTaskDefinitions", &page) < 0 ||
	    (page.after && read_place(call, page.after, &after) < 0))
		return -1;
	if (definition_list(call->state, call->caller.account, family, status,
			    input->sort == SORT_DESCENDING, page.after ? &after : NULL,
			    page.size + 1, call->arena, &items, &count, &err) < 0)
		return call_fail_server(call, &err);
	keys = (struct keys){.arena = call->arena, .items = items};
	if (page_end(call, &page, count, last_key, &keys, output, &count) < 0)
		return -1;
	list = out_list();
	for (size_t i = 0; i < count; i++)
		out_push(
			list,
			out_string(
				ecs_definition_arn(call, items[i].family, items[i].revision).text));
	out_put(output, "taskDefinitionArns", list);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_list_task_definitions = {
	.service = "ecs",
	.name = "ListTaskDefinitions",
	.shape = &shape,
	.handler = list_task_definitions,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
