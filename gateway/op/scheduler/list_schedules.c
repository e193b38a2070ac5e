/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListSchedules: those of a group or of all, by group and name, a page at a time.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/scheduler/schedule_json.h"
#include "gateway/scheduler/schedule_page.h"

static const char *const states[] = {"ENABLED", "DISABLED", NULL};

struct input {
	const char *group, *prefix;
	int state;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, group, "GroupName", 1, SCHEDULE_GIVEN_MAX, 0),
	TEXT(struct input, prefix, "NamePrefix", 1, SCHEDULE_GIVEN_MAX, 0),
	WORD(struct input, state, "State", states, 0),
	SCHEDULE_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* A page begins behind "GROUP/NAME". */
static int set_after(struct call *call, const struct events_page *page,
		     struct scheduler_filter *filter)
{
	const char *slash = page->after ? strchr(page->after, '/') : NULL;

	filter->after_group = filter->after = "";
	if (!page->after)
		return 0;
	filter->after_group =
		slash ? arena_strndup(call->arena, page->after, (size_t)(slash - page->after))
		      : NULL;
	if (!filter->after_group)
		return call_fail(call, SCHEDULE_VALIDATION, "NextToken is not valid.");
	filter->after = slash + 1;
	return 0;
}

static int read_filter(struct call *call, const struct input *input, struct events_page *page,
		       struct scheduler_filter *filter)
{
	struct scheduler_group group;

	if (schedule_prefix_check(call, input->prefix) < 0 ||
	    events_page_begin(call, &input->page, "ListSchedules", page) < 0 ||
	    (input->group && schedule_group_require(call, input->group, &group) < 0))
		return -1;
	*filter = (struct scheduler_filter){
		.account = call->caller.account,
		.group = input->group,
		.prefix = input->prefix ? input->prefix : "",
		.state = input->state < 0 ? SCHEDULER_ANY : (enum scheduler_state)input->state,
	};
	return set_after(call, page, filter);
}

static int list_schedules(struct call *call, const void *filled, json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct scheduler_record *schedules;
	struct scheduler_filter filter;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Schedules", list);
	if (read_filter(call, filled, &page, &filter) < 0)
		return -1;
	if (scheduler_list(call->state, &filter, page.size + 1, call->arena, &schedules, &count,
			   &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		const struct scheduler_key *last = &schedules[page.size - 1].key;
		AUTO(freep) char *place = xasprintf("%s/%s", last->group, last->name);

		count = page.size;
		if (events_page_more(call, &page, place, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, schedule_summary_json(call, &schedules[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

static const struct rest_parameter parameters[] = {{"ScheduleGroup", "GroupName", REST_TEXT},
						   {"NamePrefix", "NamePrefix", REST_TEXT},
						   {"State", "State", REST_TEXT},
						   SCHEDULE_PAGE_PARAMETERS};
static const struct rest_route route = {
	.method = "GET",
	.path = "/schedules",
	.parameters = parameters,
	.parameter_count = ARRAY_LEN(parameters),
};
const struct operation op_scheduler_list_schedules = {
	.service = "scheduler",
	.name = "ListSchedules",
	.shape = &shape,
	.handler = list_schedules,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
