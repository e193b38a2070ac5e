/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each destination has a lane (lane.h), so that one that is slow or closed delays nobody else's.
 * Lanes take turns for the places that all share. An answer that says when to come again holds its
 * whole lane, so a server that has too much gets nothing more until then.
 *
 * What has ended is written together, once a turn. Until that is committed a delivery stays among
 * those under way, so it is not taken twice; if the store fails it is tried again later.
 *
 * A turn looks at the queue and then waits: for an answer, for a ring (dispatch_wake()), or until
 * the next delivery is due. A ring may be lost and the clock of the wall be set, so no wait is
 * longer than LOOK_MS.
 */
#include "relay/dispatch_private.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"

#define JOBS_MAX      128 /* at once, of all destinations; an event of 2 MiB takes some 6 MiB */
#define LANES_A_TURN  64  /* destinations that a turn looks at */
#define LOOK_MS	      5000
#define AGAIN_MS      20 /* until a delivery is looked at again that waits for a token */
#define AFTER_FAIL_MS 1000
#define WAITING_MS    5000 /* between looks at connections that wait for a token */
#define WAITING_MAX   16
#define ROOM_MAX      (1u << 20)

struct dispatch {
	const struct dispatch_options *options;
	struct db *db;
	struct webhook *webhook;
	struct tokens *tokens;
	struct lanes lanes;
	struct job *jobs;
	size_t job_count;
	int64_t after;	    /* the destination that was looked at last; 0: at all of them */
	int64_t wait_ms;    /* until there will be something to do, as far as was looked */
	int64_t waiting_ms; /* boot time of the last look */
	atomic_bool rung, stopped;
	bool started;
	pthread_t thread;
};

/* --- lanes --- */

/* There will be something to do in @ms. */
static void note_wait(struct dispatch *dispatch, int64_t ms)
{
	if (ms < dispatch->wait_ms)
		dispatch->wait_ms = ms > 0 ? ms : 0;
}

/* As its destination is now; one that is gone has no limits: its deliveries only have to end. */
static int fill_lane(struct dispatch *dispatch, struct lane *lane, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROOM_MAX);
	struct event_api_destination destination = {.rate = JOBS_MAX * 1000, .modified_ms = -1};

	if (event_api_destination_by_number(dispatch->db, lane->destination, arena, &destination,
					    err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
	}
	lane_fill(lane, destination.rate, destination.modified_ms, now_ms);
	return 0;
}

/* --- jobs --- */

static bool is_under_way(const struct dispatch *dispatch, int64_t number)
{
	for (const struct job *job = dispatch->jobs; job; job = job->next) {
		if (job->number == number)
			return true;
	}
	return false;
}

static void on_done(void *ctx, const struct webhook_answer *answer)
{
	struct job *job = ctx;
	enum webhook_verdict verdict = webhook_judge(answer);
	char why[JOB_WHY_MAX];

	job->retry_after_ms = answer->retry_after_ms;
	if (verdict == WEBHOOK_AGAIN && answer->retry_after_ms > 0)
		lane_hold(lanes_find(&job->dispatch->lanes, job->destination),
			  answer->retry_after_ms, clock_boot_ms());
	if (answer->status == 0)
		(void)snprintf(why, sizeof(why), "%s", answer->error);
	else
		(void)snprintf(why, sizeof(why), "the endpoint answers HTTP %d", answer->status);
	if (verdict == WEBHOOK_ARRIVED)
		job_conclude(job, JOB_ARRIVED, "", "");
	else if ((answer->status == 401 || answer->status == 407) && job->has_token &&
		 tokens_refused(job->dispatch->tokens, job->connection.number, clock_boot_ms()))
		job_conclude(job, JOB_AGAIN, "", "");
	else
		job_conclude(job, verdict == WEBHOOK_AGAIN ? JOB_FAILED : JOB_DEAD,
			     answer->status == 0 ? "ConnectionFailure" : "HttpStatus", why);
}

