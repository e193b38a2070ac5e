/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a bus: a lease in the store, renewed while we live, asks for the bus's last events
 * (store/event_tail.h). Each is a line of JSON on the standard output. Whoever ends us takes the
 * lease away; of one that was killed it ends by itself.
 */
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/events.h"
#include "core/clock.h"
#include "core/ident.h"
#include "events/pattern.h"
#include "store/event_rule.h"
#include "store/event_tail.h"

#define LOOK_MS	   100
#define LEASE_MS   10000
#define RENEW_MS   3000
#define PAGE	   64
#define PAGE_ARENA (16u << 20) /* more than is kept of a bus */

static volatile sig_atomic_t ended;

struct tail {
	struct db *db;
	struct event_watch watch;
	struct event_pattern *pattern; /* NULL: all */
	int64_t last, renewed_ms;
};

static void on_signal(int signo)
{
	(void)signo;
	ended = 1;
}

/* Without SA_RESTART: a pause ends at once. */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &action, NULL);
}

/* Where our lease had ended (we were stopped for a while), numbers have begun anew. */
static int renew(struct tail *tail, struct err *err)
{
	int64_t last;

	if (tail->renewed_ms > 0 && clock_boot_ms() - tail->renewed_ms < RENEW_MS)
		return 0;
	tail->renewed_ms = clock_boot_ms();
	if (event_tail_hold(tail->db, &tail->watch, clock_wall_ms() + LEASE_MS, err) < 0 ||
	    event_tail_last(tail->db, &tail->watch, &last, err) < 0)
		return -1;
	if (last < tail->last)
		tail->last = 0;
	return 0;
}

static int is_wanted(const struct tail *tail, const char *body, bool *ret_wanted, struct err *err)
{
	AUTO(json_decrefp) json_t *event = NULL;

	*ret_wanted = true;
	if (!tail->pattern)
		return 0;
	event = json_loads(body, JSON_DECODE_ANY, NULL);
	if (!event)
		return 0; /* what jansson cannot hold is shown */
	return event_pattern_match(tail->pattern, event, ret_wanted, err);
}

static int print_page(struct tail *tail, size_t *ret_count, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(PAGE_ARENA);
	struct event_recent *events;
	bool wanted;

	if (event_tail_read(tail->db, &tail->watch, tail->last, PAGE, arena, &events, ret_count,
			    err) < 0)
		return -1;
	for (size_t i = 0; i < *ret_count; i++) {
		if (events[i].number > tail->last + 1)
			fprintf(stderr, "slipway events: %" PRId64 " events came too fast\n",
				events[i].number - tail->last - 1);
		tail->last = events[i].number;
		if (is_wanted(tail, events[i].body, &wanted, err) < 0)
			return -1;
		if (wanted)
			printf("%s\n", events[i].body);
	}
	return 0;
}

static int follow(struct tail *tail, struct err *err)
{
	size_t count;

	if (event_tail_last(tail->db, &tail->watch, &tail->last, err) < 0)
		return -1;
	while (!ended) {
		if (renew(tail, err) < 0 || print_page(tail, &count, err) < 0)
			return -1;
		if (fflush(stdout) != 0)
			return err_set(err, ERR_SYSTEM, "nobody reads the output");
		if (count < PAGE)
			clock_pause_ms(LOOK_MS);
	}
	return 0;
}

int events_tail(struct db *db, const struct events_options *options, struct err *err)
{
	AUTO(event_pattern_freep) struct event_pattern *pattern = NULL;
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	AUTO(freep) char *account = NULL;
	struct err ignored = ERR_INIT;
	char watcher[IDENT_UUID_SIZE];
	struct event_bus bus;
	struct tail tail = {.db = db};
	int result;

	if (options->pattern &&
	    event_pattern_new(options->pattern, strlen(options->pattern), &pattern, err) < 0)
		return -1;
	if (events_account(db, options->account ? options->account : "default", &account, err) <
		    0 ||
	    event_bus_find(db, account, options->bus ? options->bus : EVENT_BUS_DEFAULT, arena,
			   &bus, err) < 0)
		return -1;
	ident_uuid(watcher);
	tail.watch = (struct event_watch){account, bus.name, watcher};
	tail.pattern = pattern;
	catch_signals();
	result = follow(&tail, err);
	if (event_tail_leave(db, &tail.watch, &ignored) < 0)
		err_clear(&ignored); /* its lease ends by itself */
	return result;
}
