/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EcsParameters are RunTask's members with a capital letter, two of them under another name. The
 * client token is made of event, bus, rule and target, so the same delivery is the same tasks
 * whoever makes it how often.
 */
#include "gateway/events/launch.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "events/event.h"
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "store/task_payload.h"

#define RULE_PREFIX "events-rule/" /* of startedBy */

static_assert(EVENT_TEXT_MAX <= TASK_PAYLOAD_MAX, "an event fits its task");

struct event_launch {
	struct call call;
	struct request request;
	struct task_payload event;
};

static const struct {
	const char *theirs, *ours;
} renamed[] = {
	{"TaskDefinitionArn", "taskDefinition"},
	{"TaskCount", "count"},
};

static json_t *as_run_task(const json_t *value);

static void put_member(json_t *object, const char *name, const json_t *value)
{
	char ours[64];

	for (size_t i = 0; i < ARRAY_LEN(renamed); i++) {
		if (strcmp(name, renamed[i].theirs) == 0) {
			out_put(object, renamed[i].ours, as_run_task(value));
			return;
		}
	}
	(void)snprintf(ours, sizeof(ours), "%s", name);
	ours[0] = (char)tolower((unsigned char)ours[0]);
	out_put(object, ours, as_run_task(value));
}

/* A copy with all names as RunTask writes them. Its depth is that of the target's shape. */
static json_t *as_run_task(const json_t *value)
{
	json_t *given = (json_t *)(uintptr_t)value; /* iteration takes no const */
	json_t *copy;
	json_t *item;
	const char *name;
	size_t index;

	if (json_is_array(value)) {
		copy = out_list();
		json_array_foreach (given, index, item)
			out_push(copy, as_run_task(item));
		return copy;
	}
	if (!json_is_object(value))
		return json_incref(given);
	copy = out_object();
	json_object_foreach (given, name, item)
		put_member(copy, name, item);
	return copy;
}

void event_launch_token(const struct event_delivery *delivery, char ret_token[SHA256_HEX_SIZE])
{
	AUTO(freep)
	char *text = xasprintf("%s %s %s %s", delivery->event.id, delivery->event.bus,
			       delivery->rule, delivery->target);

	sha256_hex(text, strlen(text), ret_token);
}

/* What the target says itself. */
static int make_request(const struct event_target *target, const char *given, json_t **ret_body,
			struct err *err)
{
	json_t *overrides = NULL;

	if (given && shape_parse(given, strlen(given), &overrides, err) < 0)
		return err_wrap(err, "the target's input is to be a JSON object of task overrides");
	*ret_body = as_run_task(target->ecs_json);
	if (overrides)
		out_put(*ret_body, "overrides", overrides);
	return 0;
}

static int make_body(const struct event_launch_order *order, json_t **ret_body, struct err *err)
{
	char token[SHA256_HEX_SIZE];
	json_t *body;

	if (make_request(order->target, order->overrides, &body, err) < 0)
		return -1;
	out_text(body, "cluster", order->cluster);
	if (order->started_by)
		out_text(body, "startedBy", order->started_by);
	else
		out_textf(body, "startedBy", RULE_PREFIX "%s", order->delivery->rule);
	event_launch_token(order->delivery, token);
	out_text(body, "clientToken", token);
	*ret_body = body;
	return 0;
}

int event_launch_check(const struct event_target *target, const char *overrides,
		       struct arena *arena, struct err *err)
{
	const struct shape *shape = op_ecs_run_task.shape;
	AUTO(json_decrefp) json_t *body = NULL;
	void *input = arena_alloc(arena, shape->size);

	if (!input)
		return err_set(err, ERR_INVALID, "the request is too large");
	if (make_request(target, overrides, &body, err) == 0 &&
	    shape_fill(shape, body, arena, input, err) == 0)
		return 0;
	err->code = ERR_INVALID;
	return -1;
}

/* What the tasks get of it beside their overrides. */
static int take_event(struct event_launch *launch, const struct event_launch_order *order,
		      struct err *err)
{
	const char *body = order->event->body;
	bool by_rule = !order->started_by;
	size_t len = strlen(body);
	struct event event;

	if (event_read(body, len, launch->request.arena, &event, err) < 0)
		return -1;
	launch->event = (struct task_payload){.id = event.id,
					      .source = event.source,
					      .type = event.detail_type,
					      .time = event.time,
					      .bus = by_rule ? order->event->bus : "",
					      .rule = by_rule ? order->delivery->rule : "",
					      .body = body,
					      .body_len = len};
	launch->call.event = &launch->event;
	return 0;
}