static void start_job(struct dispatch *dispatch, struct lane *lane, int64_t number, int64_t now_ms)
{
	const struct job_place place = {dispatch->options, dispatch->db, dispatch->tokens, now_ms};
	struct job *job = job_new(dispatch, number, lane->destination);
	struct err err = ERR_INIT;

	job->next = dispatch->jobs;
	dispatch->jobs = job;
	dispatch->job_count++;
	lane->jobs++;
	job_prepare(&place, job);
	if (job->end != JOB_OPEN) {
		note_wait(dispatch, job->end == JOB_AGAIN ? AGAIN_MS : 0);
		return;
	}
	lane->tokens -= 1;
	if (webhook_send(dispatch->webhook, &job->request, on_done, job, &err) < 0)
		job_conclude(job, JOB_FAILED, "InternalException", err.text);
}

/* Of those that are due, as many as may be sent now. */
static int send_due(struct dispatch *dispatch, struct lane *lane, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROOM_MAX);
	struct event_delivery *due;
	size_t count;

	if (event_away_due(dispatch->db, lane->destination, clock_wall_ms(), LANE_JOBS_MAX * 2,
			   arena, &due, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && dispatch->job_count < JOBS_MAX; i++) {
		int64_t wait_ms = lane_wait_ms(lane, now_ms);

		if (is_under_way(dispatch, due[i].number))
			continue;
		if (wait_ms != 0) {
			if (wait_ms > 0)
				note_wait(dispatch, wait_ms);
			return 0;
		}
		start_job(dispatch, lane, due[i].number, now_ms);
	}
	return 0;
}

static int serve_lane(struct dispatch *dispatch, int64_t destination, int64_t now_ms,
		      struct err *err)
{
	struct lane *lane = lanes_obtain(&dispatch->lanes, destination, now_ms);
	int64_t wall_ms = clock_wall_ms();
	int64_t next_ms;

	/* What is due later may stand behind what is under way. */
	if (fill_lane(dispatch, lane, now_ms, err) < 0 ||
	    send_due(dispatch, lane, now_ms, err) < 0 ||
	    event_away_next(dispatch->db, destination, wall_ms, &next_ms, err) < 0)
		return -1;
	if (next_ms > 0)
		note_wait(dispatch, next_ms - wall_ms);
	return 0;
}

static int look(struct dispatch *dispatch, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROOM_MAX);
	int64_t now_ms = clock_boot_ms();
	int64_t wall_ms = clock_wall_ms();
	struct event_away *list;
	size_t count;

	if (dispatch->after == 0)
		dispatch->wait_ms = LOOK_MS;
	if (event_away_list(dispatch->db, dispatch->after, LANES_A_TURN, arena, &list, &count,
			    err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (list[i].next_ms > wall_ms)
			note_wait(dispatch, list[i].next_ms - wall_ms);
		else if (serve_lane(dispatch, list[i].destination, now_ms, err) < 0)
			return -1;
		dispatch->after = list[i].destination;
	}
	if (count < LANES_A_TURN) {
		dispatch->after = 0;
		lanes_drop(&dispatch->lanes, now_ms);
	}
	return 0;
}

/* --- ends --- */

static int write_ends(struct dispatch *dispatch, struct err *err)
{
	int64_t now_ms = clock_wall_ms();
	bool any = false;

	for (const struct job *job = dispatch->jobs; job; job = job->next)
		any |= job->end != JOB_OPEN && job->end != JOB_AGAIN;
	if (!any)
		return 0;
	if (db_begin(dispatch->db, err) < 0)
		return -1;
	for (const struct job *job = dispatch->jobs; job; job = job->next) {
		if (job_write(dispatch->db, job, now_ms, err) < 0) {
			db_rollback(dispatch->db);
			return -1;
		}
	}
	return db_commit(dispatch->db, err);
}

static void drop_ended(struct dispatch *dispatch)
{
	for (struct job **at = &dispatch->jobs; *at;) {
		struct job *job = *at;

		if (job->end == JOB_OPEN) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		dispatch->job_count--;
		lanes_find(&dispatch->lanes, job->destination)->jobs--;
		job_free(job);
	}
}

/* --- connections without a delivery --- */

