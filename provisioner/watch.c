/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding what is wanted. A datagram on the doorbell means "look at the store" and
 * nothing more; a timer looks as well, so a lost ring costs poll_ms. A look first
 * asks for the store's mark of change and reads on only if it has moved.
 *
 * One look is under way at a time. It finds tasks that have no run yet, and wishes to
 * stop those that have one.
 */
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/local_socket.h"
#include "core/log.h"
#include "provisioner/flow_private.h"

#define IDS_ARENA (8u * 1024 * 1024) /* ids of unfinished tasks: far beyond one machine */

struct watch {
	struct flow *flow;
	int fd;
	struct loop_fd *doorbell;
	struct loop_timer *timer;
	bool looking, again;
	int64_t mark; /* of the store at the last whole look; -1: none yet */
};

/* A run as the look sees it. */
struct known {
	char id[TASK_ID_SIZE];
	bool want_stopped;
	bool now_wanted;
};

/* A task that has no run yet. */
struct found {
	struct found *next;
	struct arena *arena;
	struct task task;
	uint64_t taken;
	struct machine_life life;
};

struct look {
	struct watch *watch;
	int64_t mark;
	bool unchanged, ran, incomplete;
	struct known *known; /* sorted by id */
	size_t known_count;
	struct found *found, **found_last;
	int result;
	struct err err;
};

/* --- on the store's thread --- */

static int compare_known(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->id, ((const struct known *)b)->id);
}

/* The last report is the greater of the two: each database is written alone. */
static int find_taken(const struct flow_options *options, const struct task *task,
		      uint64_t *ret_taken, struct err *err)
{
	int64_t lines;

	if (log_agent_seq(options->logs, task->id, &lines, err) < 0)
		return -1;
	*ret_taken = (uint64_t)(lines > task->agent_seq ? lines : task->agent_seq);
	return 0;
}

/* What is known of its machine, if that was started in this boot of the host. */
static int find_life(struct db *db, const struct task *task, struct arena *arena,
		     struct machine_life *ret_life, struct err *err)
{
	struct machine_account *accounts;
	size_t count;

	if (!task->machine || !task->machine[0])
		return 0;
	if (machine_account_list(db, task->id, arena, &accounts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(accounts[i].machine, task->machine) == 0 &&
		    strcmp(accounts[i].boot_id, clock_boot_id()) == 0)
			machine_life_resume(ret_life, &accounts[i]);
	}
	return 0;
}

static int load(struct look *look, const char *id, struct err *err)
{
	const struct flow_options *options = &look->watch->flow->options;
	AUTO(freep) struct found *found = xcalloc(1, sizeof(*found));
	AUTO(arena_freep) struct arena *arena = arena_new(FLOW_TASK_ARENA);

	if (task_find(options->state, NULL, NULL, id, arena, &found->task, err) < 0 ||
	    find_taken(options, &found->task, &found->taken, err) < 0 ||
	    find_life(options->state, &found->task, arena, &found->life, err) < 0)
		return -1;
	found->arena = STEAL(arena, NULL);
	*look->found_last = found;
	look->found_last = &found->next;
	found = NULL; /* the list has it */
	return 0;
}

static int look_at_known(struct look *look, struct known *known, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(FLOW_TASK_ARENA);
	struct task task;

	if (known->want_stopped)
		return 0;
	if (task_find(look->watch->flow->options.state, NULL, NULL, known->id, arena, &task, err) <
	    0)
		return -1;
	known->now_wanted = task.want_stopped;
	return 0;
}

