/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one road of a request: find the operation's row, authenticate, authorise,
 * fill the shape, call the handler, answer. Adding an operation is one file
 * under op/ and one row in api_table.c.
 *
 * All of it blocks on SQL and runs as jobs; a worker has its own connections. An operation
 * that writes may do so by itself, or leave its writes to the group (call_write()).
 */
#ifndef SLIPWAY_GATEWAY_API_H
#define SLIPWAY_GATEWAY_API_H

#include "core/conf.h"
#include "core/seal.h"
#include "core/shape.h"
#include "gateway/auth.h"
#include "store/db.h"
#include "store/extensions.h"
#include "store/file_system.h"

struct billing_state;
struct event_hub;
struct event_intake;
struct rest_route;
struct task_payload;
struct zone_set;

/* What operations need to know of the configuration; borrowed for ever, never changed. */
struct api_options {
	const char *region;		  /* "us-east-1": of the ARNs and of signatures */
	const char *zone;		  /* availability zone of this machine: "us-east-1a" */
	const struct conf_map *subnets;	  /* names that exist (values are CIDRs) */
	const struct conf_map *groups;	  /* security groups that exist */
	const struct conf_map *roles;	  /* of tasks; values are patterns of actions */
	const struct conf_map *buckets;	  /* that environmentFiles may name; NULL: none */
	struct file_systems file_systems; /* of EFS volumes */
	const char *default_subnet;
	const char *default_group;
	const struct seal_key *secret_key; /* of stored secrets; NULL: there is none */
	struct billing_state *billing;	   /* of what things cost (billing_state.h); NULL: none */
	struct extensions extensions;
	const struct quota *quota;	    /* of accounts that have none of their own */
	bool require_network_configuration; /* AWS's refusal instead of our default network */
	void (*ring)(void *ctx); /* wake the provisioner: there is something in the store */
	void *ring_ctx;
	struct event_hub *events; /* gateway/events/hub.h */
	struct event_intake
		*intake;	/* of posted events: gateway/events/intake.h; NULL: no limits */
	struct zone_set *zones; /* of schedules: events/zone_set.h */
	bool skip_missed;	/* what fell due while nobody was there is left out */
};

/* One worker thread's things. */
struct api_worker {
	const struct api_options *options;
	struct db *state, *logs;
	struct signing_keys *signing; /* NULL: none are kept */
};

struct call;

/* How the writes of a call ended; everything but CALL_WRITTEN takes back what they wrote. */
enum call_written {
	CALL_WRITTEN,
	CALL_REFUSED,  /* after call_fail() or call_fail_server() */
	CALL_OUTDATED, /* what the handler saw is no longer so: run it again */
};
typedef enum call_written call_write_fn(struct call *call, void *ctx);

/* One call of an operation. */
struct call {
	const struct api_options *options;
	struct db *state, *logs;
	const struct request *request;
	struct arena *arena; /* the request's */
	struct caller caller;
	json_t *body; /* the request's JSON object (owned by api_handle) */
	int64_t now_ms;
	/* Of the tasks that it starts, where an event is why: store/task.h */
	int64_t event_depth, admit_until_ms;
	struct api_error error; /* set by call_fail() */
	json_t *error_extra;	/* further members of the error's body; owned; may be NULL */
	json_t *kept;		/* see call_keep() */
	call_write_fn *write;	/* see call_write() */
	void *write_ctx;
	const struct task_payload *event; /* what the tasks are launched for; NULL: a request */
};

/* Fail with an error of the API: is -1. (Macros, so that readers of the code that
 * are programs know it is never 0.) */
#define call_fail(call, type, ...)  (call_set_error((call), (type), __VA_ARGS__), -1)
/* The store failed: logs the cause with the request id, answers ServerException (500). Is -1. */
#define call_fail_server(call, err) (call_set_server_error((call), (err)), -1)

void call_set_error(struct call *call, const char *type, const char *fmt, ...) PRINTF_LIKE(3, 4);
void call_set_server_error(struct call *call, const struct err *err);

/*
 * For a handler that has done all but its writes: @write(call, ctx) runs later, on another
 * thread, with call->state in a transaction that others share; what the handler answers
 * leaves only after that is durable. @ctx lives in the call's arena, as all that it needs.
 */
void call_write(struct call *call, call_write_fn *write, void *ctx);

/* Take @value and free it after the answer: structs filled from it may borrow its texts. */
void call_keep(struct call *call, json_t *value);

/* Whether the caller may do this; fails with AccessDeniedException where its role's policy
 * does not allow it. */
int call_check_role(struct call *call, const char *service, const char *action,
		    const char *resource) MUST_CHECK;

/* The text of @value in the request's arena; fails as the API does for what is too large. */
int call_keep_text(struct call *call, const json_t *value, const char **ret_text) MUST_CHECK;

/* A handler: @input is the filled struct; 0 and *ret_output (a new object; NULL: {}), or -1. */
typedef int op_fn(struct call *call, const void *input, json_t **ret_output);

struct operation {
	const char *service; /* "ecs", "logs" */
	const char *name;    /* "RunTask" */
	const struct shape *shape;
	op_fn *handler;
	const char *shape_error; /* type of error for a breach of the shape: "ClientException" */
	/* It does not write, or by call_write() only: all that it reads is one snapshot, which
	 * was begun for the caller's key. */
	bool snapshot;
	const struct rest_route *route; /* of a service that speaks REST (rest.h); else NULL */
};

/*
 * Answer @request in @response, whose body the caller began. Never fails: errors become
 * answers. NULL: it is answered. Else the call has writes left: api_write() runs them
 * (api_write.h), and then api_end() must be called; it lives in the request's arena.
 */
struct api_call;
struct api_call *api_begin(const struct api_worker *worker, const struct request *request,
			   struct response *response);
/* The answer of a call that was not written is an error. false: there is none, the
 * request must begin again, as the store has changed under it. */
bool api_end(struct api_call *pending) MUST_CHECK;

/* All of that at once, the writes on the worker's own connection. */
void api_handle(const struct api_worker *worker, const struct request *request,
		struct response *response);

#endif
