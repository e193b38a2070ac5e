/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks: what is wanted (written by the gateway) and what happened (written by
 * the provisioner). Both move a task only through task_move() and task_want_stopped(),
 * each one transaction; every change of state or wish raises `version`.
 */
#ifndef SLIPWAY_STORE_TASK_H
#define SLIPWAY_STORE_TASK_H

#include "core/arena.h"
#include "store/db.h"
#include "store/lifecycle.h"

#define TASK_ID_SIZE	    33
#define TASK_CONTAINERS_MAX 10
#define TASK_REASON_MAX	    1024 /* stoppedReason is cut there by the API */

struct task_container {
	const char *name, *image;
	const char *arn_id; /* uuid, the last part of its ARN */
	bool essential;
	int64_t cpu;			    /* units */
	int64_t memory, memory_reservation; /* MiB; 0: not set */
	const char *image_digest;	    /* "" before the pull */
	const char *runtime_id;		    /* "TASKID-10digits", "" before the start */
	enum { CONTAINER_PENDING, CONTAINER_RUNNING, CONTAINER_STOPPED } state;
	bool has_exit_code;
	int64_t exit_code;
	const char *reason; /* "" */
	/* The API's UNKNOWN is two things here: no check, or none that counted yet. */
	enum {
		CONTAINER_UNCHECKED,
		CONTAINER_UNKNOWN,
		CONTAINER_HEALTHY,
		CONTAINER_UNHEALTHY,
	} health;
	int64_t restarts; /* by its restart policy */
};

struct task {
	const char *id, *account, *cluster;
	const char *family;
	int64_t revision;
	const char *group;			    /* "family:NAME" */
	const char *started_by;			    /* "" */
	const char *launch_type;		    /* "FARGATE" */
	const char *capacity_provider;		    /* "" or "FARGATE", "FARGATE_SPOT" */
	const char *platform_version;		    /* "1.4.0" */
	int64_t cpu_units, memory_mib, storage_gib; /* what is held and billed */
	bool exec_enabled;
	const char *subnet;	 /* name */
	const char *groups_json; /* security groups: array of names */
	bool public_ip;
	const char *zone;		  /* availabilityZone */
	const char *overrides_json;	  /* as answered by the API */
	const char *spec_json;		  /* store/task_spec.h: what is to be run */
	const char *client_token;	  /* "" */
	const char *attachment_id;	  /* uuid of the network attachment */
	const char *network_interface_id; /* "eni-" and 17 hex digits */
	const char *subnet_id;		  /* as the request named it */
	int64_t event_depth;		  /* of events that it makes (event_queue.h) */
	int64_t admit_until_ms;		  /* it may wait for room so long; 0: as the host has it */
	bool has_event;			  /* it was launched for one: store/task_payload.h */

	enum task_state state;
	bool want_stopped;
	int64_t version;
	const char *stop_code, *stopped_reason; /* "" while unset */
	int64_t created_ms, connectivity_ms, pull_started_ms, pull_stopped_ms, started_ms,
		stopping_ms, execution_stopped_ms, stopped_ms; /* 0: not yet */

	/* The provisioner's own. */
	const char *address, *mac; /* "" before CLAIMED */
	const char *machine;	   /* name, "" before CLAIMED */
	int64_t agent_seq;	   /* the last report of the agent that is durable */

	struct task_container *containers;
	size_t container_count;
};

/* @task as the gateway made it (state PROVISIONING, version 1), with its containers. In the
 * caller's transaction. */
int task_insert(struct db *db, const struct task *task, struct err *err) MUST_CHECK;

/* All texts live in @arena. ERR_NOT_FOUND. @cluster NULL: any of the account; @account NULL: any
 * (provisioner). */
int task_find(struct db *db, const char *account, const char *cluster, const char *id,
	      struct arena *arena, struct task *ret_task, struct err *err) MUST_CHECK;

/* Of the events that it makes; 0 for a task that is not there. */
int task_event_depth(struct db *db, const char *id, int64_t *ret_depth, struct err *err) MUST_CHECK;

