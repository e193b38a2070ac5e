/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the flow share: the flow and its runs. Everything here belongs to
 * the loop's thread. A job gets copies, and a pointer to its run only to give the
 * result back; a run is not freed while run->jobs counts one.
 */
#ifndef SLIPWAY_PROVISIONER_FLOW_PRIVATE_H
#define SLIPWAY_PROVISIONER_FLOW_PRIVATE_H

#include "core/jobs.h"
#include "provisioner/exec_door.h"
#include "provisioner/facts.h"
#include "provisioner/flow.h"
#include "provisioner/machine_life.h"
#include "provisioner/machine_plan.h"
#include "provisioner/output.h"
#include "provisioner/pool.h"
#include "provisioner/reconcile.h"
#include "provisioner/task_metadata.h"
#include "provisioner/task_order.h"
#include "provisioner/task_role.h"
#include "provisioner/task_secrets.h"
#include "provisioner/user_pool.h"

#define FLOW_BUCKETS   256   /* runs by the first two digits of their ids */
#define FLOW_QUEUE_MAX 16384 /* jobs that may wait in one pool */
#define FLOW_BOOTS_MAX                                                                             \
	4 /* machines that a launch may try: on a crowded host under emulation some die young */
#define FLOW_CPU_UNITS_A_CORE 1024
#define FLOW_TASK_ARENA	      (4u * 1024 * 1024) /* one task's row and description */

struct run_image {
	const char *reference;	 /* borrowed from the task */
	const char *credentials; /* the secret that names its registry's login; NULL: none */
	const struct image_login *login; /* of run->secrets; NULL: as configured */
	struct image *image;		 /* NULL until it is there */
};

/* What the loop learns between two writes; the next one takes it along. */
struct run_news {
	struct facts_phase phases[FACTS_PHASES_MAX];
	size_t phase_count;
	char digests[TASK_CONTAINERS_MAX][IMAGE_DIGEST_SIZE]; /* "": none */
	int64_t pull_stopped_ms, connectivity_ms, boot_wall_us;
};

/* Of the end of a machine's process; 0: nothing. */
struct machine_note {
	int64_t ended_ns;
	int64_t lived_ns; /* somebody was there then who had seen no end */
};

/* One unfinished task. */
struct run {
	struct run *next; /* in its bucket */
	struct flow *flow;
	char id[TASK_ID_SIZE];

	struct arena *arena; /* owns task, spec */
	struct task task;    /* as it was when found; what changes is in facts */
	json_t *spec_json;
	struct task_spec spec;
	struct output output;
	struct facts_task facts; /* as durable, and what a failed write left to do */
	struct run_news news;
	struct report *batch; /* taken from the session and not yet durable */
	struct reconcile_view view;
	struct facts_cause cause; /* meant if view.failed */
	uint64_t taken;		  /* the agent's last report when the task was found */
	bool unsurveyed;	  /* whether it has a machine must be found out first */

	struct network_lease lease;
	struct machine_life life; /* of its machine; of the last one until the next is made */
	struct loop_fd *end_watch;
	int end_fd;	   /* becomes readable when its machine's process ends; -1: none */
	bool gone_written; /* the meter knows that it is gone */
	uid_t uid;	   /* of its machine; 0: none held */
	char blank_tap[NETWORK_TAP_SIZE]; /* it waited in the pool and has this tap yet; "" */
	bool asked;			  /* for a sign of life, after a wait */
	bool restored;			  /* its machine began from a template */
	bool has_slot;	  /* the first image has a disk that is there from the start ... */
	bool slot_filled; /* ... and the image is behind it */
	bool guest_limits_cpu;
	unsigned boots;	   /* machines that came to nothing */
	int64_t launch_ns; /* when it was admitted */

	struct task_secrets *secrets; /* from READ_SECRETS until the agent has the task ... */
	struct arena *event_arena;    /* ... as is this, which owns the event */
	struct task_payload *event;   /* NULL: it was launched for none */
	struct run_image images[TASK_CONTAINERS_MAX];
	size_t image_count;
	size_t image_of[TASK_CONTAINERS_MAX]; /* container -> image */
	size_t pulls;			      /* under way */
	int64_t pull_stopped_ms;	      /* 0: not yet */
	volatile int cancel;

