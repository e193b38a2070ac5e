/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is made on the loop's thread, the file (which is synced) is written by a
 * thread of its own: a slow disk must not hold up tasks, and must show as an old file.
 */
#include "provisioner/status.h"

#include <jansson.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/jobs.h"
#include "core/log.h"
#include "provisioner/launch_times.h"
#include "provisioner/reserve.h"

struct status {
	struct status_options options;
	char *path, *metrics, *reserve, *accel, *why, *network;
	struct jobs *jobs;
	struct loop_timer *timer;
	char *counted; /* the text of the metrics that was written last; NULL: none */
	bool writing, reserve_failed;
};

struct writing {
	struct status *status;
	char *text;
	char *counted; /* NULL: as it was */
	bool ran, gave_reserve;
	int result, counted_result;
	struct err err, counted_err, reserve_err;
};

char *status_text(const struct status_options *options, const struct flow_counts *counts)
{
	char now[CLOCK_ISO_SIZE];
	AUTO(json_decrefp)
	json_t *json = json_pack(
		"{s:i, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"pid", (int)getpid(), "version", SLIPWAY_VERSION, "time",
		clock_iso(clock_wall_ms(), now), "timeMs", (json_int_t)clock_wall_ms(), "accel",
		options->accel, "why", options->why, "network", options->network, "hypervisor",
		counts->host_lost ? "lost" : "up", "tasks", (json_int_t)counts->tasks, "running",
		(json_int_t)counts->running, "machines", (json_int_t)counts->machines, "pool",
		(json_int_t)counts->pool, "waiting", (json_int_t)counts->waiting, "memoryBytes",
		(json_int_t)counts->memory_bytes, "memoryLimitBytes",
		(json_int_t)options->memory_limit_bytes);

	return json ? json_dumps(json, JSON_INDENT(1)) : NULL;
}

static void do_write(void *ctx, unsigned worker)
{
	struct writing *writing = ctx;

	const struct status *status = writing->status;
	size_t len = strlen(writing->text);
	bool full;

	(void)worker; /* there is one */
	writing->ran = true;
	if (writing->counted)
		writing->counted_result =
			file_write(status->metrics, writing->counted, strlen(writing->counted),
				   0644, &writing->counted_err);
	writing->result = file_write(status->path, writing->text, len, 0644, &writing->err);
	full = writing->result < 0 && writing->err.code == ERR_NO_SPACE;
	if (reserve_tend(status->reserve, full, &writing->gave_reserve, &writing->reserve_err) <
		    0 ||
	    !writing->gave_reserve)
		return;
	err_clear(&writing->err);
	writing->result = file_write(status->path, writing->text, len, 0644, &writing->err);
}

/* The metrics are on the disk; if they are not, the next turn writes them. */
static void take_counted(struct writing *writing)
{
	if (!writing->counted)
		return;
	if (!writing->ran || writing->counted_result < 0) {
		if (writing->ran)
			log_warn("metrics file: %s", writing->counted_err.text);
		free(writing->counted);
		return;
	}
	free(writing->status->counted);
	writing->status->counted = writing->counted;
}

static void written(void *ctx)
{
	AUTO(freep) struct writing *writing = ctx;

	writing->status->writing = false;
	take_counted(writing);
	if (writing->ran && writing->result < 0)
		log_warn("status file: %s", writing->err.text);
	if (writing->gave_reserve)
		log_error("the disk of %s is full: gave up %s, so that tasks can still be stopped",
			  writing->status->path, writing->status->reserve);
	if (writing->reserve_err.code != ERR_NONE && !writing->status->reserve_failed)
		log_warn("no room is kept for a full disk: %s", writing->reserve_err.text);
	writing->status->reserve_failed = writing->reserve_err.code != ERR_NONE;
	free(writing->text);
}

/* What is counted, if it has changed since it was written; the caller frees it. */
static char *new_counts(const struct status *status, const struct flow_counts *counts)
{
	AUTO(buf_done) struct buf text;
	struct err err = ERR_INIT;

	buf_init(&text, LAUNCH_TIMES_TEXT_MAX);
	if (buf_printf(&text, &err,
		       "# HELP slipway_metered_seconds_total Seconds that tasks held, all "
		       "together.\n"
		       "# TYPE slipway_metered_seconds_total counter\n"
		       "slipway_metered_seconds_total %lld\n",
		       (long long)counts->metered_seconds) < 0 ||
	    launch_times_print(&text, &err) < 0) {
		log_warn("metrics file: %s", err.text);
		return NULL;
	}
	if (status->counted && strcmp(status->counted, buf_text(&text)) == 0)
		return NULL;
	return xstrdup(buf_text(&text));
}

static void on_timer(void *ctx)
{
	struct status *status = ctx;
	struct flow_counts counts;
	struct writing *writing;
	struct err err = ERR_INIT;

	status->timer =
		loop_timer_add(status->options.loop, status->options.every_ms, on_timer, status);
	if (status->writing)
		return;
	flow_count(status->options.flow, &counts);
	writing = xcalloc(1, sizeof(*writing));
	writing->status = status;
	writing->text = status_text(&status->options, &counts);
	writing->counted = new_counts(status, &counts);
	status->writing = true;
	if (!writing->text || jobs_submit(status->jobs, do_write, written, writing, &err) < 0)
		written(writing); /* the next one says it */
}

int status_begin(const struct status_options *options, struct status **ret_status, struct err *err)
{
	struct status *status = xcalloc(1, sizeof(*status));

	status->options = *options;
	status->options.path = status->path = xstrdup(options->path);
	status->options.metrics = status->metrics = xstrdup(options->metrics);
	status->reserve = xasprintf("%s.reserve", options->path);
	status->options.accel = status->accel = xstrdup(options->accel);
	status->options.why = status->why = xstrdup(options->why);
	status->options.network = status->network = xstrdup(options->network);
	if (jobs_new(options->loop, 1, 1, &status->jobs, err) < 0) {
		status_end(status);
		return -1;
	}
	status->timer = loop_timer_add(options->loop, 0, on_timer, status);
	*ret_status = status;
	return 0;
}

void status_end(struct status *status)
{
	if (!status)
		return;
	loop_timer_cancel(status->timer);
	jobs_free(status->jobs);
	free(status->path);
	free(status->metrics);
	free(status->counted);
	free(status->reserve);
	free(status->accel);
	free(status->why);
	free(status->network);
	free(status);
}
