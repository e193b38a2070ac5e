/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListServices: services are not there yet, so a cluster has none.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"

static const char *const launch_words[] = {"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES", NULL};
static const char *const scheduling_words[] = {"REPLICA", "DAEMON", NULL};
static const char *const management_words[] = {"CUSTOMER", "ECS", NULL};

struct input {
	const char *cluster;
	int launch_type, scheduling, management;
	struct page_input page;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	WORD(struct input, launch_type, "launchType", launch_words, 0),
	WORD(struct input, scheduling, "schedulingStrategy", scheduling_words, 0),
	WORD(struct input, management, "resourceManagementType", management_words, 0),
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_services(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct cluster cluster;
	struct page page;

	if (cluster_require(call, input->cluster, &cluster) < 0 ||
	    page_begin(call, &input->page, "ListServices", &page) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "serviceArns", out_list());
	return 0;
}

const struct operation op_ecs_list_services = {
	.service = "ecs",
	.name = "ListServices",
	.shape = &shape,
	.handler = list_services,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