static void authorize(struct dispatch *dispatch, const struct event_connection *waiting,
		      int64_t now_ms)
{
	AUTO(arena_freep) struct arena *arena = arena_new_secret(ROOM_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	struct event_connection found;
	struct connection connection;
	struct err err = ERR_INIT;
	const char *ignored;

	if (event_connection_by_number(dispatch->db, dispatch->options->key, waiting->number, arena,
				       &found, &err) < 0 ||
	    !found.parameters ||
	    shape_parse(found.parameters, strlen(found.parameters), &json, &err) < 0 ||
	    shape_fill(&connection_shape, json, arena, &connection, &err) < 0 ||
	    !connection.has_oauth) {
		log_warn("connection cannot be authorized account=%s name=%s error=%s",
			 waiting->account, waiting->name, err.text);
		return;
	}
	/* What comes of it is written into its row. */
	(void)tokens_get(dispatch->tokens, &found, &connection.oauth, now_ms, &ignored, &ignored);
}

static int look_at_waiting(struct dispatch *dispatch, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ROOM_MAX);
	int64_t now_ms = clock_boot_ms();
	struct event_connection *list;
	size_t count;

	if (!atomic_exchange(&dispatch->rung, false) && dispatch->waiting_ms > 0 &&
	    now_ms - dispatch->waiting_ms < WAITING_MS)
		return 0;
	dispatch->waiting_ms = now_ms;
	if (event_connections_waiting(dispatch->db, WAITING_MAX, arena, &list, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		authorize(dispatch, &list[i], now_ms);
	return 0;
}

/* --- the thread --- */

int dispatch_turn(struct dispatch *dispatch, struct err *err)
{
	if (look(dispatch, err) < 0 || look_at_waiting(dispatch, err) < 0 ||
	    webhook_wait(dispatch->webhook, dispatch->after == 0 ? (int)dispatch->wait_ms : 0,
			 err) < 0 ||
	    write_ends(dispatch, err) < 0)
		return -1;
	drop_ended(dispatch);
	return 0;
}

static void *run(void *ctx)
{
	struct dispatch *dispatch = ctx;

	while (!atomic_load(&dispatch->stopped)) {
		struct err err = ERR_INIT;
		int64_t began_ms = clock_boot_ms();

		if (dispatch_turn(dispatch, &err) < 0) {
			log_error("deliveries to API destinations wait: %s", err.text);
			clock_pause_ms(AFTER_FAIL_MS);
		} else if (clock_boot_ms() == began_ms) {
			clock_pause_ms(1); /* what ends at once must not keep the machine busy */
		}
	}
	return NULL;
}

void dispatch_wake(void *ctx)
{
	struct dispatch *dispatch = ctx;

	atomic_store(&dispatch->rung, true);
	webhook_wake(dispatch->webhook);
}

int dispatch_open(const struct dispatch_options *options, struct db *db,
		  struct dispatch **ret_dispatch, struct err *err)
{
	struct dispatch *dispatch = xcalloc(1, sizeof(*dispatch));

	dispatch->options = options;
	if (webhook_open(&options->webhook, &dispatch->webhook, err) < 0) {
		free(dispatch);
		return -1;
	}
	dispatch->db = db;
	dispatch->tokens = tokens_new(dispatch->webhook, db);
	*ret_dispatch = dispatch;
	return 0;
}

int dispatch_start(struct dispatch *dispatch, struct err *err)
{
	int rc = pthread_create(&dispatch->thread, NULL, run, dispatch);

	if (rc != 0)
		return err_sys(err, rc, "start the thread of API destinations");
	dispatch->started = true;
	return 0;
}

void dispatch_free(struct dispatch *dispatch)
{
	if (!dispatch)
		return;
	atomic_store(&dispatch->stopped, true);
	webhook_wake(dispatch->webhook);
	if (dispatch->started)
		(void)pthread_join(dispatch->thread, NULL);
	webhook_close(dispatch->webhook);
	tokens_free(dispatch->tokens);
	while (dispatch->jobs) {
		struct job *job = dispatch->jobs;

		dispatch->jobs = job->next;
		job_free(job);
	}
	lanes_done(&dispatch->lanes);
	db_free(dispatch->db);
	free(dispatch);
}