static int look_at_all(struct look *look, struct err *err)
{
	struct db *db = look->watch->flow->options.state;
	AUTO(arena_freep) struct arena *arena = arena_new(IDS_ARENA);
	int64_t mark;
	const char **ids;
	size_t count;

	if (task_change_mark(db, &mark, err) < 0)
		return -1;
	look->unchanged = mark == look->mark;
	look->mark = mark;
	if (look->unchanged)
		return 0;
	if (task_unfinished(db, arena, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct known key = {.want_stopped = false};
		struct known *known;
		struct err inner = ERR_INIT;
		int result;

		(void)strncat(key.id, ids[i], TASK_ID_SIZE - 1);
		known = look->known_count ? bsearch(&key, look->known, look->known_count,
						    sizeof(key), compare_known)
					  : NULL;
		result = known ? look_at_known(look, known, &inner) : load(look, ids[i], &inner);
		if (result < 0) { /* one damaged row must not hide the others */
			look->incomplete = true;
			*err = inner;
		}
	}
	return 0;
}

static void do_look(void *ctx, unsigned worker)
{
	struct look *look = ctx;

	(void)worker; /* there is one */
	look->ran = true;
	look->result = look_at_all(look, &look->err);
}

/* --- on the loop's thread --- */

static void look_free(struct look *look)
{
	while (look->found) {
		struct found *next = look->found->next;

		arena_free(look->found->arena);
		free(look->found);
		look->found = next;
	}
	free(look->known);
	free(look);
}

static void take_found(struct flow *flow, struct look *look)
{
	for (struct found *found = look->found; found; found = found->next) {
		struct run *run;

		if (flow_find(flow, found->task.id))
			continue;
		run = run_new(flow, STEAL(found->arena, NULL), &found->task, found->taken,
			      &found->life);
		flow_add(flow, run);
		log_info("task=%s found, %s", run->id, task_state_name(run->view.state));
		run_drive(run);
	}
}

static void take_wishes(struct flow *flow, const struct look *look)
{
	for (size_t i = 0; i < look->known_count; i++) {
		struct run *run =
			look->known[i].now_wanted ? flow_find(flow, look->known[i].id) : NULL;

		if (!run || run->view.want_stopped)
			continue;
		log_info("task=%s is wanted stopped", run->id);
		run->view.want_stopped = true;
		admission_leave(run);
		run_drive(run);
	}
}

static void look(struct watch *watch);

static void looked(void *ctx)
{
	struct look *done = ctx;
	struct watch *watch = done->watch;
	struct flow *flow = watch->flow;
	bool first = watch->mark < 0;

	watch->looking = false;
	if (flow->closing || !done->ran) {
		look_free(done);
		return;
	}
	if (done->result < 0 || done->incomplete)
		log_error("looking at the store: %s", done->err.text);
	if (done->result == 0 && !done->unchanged)
		flow->complete = !done->incomplete;
	if (done->result == 0) {
		watch->mark = done->incomplete ? -1 : done->mark;
		take_found(flow, done);
		take_wishes(flow, done);
		adopt_survey(flow);
		if (first)
			sweep_soon(flow);
	}
	look_free(done);
	if (watch->again)
		look(watch);
}

static void add_known(struct run *run, void *ctx)
{
	struct look *filled = ctx;
	struct known *known = &filled->known[filled->known_count++];

	snprintf(known->id, sizeof(known->id), "%s", run->id);
	known->want_stopped = run->view.want_stopped;
}

static void look(struct watch *watch)
{
	struct flow *flow = watch->flow;
	struct look *begun;
	struct err err = ERR_INIT;

	watch->again = watch->looking;
	if (watch->looking)
		return;
	begun = xcalloc(1, sizeof(*begun));
	begun->watch = watch;
	begun->mark = watch->mark;
	begun->known = xcalloc(flow->run_count + 1, sizeof(*begun->known));
	begun->found_last = &begun->found;
	flow_each(flow, add_known, begun);
	qsort(begun->known, begun->known_count, sizeof(*begun->known), compare_known);
	if (jobs_submit(flow->sql, do_look, looked, begun, &err) < 0)
		look_free(begun); /* the timer comes again */
	else
		watch->looking = true;
}

static void on_timer(void *ctx)
{
	struct watch *watch = ctx;

	watch->timer = loop_timer_add(watch->flow->options.loop, watch->flow->options.poll_ms,
				      on_timer, watch);
	look(watch);
}

static void on_ring(void *ctx, unsigned events)
{
	struct watch *watch = ctx;
	char byte;

	(void)events; /* only ever readable */
	while (recv(watch->fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		; /* many rings are one */
	look(watch);
}

int watch_new(struct flow *flow, struct watch **ret_watch, struct err *err)
{
	struct watch *watch = xcalloc(1, sizeof(*watch));

	watch->flow = flow;
	watch->mark = -1;
	watch->fd = -1;
	/* Whoever may enter the folder may ring: it carries no authority. */
	if (local_socket_bind(flow->options.doorbell, SOCK_DGRAM, "the doorbell", &watch->fd, err) <
		    0 ||
	    loop_fd_add(flow->options.loop, watch->fd, LOOP_READ, on_ring, watch, &watch->doorbell,
			err) < 0) {
		watch_free(watch);
		return -1;
	}
	watch->timer = loop_timer_add(flow->options.loop, 0, on_timer, watch);
	*ret_watch = watch;
	return 0;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	loop_fd_remove(watch->doorbell);
	loop_timer_cancel(watch->timer);
	fd_closep(&watch->fd);
	free(watch);
}
