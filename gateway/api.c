/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The road. A request is taken apart just far enough to know its service, then
 * the caller proves who he is, and only then is the operation looked up, the
 * body parsed, the shape filled and the handler called: a stranger learns
 * nothing but that he is one, whatever he sends. Any active key of an account
 * may do everything in its account and nothing outside of it, and the keys of a
 * task's role what the role's policy says; every query of a handler is bound to
 * call->caller.account.
 *
 * A handler that fails leaves its transaction to us: what is still open when it
 * returns is rolled back, so no mistake in a handler can hold the write lock.
 */
#include "gateway/api.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/api_answer.h"
#include "gateway/api_call.h"
#include "gateway/api_event.h"
#include "gateway/api_keys.h"
#include "gateway/api_write.h"
#include "gateway/exchange.h"
#include "gateway/query_form.h"
#include "gateway/rest.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

/* Parts of a query-protocol request: the form body of a POST, else the query. */
static void route_query(const struct request *request, struct route *route)
{
	AUTO(json_decrefp) json_t *form = NULL;
	const char *type = request_header(request, "content-type");
	struct err err = ERR_INIT;
	const char *action;
	const char *version;

	route->text = request->query;
	route->len = strlen(request->query);
	if (strcmp(request->method, "POST") == 0 && request->body_len > 0) {
		if (!type || strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE)) != 0)
			return;
		route->text = (const char *)request->body;
		route->len = request->body_len;
	}
	if (query_form_parse(route->text, route->len, &form, &err) < 0)
		return;
	action = json_string_value(json_object_get(form, "Action"));
	version = json_string_value(json_object_get(form, "Version"));
	if (!action)
		return;
	route->service = api_service_of_query(action, version ? version : "");
	route->operation = arena_strdup(request->arena, action);
	if (!route->operation)
		route->operation = "";
}

static void find_route(const struct request *request, struct route *route)
{
	const char *target = request_header(request, "x-amz-target");

	*route = (struct route){
		.operation = "", .text = (const char *)request->body, .len = request->body_len};
	if (target) {
		route->service = api_service_of_target(target, &route->operation);
		return;
	}
	route->service = api_service_of_path(request->method, request->path, &route->rest);
	if (route->rest)
		route->operation = route->rest->name;
	if (!route->service)
		route_query(request, route);
}

/*
 * A request for no service of ours names none that a signature could be for, so it
 * cannot be checked; it is told apart only by whether it is signed at all, as the
 * API does.
 */
static void refuse_unknown(struct call *call)
{
	const struct request *request = call->request;

	if (!request_header(request, "authorization") &&
	    !strstr(request->query, "X-Amz-Signature="))
		call_set_error(call, "MissingAuthenticationTokenException",
			       "Missing Authentication Token");
	else
		call_set_error(call, "UnknownOperationException", "%s", "");
}

static const struct operation *find_operation(struct call *call, const struct route *route)
{
	const struct operation *operation =
		api_operation_find(route->service->name, route->operation);
	bool is_query = route->service->protocol == API_QUERY;

	if (route->rest)
		return route->rest;
	if (strcmp(call->request->path, "/") == 0 && operation &&
	    (is_query || strcmp(call->request->method, "POST") == 0))
		return operation;
	if (is_query)
		call_set_error(call, "UnknownOperationException",
			       "Could not find operation %.128s for version %s", route->operation,
			       route->service->prefix);
	else
		call_set_error(call, "UnknownOperationException", "%s", "");
	return NULL;
}

/* Who one is may always be asked. */
static int check_role(struct call *call, const struct operation *operation)
{
	if (strcmp(operation->service, "sts") == 0)
		return 0;
	return call_check_role(call, operation->service, operation->name, "*");
}

static int parse_input(struct call *call, const struct route *route)
{
	struct err err = ERR_INIT;
	int result;

	if (route->service->protocol == API_QUERY)
		result = query_form_parse(route->text, route->len, &call->body, &err);
	else if (route->len == 0)
		result = shape_parse("{}", 2, &call->body, &err);
	else
		result = shape_parse(route->text, route->len, &call->body, &err);
	if (result == 0 && route->rest)
		result = rest_input(route->rest->route, call->request, call->body, &err);
	if (result < 0)
		return call_fail(call, "SerializationException", "%s", err.text);
	return 0;
}

/* The type of error for what is not done yet: one that the service has. */
static const char *refusal_type(const struct operation *operation)
{
	return strcmp(operation->service, "ecs") == 0 ? "ClientException" : operation->shape_error;
}

