/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A delivery on its way, from the queue to its end there. Private to dispatch*.c and tests.
 */
#ifndef SLIPWAY_RELAY_DISPATCH_PRIVATE_H
#define SLIPWAY_RELAY_DISPATCH_PRIVATE_H

#include "relay/dispatch.h"
#include "relay/lane.h"
#include "relay/token.h"
#include "store/event_api_destination.h"
#include "store/event_away.h"

/* What becomes of a delivery. */
enum job_end {
	JOB_OPEN,    /* it is under way */
	JOB_ARRIVED, /* it ends */
	JOB_FAILED,  /* this time */
	JOB_DEAD,    /* for ever */
	JOB_AGAIN,   /* no attempt: at once, or as soon as there is a token */
	JOB_HANDED,  /* its target is not this destination any more */
};

#define JOB_WHY_MAX 512

struct job {
	struct job *next;
	struct dispatch *dispatch;
	struct arena *arena; /* secret; all below is in it */
	int64_t number;	     /* of the delivery */
	int64_t destination; /* that it was taken for */
	struct event_delivery delivery;
	json_t *target_json, *connection_json; /* that the two borrow from */
	struct webhook_target target;
	struct event_connection connection;
	bool has_token;
	struct webhook_request request;
	enum job_end end;
	int64_t handed_to;
	int64_t retry_after_ms;
	const char *code; /* a literal */
	char why[JOB_WHY_MAX];
};

struct job *job_new(struct dispatch *dispatch, int64_t number, int64_t destination);
void job_free(struct job *job);
void job_conclude(struct job *job, enum job_end end, const char *code, const char *why);

/* Read all that the request is made of, and make it. The job is open afterwards, or has its end. */
struct job_place {
	const struct dispatch_options *options;
	struct db *db;
	struct tokens *tokens;
	int64_t now_ms; /* boot time */
};
void job_prepare(const struct job_place *place, struct job *job);
/* Write its end, in a transaction. */
int job_write(struct db *db, const struct job *job, int64_t now_ms, struct err *err) MUST_CHECK;

/* What is due is sent, what has ended is written; waits until there is something to do. */
int dispatch_turn(struct dispatch *dispatch, struct err *err) MUST_CHECK;

#endif
