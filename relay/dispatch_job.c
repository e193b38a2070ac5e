/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a target and its destination are is read anew for each attempt, as they are then. What can
 * never work is a dead letter at once: a target, destination or connection that is gone, an input
 * that this event does not have. A connection without parameters may get some, so that is tried
 * again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "relay/dispatch_private.h"
#include "store/event_rule.h"

#define ROOM_MAX (16u << 20) /* an event of 2 MiB, what is made of it, and parameters */
#define MISSING	 "ResourceNotFoundException"
#define INVALID	 "InvalidParameterException"
#define DENIED	 "ConnectionNotAuthorized"

struct job *job_new(struct dispatch *dispatch, int64_t number, int64_t destination)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->dispatch = dispatch;
	job->number = number;
	job->destination = destination;
	job->arena = arena_new_secret(ROOM_MAX);
	return job;
}

void job_free(struct job *job)
{
	json_decref(job->target_json);
	json_decref(job->connection_json);
	arena_free(job->arena);
	free(job);
}

void job_conclude(struct job *job, enum job_end end, const char *code, const char *why)
{
	job->end = end;
	job->code = code;
	(void)snprintf(job->why, sizeof(job->why), "%.*s", JOB_WHY_MAX - 1, why);
}

/* An error that may pass is a failure; one that stays, the end. */
static void conclude_err(struct job *job, const struct err *err)
{
	if (err->code == ERR_NOT_FOUND)
		job_conclude(job, JOB_DEAD, MISSING, err->text);
	else if (err->code == ERR_INVALID || err->code == ERR_LIMIT || err->code == ERR_UNSUPPORTED)
		job_conclude(job, JOB_DEAD, INVALID, err->text);
	else
		job_conclude(job, JOB_FAILED, "InternalException", err->text);
}

/* --- what it is made of --- */

/* false: the job has its end. */
static bool read_target(const struct job_place *place, struct job *job, struct err *err)
{
	const struct event_delivery *delivery = &job->delivery;
	const struct event_rule_key rule = {delivery->event.account, delivery->event.bus,
					    delivery->rule};
	struct event_target_record record;

	if (event_target_find(place->db, &rule, delivery->target, job->arena, &record, err) < 0 ||
	    shape_parse(record.body, strlen(record.body), &job->target_json, err) < 0 ||
	    webhook_target_read(job->target_json, job->arena, &job->target, err) < 0) {
		conclude_err(job, err);
		return false;
	}
	if (record.destination != job->destination) {
		job->handed_to = record.destination;
		job_conclude(job, JOB_HANDED, "", "");
		return false;
	}
	return true;
}

static bool read_destination(const struct job_place *place, struct job *job,
			     struct event_api_destination *destination,
			     struct connection *connection, struct err *err)
{
	if (event_api_destination_by_number(place->db, job->destination, job->arena, destination,
					    err) < 0 ||
	    event_connection_by_number(place->db, place->options->key, destination->connection,
				       job->arena, &job->connection, err) < 0) {
		conclude_err(job, err);
		return false;
	}
	if (!job->connection.parameters) {
		job_conclude(job, JOB_FAILED, DENIED, "the connection has no parameters");
		return false;
	}
	if (shape_parse(job->connection.parameters, strlen(job->connection.parameters),
			&job->connection_json, err) < 0 ||
	    shape_fill(&connection_shape, job->connection_json, job->arena, connection, err) < 0) {
		conclude_err(job, err);
		return false;
	}
	return true;
}

static bool get_token(const struct job_place *place, struct job *job,
		      const struct connection *connection, const char **ret_token)
{
	const char *why = "";

	*ret_token = NULL;
	if (!connection->has_oauth)
		return true;
	switch (tokens_get(place->tokens, &job->connection, &connection->oauth, place->now_ms,
			   ret_token, &why)) {
	case TOKEN_READY:
		job->has_token = true;
		return true;
	case TOKEN_COMING:
		job_conclude(job, JOB_AGAIN, "", "");
		return false;
	case TOKEN_FAILED:
	default:
		job_conclude(job, JOB_FAILED, DENIED, why);
		return false;
	}
}

static int make_request(const struct job_place *place, struct job *job,
			const struct event_api_destination *destination,
			const struct connection *connection, const char *token, struct err *err)
{
	const struct event_delivery *delivery = &job->delivery;
	const struct event_accepted *event = &delivery->event;
	bool is_default = strcmp(event->bus, EVENT_BUS_DEFAULT) == 0;
	struct webhook_order order = {
		.endpoint = destination->endpoint,
		.method = destination->method,
		.target = &job->target,
		.connection = connection,
		.token = token,
		.event = {event->body, strlen(event->body)},
		.facts = {.rule_name = delivery->rule, .ingested_ms = event->received_ms},
	};

	order.facts.rule_arn =
		arena_printf(job->arena, "arn:aws:events:%s:%s:rule/%s%s%s", place->options->region,
			     event->account, is_default ? "" : event->bus, is_default ? "" : "/",
			     delivery->rule);
	order.key = arena_printf(job->arena, "%s/%s/%s/%s", event->id, event->bus, delivery->rule,
				 delivery->target);
	if (!order.facts.rule_arn || !order.key)
		return err_set(err, ERR_LIMIT, "the event is too large");
	return webhook_request_make(&order, job->arena, &job->request, err);
}

void job_prepare(const struct job_place *place, struct job *job)
{
	struct event_api_destination destination;
	struct connection connection;
	struct err err = ERR_INIT;
	const char *token;

	if (event_away_find(place->db, job->number, job->arena, &job->delivery, &err) < 0) {
		/* Without the event there is nothing that could be told of it. */
		job_conclude(job, JOB_AGAIN, "", err.text);
		return;
	}
	if (!read_target(place, job, &err) ||
	    !read_destination(place, job, &destination, &connection, &err) ||
	    !get_token(place, job, &connection, &token))
		return;
	if (make_request(place, job, &destination, &connection, token, &err) < 0)
		conclude_err(job, &err);
}

/* --- its end --- */

static int write_again(struct db *db, const struct job *job, int64_t now_ms, struct err *err)
{
	int64_t delay_ms = event_retry_draw_ms(job->delivery.attempts);
	struct event_failure failure = {.code = job->code, .reason = job->why};

	if (delay_ms < job->retry_after_ms)
		delay_ms = job->retry_after_ms;
	failure.next_ms = now_ms + delay_ms;
	return event_delivery_fail(db, &job->delivery, &failure, err);
}

int job_write(struct db *db, const struct job *job, int64_t now_ms, struct err *err)
{
	const struct event_delivery *delivery = &job->delivery;
	struct event_dead why = {
		.code = job->code, .reason = job->why, .exhausted = "", .dead_ms = now_ms};

	switch (job->end) {
	case JOB_OPEN:
	case JOB_AGAIN: /* it is where it was */
		return 0;
	case JOB_ARRIVED:
		return event_delivery_end(db, delivery, err);
	case JOB_HANDED:
		return event_delivery_hand(db, delivery, job->handed_to, err);
	case JOB_FAILED:
		why.exhausted = event_retry_exhausted(&job->target.retry, delivery->attempts,
						      delivery->since_ms, now_ms);
		if (why.exhausted[0] == '\0')
			return write_again(db, job, now_ms, err);
		break;
	case JOB_DEAD:
	default:
		break;
	}
	log_warn("event is a dead letter account=%s event=%s rule=%s target=%s code=%s reason=%s",
		 delivery->event.account, delivery->event.id, delivery->rule, delivery->target,
		 job->code, job->why);
	return event_delivery_die(db, delivery, &why, err);
}