static struct event_launch *launch_new(const struct event_launch_order *order, struct db *state)
{
	struct event_launch *launch = xcalloc(1, sizeof(*launch));
	const char *account = order->delivery->event.account;
	struct call *call = &launch->call;

	launch->request = (struct request){
		.arena = arena_new(REQUEST_ARENA_MAX), .method = "POST", .path = "/", .query = ""};
	ident_uuid(launch->request.id);
	*call = (struct call){.options = order->options,
			      .state = state,
			      .request = &launch->request,
			      .arena = launch->request.arena,
			      .now_ms = order->now_ms,
			      .event_depth = order->delivery->event.depth + 1,
			      .admit_until_ms = order->until_ms};
	(void)snprintf(call->caller.account, sizeof(call->caller.account), "%s", account);
	(void)snprintf(call->caller.user, sizeof(call->caller.user), "events");
	(void)snprintf(call->caller.arn, sizeof(call->caller.arn), "arn:aws:iam::%s:user/events",
		       account);
	return launch;
}

void event_launch_free(struct event_launch *launch)
{
	if (!launch)
		return;
	json_decref(launch->call.error_extra);
	json_decref(launch->call.kept);
	json_decref(launch->call.body);
	arena_free(launch->request.arena);
	free(launch);
}

static void launch_freep(struct event_launch **launch)
{
	event_launch_free(*launch);
}

/* What an account may have later: launches a second, or what a budget allows. (Roles, which are
 * denied access for ever, launch no events.) */
static bool may_pass(const struct api_error *error)
{
	return error->status >= 500 || strcmp(error->type, "ThrottlingException") == 0 ||
	       strcmp(error->type, "AccessDeniedException") == 0;
}

/* What the API would have answered. */
static int fail(const struct call *call, const char **ret_code, struct err *err)
{
	*ret_code = call->error.type;
	return err_set(err, may_pass(&call->error) ? ERR_UNAVAILABLE : ERR_INVALID, "%s",
		       call->error.message);
}

/* Tasks that a quota has no room for: all of a delivery are launched, or none is yet. */
static int check_failures(const json_t *output, const char **ret_code, struct err *err)
{
	const json_t *failures = json_object_get(output, "failures");
	const char *reason =
		json_string_value(json_object_get(json_array_get(failures, 0), "reason"));

	if (!reason)
		return 0;
	*ret_code = "LimitExceededException";
	return err_set(err, ERR_UNAVAILABLE, "%s", reason);
}

static int run(struct event_launch *launch, const char **ret_code, struct err *err)
{
	const struct operation *operation = &op_ecs_run_task;
	AUTO(json_decrefp) json_t *output = NULL;
	struct call *call = &launch->call;
	void *input = arena_alloc(call->arena, operation->shape->size);

	*ret_code = operation->shape_error;
	if (!input)
		return err_set(err, ERR_INVALID, "the request is too large");
	if (shape_fill(operation->shape, call->body, call->arena, input, err) < 0) {
		err->code = ERR_INVALID;
		return -1;
	}
	if (operation->handler(call, input, &output) < 0)
		return fail(call, ret_code, err);
	return check_failures(output, ret_code, err);
}

int event_launch_plan(const struct event_launch_order *order, struct db *state,
		      struct event_launch **ret_launch, const char **ret_code, struct err *err)
{
	AUTO(launch_freep) struct event_launch *launch = launch_new(order, state);

	*ret_code = "InvalidParameterException";
	if (take_event(launch, order, err) < 0 || make_body(order, &launch->call.body, err) < 0) {
		err->code = ERR_INVALID;
		return -1;
	}
	if (run(launch, ret_code, err) < 0)
		return -1;
	*ret_launch = STEAL(launch, NULL);
	return 0;
}

int event_launch_write(struct event_launch *launch, struct db *state, const char **ret_code,
		       struct err *err)
{
	struct call *call = &launch->call;
	enum call_written written;

	/* Nothing to write: the token has started its tasks before. */
	if (!call->write)
		return 0;
	call->state = state;
	written = call->write(call, call->write_ctx);
	call->state = NULL;
	if (written == CALL_OUTDATED)
		return err_set(err, ERR_CONFLICT, "the store has changed since the plan");
	return written == CALL_WRITTEN ? 0 : fail(call, ret_code, err);
}