	struct session *session;
	bool adopted;	     /* its machine was started by an earlier life of this program */
	uint64_t told_after; /* reports that came before TASK was sent */
	bool lost;	     /* machine or agent is gone; judged when the last report is written */
	struct err loss;
	bool driving; /* in run_drive() */

	unsigned jobs; /* under way, of any kind */
	int64_t pause_ms;
	struct loop_timer *rest;  /* a failed step is tried again */
	struct loop_timer *limit; /* admission, TASK, a sign of life, or stopping takes too long */
	struct loop_timer *grace; /* the channel's last bytes after a machine's end */
	struct run *queue_next;	  /* waiting for admission */
	bool aside;		  /* in flow->aside */
	int64_t held_memory_bytes;
	bool launching;	  /* counts against the limit of launches */
	bool interrupted; /* of FARGATE_SPOT, and it shall make room */
};

struct run_queue {
	struct run *first, *last; /* NULL: it is empty */
};

struct flow {
	struct flow_options options;
	struct jobs *sql;  /* one thread: order is what makes it right */
	struct jobs *work; /* machines, networks, disks */
	struct jobs *pulls;
	struct jobs *folders; /* of the operator: who waits for one that is away, waits here */
	struct user_pool *users;
	struct run *buckets[FLOW_BUCKETS];
	size_t run_count;
	bool closing, gave_up;

	struct pool *pool; /* NULL: none */
	struct watch *watch;
	struct exec_door *exec_door; /* NULL: none */
	bool complete;		     /* the last look could read every unfinished task */
	bool surveying, host_lost;
	struct loop_timer *survey_timer;

	struct run_queue queue; /* waiting for admission, oldest first */
	struct run_queue aside; /* who waited too long for that, and may wait on */
	int64_t memory_bytes;
	unsigned launches;

	struct loop_timer *checkpoint_timer; /* NULL: no meter runs */
	bool checkpointing, checkpoint_failed, sampling;
	unsigned checkpoints;
	int64_t checkpoint_ns, metered_ns;
	struct loop_timer *roles_timer, *forget_timer;
	struct budget_watch *budget_watch; /* NULL: budgets are not watched */
	struct doorbell *event_bell;	   /* of the gateway's events; NULL: there is none */
	struct forget *forget;		   /* NULL: stopped tasks are kept for ever */

	unsigned starting; /* START and adoption jobs under way */
	bool sweeping, sweep_wanted, trimming, tidying;
	struct loop_timer *sweep_timer;
};

/* flow.c */
struct run *flow_find(struct flow *flow, const char *id);
/* Go through all runs; @fn may not remove any but the one that it is given. */
void flow_each(struct flow *flow, void (*fn)(struct run *run, void *ctx), void *ctx);
void flow_drive_all(struct flow *flow);
/* On any thread, after a commit: wake who makes events, if the commit has left some to make. */
void flow_tell_events(const struct flow *flow);
/* End the program with a failure: the next start begins from what is stored. */
void flow_give_up(struct flow *flow);
void flow_add(struct flow *flow, struct run *run);
void flow_remove(struct flow *flow, struct run *run); /* and free it */

/* run.c */
/* Takes @arena, which owns @task, on success and failure. A task that breaks the
 * rules becomes a run that fails with the reason. @taken: the last report that is durable. @life:
 * of its machine, as it was written last. */
struct run *run_new(struct flow *flow, struct arena *arena, const struct task *task, uint64_t taken,
		    const struct machine_life *life);