/* A place in a list; it stays one when its task is forgotten. */
struct task_list_place {
	int64_t created_ms;
	const char *id; /* NULL: the begin */
};
/* The place of a task; @id is borrowed. ERR_NOT_FOUND. */
int task_list_place(struct db *db, const char *id, struct task_list_place *ret_place,
		    struct err *err) MUST_CHECK;

struct task_filter {
	const char *account, *cluster;
	const char *family, *started_by, *group, *launch_type; /* NULL: any */
	bool want_stopped;	      /* desiredStatus STOPPED, else RUNNING */
	struct task_list_place after; /* where the page before ended */
	size_t limit;
};
int task_list(struct db *db, const struct task_filter *filter, struct arena *arena,
	      const char ***ret_ids, size_t *ret_count, struct err *err) MUST_CHECK;

/* The wish to stop: desired STOPPED with code and reason; a task that is wanted stopped already
 * stays as it is. */
int task_want_stopped(struct db *db, const char *account, const char *cluster, const char *id,
		      const char *stop_code, const char *reason, int64_t now_ms, struct err *err)
	MUST_CHECK;

/* Tokens of RunTask (API reference, idempotency): ERR_NOT_FOUND if free. @request: canonical text
 * of the request. */
int run_token_find(struct db *db, const char *account, const char *cluster, const char *token,
		   int64_t now_ms, struct arena *arena, const char **ret_request,
		   const char ***ret_ids, size_t *ret_count, struct err *err) MUST_CHECK;
int run_token_put(struct db *db, const char *account, const char *cluster, const char *token,
		  const char *request, const char *const *ids, size_t count, int64_t now_ms,
		  struct err *err) MUST_CHECK;

/* Whether the token is not free: its request may be retried yet. */
int run_token_holds(struct db *db, const char *account, const char *cluster, const char *token,
		    int64_t now_ms, bool *ret_holds, struct err *err) MUST_CHECK;

/* --- the provisioner's side --- */

/* Ids of all tasks that are not STOPPED, oldest first. */
int task_unfinished(struct db *db, struct arena *arena, const char ***ret_ids, size_t *ret_count,
		    struct err *err) MUST_CHECK;
/* Changes when anything a provisioner must look at changes: cheap to poll. */
int task_change_mark(struct db *db, int64_t *ret_mark, struct err *err) MUST_CHECK;

/* What goes with a move; NULL and 0 leave the field as it is. */
struct task_change {
	const char *stop_code, *stopped_reason; /* if none is set yet: the first cause wins */
	bool want_stopped;			/* set desired STOPPED (and stopping_ms) */
	const char *address, *mac, *machine;
	int64_t connectivity_ms, pull_started_ms, pull_stopped_ms, started_ms, execution_stopped_ms,
		stopped_ms;
	int64_t agent_seq;
};
/* Move along task_next() from the state @from (compare and set): ERR_CONFLICT if
 * the task is in another state. *ret_state (may be NULL) is the new one. In the caller's
 * transaction, so that meter and logs go with it. */
int task_move(struct db *db, const char *id, enum task_state from, enum task_event event,
	      const struct task_change *change, enum task_state *ret_state, struct err *err)
	MUST_CHECK;
/* A change without a move of state (a digest is known, a report was taken). Raises version only if
 * @visible. */
int task_update(struct db *db, const char *id, const struct task_change *change, bool visible,
		struct err *err) MUST_CHECK;
/* Write back one container's digest, runtime id, state, exit code, reason, health, restarts. */
int task_container_update(struct db *db, const char *id, size_t index,
			  const struct task_container *container, struct err *err) MUST_CHECK;
/* Addresses (texts) in use in a subnet, for allocation inside one transaction. */
int task_addresses(struct db *db, const char *subnet, struct arena *arena,
		   const char ***ret_addresses, size_t *ret_count, struct err *err) MUST_CHECK;

/* Phases of a launch: name -> when. One row a phase; the first write wins, and *ret_first (may
 * be NULL) says whether this was it. */
struct task_phase {
	const char *name;
	int64_t wall_us;
};
int task_phase_put(struct db *db, const char *id, const char *name, int64_t wall_us,
		   bool *ret_first, struct err *err) MUST_CHECK;
int task_phase_list(struct db *db, const char *id, struct arena *arena,
		    struct task_phase **ret_phases, size_t *ret_count, struct err *err) MUST_CHECK;

#endif
