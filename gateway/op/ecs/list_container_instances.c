/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListContainerInstances: a cluster has none, since users never see a machine.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"

struct input {
	const char *cluster, *filter;
	int status;
	struct page_input page;
};

static const char *const status_words[] = {
	"ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED", NULL,
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXT(struct input, filter, "filter", 0, 0, 0),
	WORD(struct input, status, "status", status_words, 0),
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_container_instances(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct cluster cluster;
	struct page page;

	if (cluster_require(call, input->cluster, &cluster) < 0 ||
	    page_begin(call, &input->page, "ListContainerInstances", &page) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "containerInstanceArns", out_list());
	return 0;
}

const struct operation op_ecs_list_container_instances = {
	.service = "ecs",
	.name = "ListContainerInstances",
	.shape = &shape,
	.handler = list_container_instances,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
