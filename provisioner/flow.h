/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow of all tasks: finds what is wanted, keeps one run for each unfinished
 * task, and takes the steps that reconcile.h gives for it. It lives on the loop's
 * thread; everything that blocks is a job.
 *
 * Starting is recovery: the first look at the store finds the tasks of earlier
 * lives, a list of machines says what is left of them, and the same rules go on from there.
 */
#ifndef SLIPWAY_PROVISIONER_FLOW_H
#define SLIPWAY_PROVISIONER_FLOW_H

#include "billing/price.h"
#include "core/loop.h"
#include "core/seal.h"
#include "provisioner/image_store.h"
#include "provisioner/machine.h"
#include "provisioner/network.h"
#include "provisioner/session.h"
#include "provisioner/share.h"
#include "provisioner/storage.h"
#include "store/db.h"
#include "store/extensions.h"
#include "store/role_session.h"

struct flow_options {
	/* Borrowed until flow_free(). */
	struct loop *loop;
	struct db *state, *logs;	 /* used on the flow's own thread for them only */
	struct db *budget_state;	 /* the state once more, on a thread for budgets only */
	const struct price_list *prices; /* NULL: budgets are not watched */
	struct machine_host *host;
	struct network *network;
	struct storage *storage;
	struct image_source images;
	const char *kernel, *initrd, *kernel_words;
	/* What lies in the place of an image until a machine has a task; NULL: images' disks are
	 * plugged in, and there is neither pool nor template. */
	const char *blank_image;
	const char *template_dir; /* of templates; NULL: none are made */
	unsigned pool_machines;	  /* that wait for tasks */
	int64_t pool_quiet_ms;	  /* without a launch, before one is made */
	const char *console_dir;  /* guests' consoles go there; NULL: nowhere */
	const char *region;
	const struct seal_key *secret_key; /* of stored secrets; NULL: there is none */
	const struct conf_map *roles;	   /* of tasks, by name; NULL: none */
	const struct conf_map *buckets;	   /* folders of env files; NULL: none */
	struct share_options shares;	   /* folders of EFS volumes */
	struct role_seed role_seed;	   /* of their keys */
	const char *doorbell;		   /* path of the socket to make */
	const char *event_bell;		   /* path of the gateway's socket for events; NULL */
	const char *process_ends;	   /* of core/process_end.h; NULL: nobody notes them */
	const char *exec_socket; /* the same, for commands in containers; NULL: there are none */
	struct extensions extensions;
	const char *refusal; /* why no task can be launched here; NULL: they can */

	struct session_options session;
	uid_t uid_first; /* 0: machines run as libvirt decides */
	unsigned uid_count;
	int64_t memory_limit_bytes, machine_overhead_bytes;
	unsigned launch_limit, pull_limit;
	int64_t admission_ms, stop_grace_ms, poll_ms, sweep_ms;
	int64_t logs_limit_bytes;
	int64_t retention_ms;		       /* of stopped tasks; 0: for ever */
	int64_t exec_idle_ms;		       /* a command without input and output is ended */
	int64_t pause_first_ms, pause_most_ms; /* before a failed step is tried again */
};

struct flow;

/* Nothing happens before the loop runs. */
int flow_new(const struct flow_options *options, struct flow **ret_flow, struct err *err)
	MUST_CHECK;
/* Take the machines away that wait for tasks. Before flow_free(), where nothing comes after. */
void flow_end_pool(struct flow *flow);
/* Machines go on. Waits for the jobs that run. */
void flow_free(struct flow *flow);

/* To be given to machine_host_open(); the context is the flow's place (struct flow **),
 * since the host is opened before the flow is made. */
void flow_machine_ended(void *flow_place, const char *name);
void flow_host_lost(void *flow_place, bool lost);

/* The loop was stopped because the store is not as it was left: the program must
 * end with a failure and be started again. */
bool flow_gave_up(const struct flow *flow);

struct flow_counts {
	size_t tasks, running, machines, waiting; /* of them waiting for memory */
	size_t pool;				  /* machines that wait for a task */
	int64_t memory_bytes;			  /* held by machines */
	int64_t metered_seconds; /* of all tasks together, since this program began */
	bool host_lost;
};
void flow_count(struct flow *flow, struct flow_counts *ret_counts);

#endif
