/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection whose requests need a token waits for slipway-relay to get one, since the gateway
 * connects to nobody; the other kinds are authorized by being there.
 */
#include "gateway/events/connection_call.h"

#include <stdio.h>
#include <string.h>

#include "gateway/ecs/kept_json.h"
#include "gateway/json_out.h"

#define VALIDATION "ValidationException"
#define NOT_FOUND  "ResourceNotFoundException"

const char *const event_destination_methods[] = {"POST", "GET",	  "HEAD",   "OPTIONS",
						 "PUT",	 "PATCH", "DELETE", NULL};

int event_connection_parameters(struct call *call, enum connection_kind kind,
				const json_t *parameters, struct event_connection_parameters *ret)
{
	AUTO(json_decrefp) json_t *kept = NULL;
	AUTO(json_decrefp) json_t *shown = NULL;
	struct connection filled;
	struct err err = ERR_INIT;

	if (shape_fill(&connection_shape, parameters, call->arena, &filled, &err) < 0)
		return call_fail(call, VALIDATION, "AuthParameters.%s", err.text);
	if (connection_check(kind, &filled, &err) < 0)
		return call_fail(call, VALIDATION, "%s", err.text);
	kept = kept_json(&connection_shape, parameters);
	shown = connection_shown(kept);
	if (call_keep_text(call, kept, &ret->kept) < 0)
		return -1;
	return call_keep_text(call, shown, &ret->shown);
}

const char *event_connection_state(enum connection_kind kind)
{
	return kind == CONNECTION_OAUTH_CLIENT_CREDENTIALS ? EVENT_CONNECTION_AUTHORIZING
							   : EVENT_CONNECTION_AUTHORIZED;
}

/* --- names --- */

static struct event_arn arn_of(const struct call *call, const char *kind, const char *name,
			       const char *uuid)
{
	struct event_arn arn;

	(void)snprintf(arn.text, sizeof(arn.text), "arn:aws:events:%s:%s:%s/%s/%s",
		       call->options->region, call->caller.account, kind, name, uuid);
	return arn;
}

struct event_arn event_connection_arn(const struct call *call, const char *name, const char *uuid)
{
	return arn_of(call, "connection", name, uuid);
}

struct event_arn event_destination_arn(const struct call *call, const char *name, const char *uuid)
{
	return arn_of(call, "api-destination", name, uuid);
}

int event_connection_missing(struct call *call, const char *name)
{
	return call_fail(call, NOT_FOUND,
			 "Failed to describe the connection(s). Connection "
			 "'%.256s' does not exist.",
			 name);
}

int event_connection_require(struct call *call, const char *name,
			     struct event_connection *ret_connection)
{
	struct err err = ERR_INIT;

	if (event_name_check(call, "name", name) < 0)
		return -1;
	if (event_connection_find(call->state, NULL, call->caller.account, name, call->arena,
				  ret_connection, &err) == 0)
		return 0;
	return err.code == ERR_NOT_FOUND ? event_connection_missing(call, name)
					 : call_fail_server(call, &err);
}

int event_connection_of_arn(struct call *call, const char *arn,
			    struct event_connection *ret_connection)
{
	struct event_arn prefix = arn_of(call, "connection", "", "");
	size_t len = strlen(prefix.text) - 1; /* one slash */
	struct err err = ERR_INIT;
	const char *slash;
	const char *name;

	if (strncmp(arn, prefix.text, len) != 0 || !(slash = strchr(arn + len, '/')))
		return call_fail(call, VALIDATION,
				 "Parameter ConnectionArn is not valid. Reason: Must contain a "
				 "connection ARN.");
	name = arena_strndup(call->arena, arn + len, (size_t)(slash - arn) - len);
	if (!name)
		return call_fail(call, VALIDATION, "The request is too large.");
	if (event_connection_find(call->state, NULL, call->caller.account, name, call->arena,
				  ret_connection, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		return event_connection_missing(call, name);
	}
	if (strcmp(ret_connection->uuid, slash + 1) != 0)
		return event_connection_missing(call, name);
	return 0;
}

int event_destination_require(struct call *call, const char *name,
			      struct event_api_destination *ret_destination)
{
	struct err err = ERR_INIT;

	if (event_name_check(call, "name", name) < 0)
		return -1;
	if (event_api_destination_find(call->state, call->caller.account, name, call->arena,
				       ret_destination, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, NOT_FOUND,
			 "Failed to describe the api-destination(s). An api-destination '%.256s' "
			 "does not exist.",
			 name);
}

int event_destination_of_name(struct db *db, const char *account, const char *name_and_uuid,
			      struct arena *arena, struct event_api_destination *ret_destination,
			      struct err *err)
{
	const char *slash = strchr(name_and_uuid, '/');
	const char *name;

	if (!slash)
		return err_set(err, ERR_NOT_FOUND, "no such API destination");
	name = arena_strndup(arena, name_and_uuid, (size_t)(slash - name_and_uuid));
	if (!name)
		return err_set(err, ERR_LIMIT, "the name is too long");
	if (event_api_destination_find(db, account, name, arena, ret_destination, err) < 0)
		return -1;
	if (strcmp(ret_destination->uuid, slash + 1) != 0)
		return err_set(err, ERR_NOT_FOUND, "no such API destination");
	return 0;
}

int event_endpoint_check(struct call *call, const char *member, const char *url)
{
	struct err err = ERR_INIT;

	/* An asterisk stands for a value of the path, which a host is not. */
	if (connection_endpoint_check(url, &err) == 0)
		return 0;
	return call_fail(call, VALIDATION, "Parameter %s is not valid. Reason: %s.", member,
			 err.text);
}

/* --- answers --- */

json_t *event_connection_json(const struct call *call, const struct event_connection *connection)
{
	json_t *object = out_object();

	out_text(object, "ConnectionArn",
		 event_connection_arn(call, connection->name, connection->uuid).text);
	out_text(object, "ConnectionState", connection->state);
	out_time(object, "CreationTime", connection->created_ms);
	out_time(object, "LastModifiedTime", connection->modified_ms);
	out_time(object, "LastAuthorizedTime", connection->authorized_ms);
	return object;
}

json_t *event_destination_answer(const struct call *call,
				 const struct event_api_destination *destination)
{
	json_t *object = out_object();

	out_text(object, "ApiDestinationArn",
		 event_destination_arn(call, destination->name, destination->uuid).text);
	out_text(object, "ApiDestinationState", destination->is_authorized ? "ACTIVE" : "INACTIVE");
	out_time(object, "CreationTime", destination->created_ms);
	out_time(object, "LastModifiedTime", destination->modified_ms);
	return object;
}

json_t *event_destination_json(const struct call *call,
			       const struct event_api_destination *destination)
{
	json_t *object = event_destination_answer(call, destination);

	out_text(object, "Name", destination->name);
	out_text(object, "ConnectionArn", destination->connection_arn);
	out_text(object, "InvocationEndpoint", destination->endpoint);
	out_text(object, "HttpMethod", destination->method);
	out_int(object, "InvocationRateLimitPerSecond", destination->rate);
	return object;
}
