/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListClusters: the ARNs of the account's ACTIVE clusters, by name.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"

struct input {
	struct page_input page;
};

static const struct shape_field fields[] = {
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_clusters(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = NULL;
	struct err err = ERR_INIT;
	struct page page;
	const char **names;
	size_t count;
	json_t *list;

	if (page_begin(call, &input->page, "ListClusters", &page) < 0)
		return -1;
	if (cluster_list(call->state, call->caller.account, page.after, page.size + 1, call->arena,
			 &names, &count, &err) < 0)
		return call_fail_server(call, &err);
	output = out_object();
	if (page_end(call, &page, count, page_last_text, names, output, &count) < 0)
		return -1;
	list = out_list();
	for (size_t i = 0; i < count; i++)
		out_push(list, out_string(ecs_cluster_arn(call, names[i]).text));
	out_put(output, "clusterArns", list);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_list_clusters = {
	.service = "ecs",
	.name = "ListClusters",
	.shape = &shape,
	.handler = list_clusters,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