void run_free(struct run *run);
/* Of its machine. */
struct machine_size run_size(const struct run *run);
/* Take the steps that are due, until there are none. May free the run. */
void run_drive(struct run *run);
/* The task shall end; the first cause counts. */
void run_fail(struct run *run, const char *stop_code, int container, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Try again after a pause that grows. */
void run_rest(struct run *run, const char *step, const struct err *err);
void run_rested(struct run *run); /* a step succeeded: the next pause is short */
void run_phase(struct run *run, const char *name, int64_t wall_us);
void run_set_limit(struct run *run, int64_t delay_ms, loop_fn *fn);
/* The machine or its agent is of no more use; judged when all it said is written. */
void run_lose(struct run *run, const struct err *err);
/* Fill the lease from the facts (address) and the task (groups, ports). */
int run_fill_lease(struct run *run, struct err *err) MUST_CHECK;
extern const struct session_events run_session_events;
/* Its machine has waited: go on with it only if its agent answers now. */
void run_ask_for_life(struct run *run);
/* Job bookkeeping: -1 (and the run rests) if it could not be queued. */
int run_submit(struct run *run, struct jobs *jobs, jobs_work_fn *work, loop_fn *done, void *ctx,
	       const char *step);
/* The job has ended; false: the flow is closing and nothing more may be done. */
bool run_job_done(struct run *run);

/* launch_secrets.c */
void launch_read_secrets(struct run *run);
/* The agent has them, or nobody will: wipe them. */
void launch_forget_secrets(struct run *run);

/* launch.c */
void launch_pull(struct run *run);
void launch_start(struct run *run);
void launch_plug(struct run *run);
void launch_tell(struct run *run);
void launch_limit(struct run *run);

/* teardown.c */
void teardown_destroy(struct run *run);

/* adopt.c */
/* Find out which runs of earlier lives still have a machine, and go on with them. */
void adopt_survey(struct flow *flow);
void adopt_free(struct flow *flow);

/* writer.c */
void writer_write(struct run *run, enum reconcile_step step);
void writer_rename(struct run *run);
void writer_wait(struct run *run); /* note that it waits for room */
/* Write what the agent reported, if nothing else is being written. */
void writer_pump(struct run *run);

/* admission.c */
void admission_ask(struct run *run);
void admission_leave(struct run *run);	  /* out of the queue, if it is there */
void admission_launched(struct run *run); /* no longer launching */
void admission_release(struct run *run);  /* memory and all */
void admission_take(struct run *run);	  /* an adopted one holds memory, whatever the limit */
void admission_poll(struct flow *flow);	  /* something became free */

/* spot.c */
/* Interrupt tasks of FARGATE_SPOT, if that makes room for @waiting, which needs so much. */
void spot_make_room(struct run *waiting, int64_t need_bytes);

/* watch.c */
int watch_new(struct flow *flow, struct watch **ret_watch, struct err *err) MUST_CHECK;
void watch_free(struct watch *watch);

/* checkpoint.c */
void checkpoint_soon(struct flow *flow); /* a meter runs */
void checkpoint_free(struct flow *flow);

/* sample.c */
void sample_begin(struct flow *flow);

/* machine_watch.c */
/* The run's machine has started, or was taken from the pool (where it had @waited_tap; else
 * NULL). @process: pid 0 if it is not known. */
void machine_watch_take(struct run *run, struct process_id process, const char *waited_tap);
/* It runs, and an earlier life of this program had taken it: run->life says so. */
void machine_watch_resume(struct run *run);
/* It is gone; the first word counts. */
void machine_watch_ended(struct run *run, int64_t boot_ns);
/* It ended while this program was away. */
void machine_watch_missed(struct run *run, const struct machine_note *note);
/* If it has ended and the loop has not said so yet, that is known from now on. */
void machine_watch_look(struct run *run);
void machine_watch_stop(struct run *run);
/* Its machine is gone, and it will get no other: it holds nothing more. */
bool machine_watch_is_gone(const struct run *run);
/* From any thread: what the supervisor has noted. */
struct machine_note machine_watch_noted(const struct flow_options *options,
					struct process_id process);

/* budget_watch.c */
int budget_watch_begin(struct flow *flow, struct err *err) MUST_CHECK;
void budget_watch_free(struct flow *flow);

/* forget.c */
void forget_begin(struct flow *flow);
void forget_end(struct flow *flow);  /* no further batch */
void forget_free(struct flow *flow); /* after the jobs */

/* task_role.c */
void task_roles_begin(struct flow *flow);
void task_roles_free(struct flow *flow);

/* tidy.c */
void tidy_soon(struct flow *flow); /* bring the image cache back to its limit */

/* sweep.c */
void sweep_soon(struct flow *flow); /* when no machine is being started */
void sweep_poll(struct flow *flow); /* one start less is under way */
void sweep_free(struct flow *flow);

#endif
