/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListScheduleGroups: by name, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/scheduler/schedule_json.h"
#include "gateway/scheduler/schedule_page.h"

struct input {
	const char *prefix;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, SCHEDULE_GIVEN_MAX, 0),
	SCHEDULE_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_schedule_groups(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct scheduler_group *groups;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "ScheduleGroups", list);
	if (schedule_prefix_check(call, input->prefix) < 0 ||
	    events_page_begin(call, &input->page, "ListScheduleGroups", &page) < 0)
		return -1;
	if (scheduler_group_list(call->state, call->caller.account,
				 input->prefix ? input->prefix : "", page.after, page.size + 1,
				 call->arena, &groups, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, groups[count - 1].name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, schedule_group_json(call, &groups[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

static const struct rest_parameter parameters[] = {{"NamePrefix", "NamePrefix", REST_TEXT},
						   SCHEDULE_PAGE_PARAMETERS};
static const struct rest_route route = {
	.method = "GET",
	.path = "/schedule-groups",
	.parameters = parameters,
	.parameter_count = ARRAY_LEN(parameters),
};
const struct operation op_scheduler_list_schedule_groups = {
	.service = "scheduler",
	.name = "ListScheduleGroups",
	.shape = &shape,
	.handler = list_schedule_groups,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