static int run(struct call *call, const struct operation *operation, json_t **ret_output)
{
	void *input = arena_alloc(call->arena, operation->shape->size);
	struct err err = ERR_INIT;

	if (!input)
		return call_fail(call, operation->shape_error, "The request is too large.");
	if (shape_fill(operation->shape, call->body, call->arena, input, &err) < 0) {
		if (err.code == ERR_UNSUPPORTED)
			return call_fail(call, refusal_type(operation), "%s by this Slipway yet.",
					 err.text);
		return call_fail(call, operation->shape_error, "%s.", err.text);
	}
	if (!operation->snapshot)
		db_rollback(call->state); /* it begins what it needs by itself */
	return operation->handler(call, input, ret_output);
}

static int serve(struct call *call, const struct route *route, struct signing_keys *signing,
		 json_t **ret_output)
{
	const struct operation *operation;
	struct err err = ERR_INIT;

	if (!route->service) {
		refuse_unknown(call);
		return -1;
	}
	if (db_begin_read(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (api_check_caller(call, route->service->name, signing) < 0)
		return -1;
	operation = find_operation(call, route);
	if (!operation || check_role(call, operation) < 0 || parse_input(call, route) < 0)
		return -1;
	return run(call, operation, ret_output);
}

static void answer_error(struct api_call *failed)
{
	struct call *call = &failed->call;

	api_answer_error(failed->route.service, call->request, &call->error, call->error_extra,
			 failed->response);
}

static void log_answer(const struct api_call *done)
{
	const struct call *call = &done->call;
	const struct route *route = &done->route;

	log_debug("request=%s peer=%s account=%s service=%s operation=%s status=%d error=%s",
		  call->request->id, call->request->peer, call->caller.account,
		  route->service ? route->service->name : "", route->operation,
		  done->response->status, call->error.type ? call->error.type : "");
}

static void api_call_free(struct api_call *done)
{
	struct call *call = &done->call;

	event_intake_leave(&done->held);
	json_decref(call->error_extra);
	json_decref(call->kept);
	json_decref(call->body);
}

void api_call_done(struct api_call *done)
{
	log_answer(done);
	api_call_free(done);
}

struct api_call *api_call_new(const struct api_worker *worker, const struct request *request,
			      struct response *response)
{
	struct api_call *made = arena_alloc(request->arena, sizeof(*made));

	if (made)
		*made = (struct api_call){
			.call = {.options = worker->options,
				 .state = worker->state,
				 .logs = worker->logs,
				 .request = request,
				 .arena = request->arena,
				 .now_ms = clock_wall_ms()},
			.route = {.operation = ""},
			.response = response,
			.answer_error = answer_error,
		};
	return made;
}

struct api_call *api_begin(const struct api_worker *worker, const struct request *request,
			   struct response *response)
{
	AUTO(json_decrefp) json_t *output = NULL;
	static const struct api_error too_large = {400, "ClientException",
						   "The request is too large."};
	struct api_call *pending = api_call_new(worker, request, response);
	struct route *route;
	int result;

	if (!pending) {
		api_answer_error(NULL, request, &too_large, NULL, response);
		return NULL;
	}
	if (api_event_is(request))
		return api_event_begin(worker, pending);
	route = &pending->route;
	find_route(request, route);
	result = serve(&pending->call, route, worker->signing, &output);
	db_rollback(worker->state);
	if (worker->logs)
		db_rollback(worker->logs);
	if (result == 0)
		api_answer(route->service, route->operation, request, output, response);
	else
		pending->answer_error(pending);
	if (result == 0 && pending->call.write)
		return pending;
	api_call_done(pending);
	return NULL;
}

bool api_end(struct api_call *pending)
{
	bool answered = pending->outcome != API_OUTDATED;

	/* Too many wait for the disk, or the gateway stops: clients come again. */
	if (pending->outcome == API_UNWRITTEN)
		call_set_error(&pending->call, ERROR_THROTTLED, "%s", "Rate exceeded");
	if (pending->outcome == API_UNWRITTEN || pending->outcome == API_FAILED)
		pending->answer_error(pending);
	if (answered)
		api_call_done(pending);
	else
		api_call_free(pending);
	return answered;
}

void api_handle(const struct api_worker *worker, const struct request *request,
		struct response *response)
{
	bool answered = false;

	while (!answered) {
		struct api_call *pending = api_begin(worker, request, response);

		if (pending)
			api_write(worker->state, &pending, 1);
		answered = !pending || api_end(pending);
	}
}
