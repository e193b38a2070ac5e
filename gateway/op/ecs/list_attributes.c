/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListAttributes: attributes are of container instances, and there are none.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"

static const char *const target_words[] = {"container-instance", NULL};

struct input {
	const char *cluster, *name, *value;
	int target_type;
	struct page_input page;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	WORD(struct input, target_type, "targetType", target_words, SHAPE_REQUIRED),
	TEXT(struct input, name, "attributeName", 0, 0, 0),
	TEXT(struct input, value, "attributeValue", 0, 0, 0),
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_attributes(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct cluster cluster;
	struct page page;

	if (cluster_require(call, input->cluster, &cluster) < 0 ||
	    page_begin(call, &input->page, "ListAttributes", &page) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "attributes", out_list());
	return 0;
}

const struct operation op_ecs_list_attributes = {
	.service = "ecs",
	.name = "ListAttributes",
	.shape = &shape,
	.handler = list_attributes,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
