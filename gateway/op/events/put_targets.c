/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutTargets: adds targets to a rule, or gives those of the same Id anew. All of a request are
 * put or none: what is wrong with one of them is said of the request, as the API says most of
 * it, so nobody takes a target for put that is not.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/kept_json.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/target.h"
#include "gateway/json_out.h"

struct input {
	const char *rule, *bus;
	struct shape_list targets; /* struct event_target */
	json_t *given;		   /* the same */
};
static const struct shape_field fields[] = {
	TEXT(struct input, rule, "Rule", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	LIST(struct input, targets, "Targets", &event_target_shape, 1, 100, SHAPE_REQUIRED),
	JSON(struct input, given, "Targets", SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct put {
	const struct input *input;
	struct event_target_record *records;
};

static enum call_written write_targets(struct call *call, void *ctx)
{
	const struct put *put = ctx;
	const struct input *input = put->input;
	struct event_rule_record rule;
	struct err err = ERR_INIT;
	int64_t count;

	if (event_rule_require(call, input->bus, input->rule, &rule) < 0)
		return CALL_REFUSED;
	for (size_t i = 0; i < input->targets.count; i++) {
		if (event_target_put(call->state, &rule.key, &put->records[i], &err) < 0) {
			call_set_server_error(call, &err);
			return CALL_REFUSED;
		}
	}
	if (event_target_count(call->state, &rule.key, &count, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (count > EVENT_TARGETS_MAX) {
		call_set_error(call, "LimitExceededException",
			       "The requested resource exceeds the maximum number allowed.");
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int make_record(struct call *call, const struct event_target *target, const json_t *given,
		       struct event_target_record *ret_record)
{
	AUTO(json_decrefp) json_t *kept = kept_json(&event_target_shape, given);

	ret_record->id = target->id;
	ret_record->arn = target->arn;
	return call_keep_text(call, kept, &ret_record->body);
}

static int put_targets(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const struct event_target *targets = input->targets.items;
	struct put *put = arena_alloc(call->arena, sizeof(*put));
	json_t *output;

	if (put)
		put->records =
			arena_alloc(call->arena, input->targets.count * sizeof(*put->records));
	if (!put || !put->records)
		return call_fail(call, "ValidationException", "The request is too large.");
	put->input = input;
	if (event_name_check(call, "rule", input->rule) < 0)
		return -1;
	for (size_t i = 0; i < input->targets.count; i++) {
		if (event_target_check(call, &targets[i], i + 1, &put->records[i].destination) <
			    0 ||
		    make_record(call, &targets[i], json_array_get(input->given, i),
				&put->records[i]) < 0)
			return -1;
	}
	call_write(call, write_targets, put);
	output = out_object();
	out_int(output, "FailedEntryCount", 0);
	out_put(output, "FailedEntries", out_list());
	*ret_output = output;
	return 0;
}

const struct operation op_events_put_targets = {
	.service = "events",
	.name = "PutTargets",
	.shape = &shape,
	.handler = put_targets,
	.shape_error = "ValidationException",
	.snapshot = true,
};
