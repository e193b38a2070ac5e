/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bus's machine is made of the rules of one snapshot and is as good as their version: who
 * reads another version makes another machine, in the place of an older one. Machines are kept
 * for the buses that were used last, as many as have room; room for matching goes from hand to
 * hand. Of an account one machine is made at a time: who waits for it has it then.
 */
#include "gateway/events/hub_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "events/machine.h"
#include "store/event_archive.h"
#include "store/event_away.h"
#include "store/event_rule.h"

#define ANY_EVENT    "{\"account\":[{\"exists\":true}]}"
#define BUSES_KEPT   64 /* machines; some ten KiB each, of buses with hundreds of rules a MiB */
#define BYTES_KEPT   (256u << 20) /* of all of them: rules can be written of which one has 40 MiB */
#define MAKERS	     16		  /* accounts that make machines at once; others share a lock */
#define MATCHES_KEPT 16		  /* threads that match at once */
#define NS_PER_MS    INT64_C(1000000)

struct kept_bus {
	char *account, *bus;
	int64_t version;
	struct event_machine *machine;
	size_t bytes;  /* of the machine */
	uint64_t used; /* when, in uses */
};

struct event_hub {
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t bell;
	struct kept_bus buses[BUSES_KEPT];
	size_t bus_count;
	size_t bytes, bytes_max; /* of all of them */
	uint64_t uses;
	struct event_match *matches[MATCHES_KEPT];
	size_t match_count;
	bool rung, stopped;
	struct doorbell *relay;		/* NULL: there is none */
	pthread_mutex_t makers[MAKERS]; /* held while a machine is made; before the lock above */
};

/* This thread has written something to deliver, and not rung since. Of a thread and not of the
 * hub: another's ring, which comes before this one's commit, must not answer for it. */
static _Thread_local bool stirred;

struct event_hub *event_hub_new(void)
{
	struct event_hub *hub = xcalloc(1, sizeof(*hub));
	pthread_condattr_t attributes;

	if (pthread_mutex_init(&hub->lock, NULL) != 0 || pthread_condattr_init(&attributes) != 0 ||
	    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&hub->bell, &attributes) != 0)
		abort();
	for (size_t i = 0; i < MAKERS; i++) {
		if (pthread_mutex_init(&hub->makers[i], NULL) != 0)
			abort();
	}
	(void)pthread_condattr_destroy(&attributes);
	hub->bytes_max = BYTES_KEPT;
	return hub;
}

static void kept_bus_done(struct kept_bus *kept)
{
	free(kept->account);
	free(kept->bus);
	event_machine_unref(kept->machine);
}

void event_hub_free(struct event_hub *hub)
{
	if (!hub)
		return;
	for (size_t i = 0; i < hub->bus_count; i++)
		kept_bus_done(&hub->buses[i]);
	for (size_t i = 0; i < hub->match_count; i++)
		event_match_free(hub->matches[i]);
	(void)pthread_cond_destroy(&hub->bell);
	(void)pthread_mutex_destroy(&hub->lock);
	for (size_t i = 0; i < MAKERS; i++)
		(void)pthread_mutex_destroy(&hub->makers[i]);
	free(hub);
}

void event_hub_freep(struct event_hub **hub)
{
	event_hub_free(*hub);
	*hub = NULL;
}

/* --- machines --- */

/* The lock is held. NULL: none is kept of this bus. */
static struct kept_bus *find_bus(struct event_hub *hub, const struct event_bus_key *key)
{
	for (size_t i = 0; i < hub->bus_count; i++) {
		struct kept_bus *kept = &hub->buses[i];

		if (strcmp(kept->bus, key->bus) == 0 && strcmp(kept->account, key->account) == 0) {
			kept->used = ++hub->uses;
			return kept;
		}
	}
	return NULL;
}

static struct event_machine *find_machine(struct event_hub *hub, const struct event_bus_key *key,
					  int64_t version)
{
	struct event_machine *machine = NULL;
	const struct kept_bus *kept;

	(void)pthread_mutex_lock(&hub->lock);
	kept = find_bus(hub, key);
	if (kept && kept->version == version)
		machine = event_machine_ref(kept->machine);
	(void)pthread_mutex_unlock(&hub->lock);
	return machine;
}

/* The lock is held. */
static void drop_bus(struct event_hub *hub, struct kept_bus *kept)
{
	hub->bytes -= kept->bytes;
	kept_bus_done(kept);
	*kept = hub->buses[--hub->bus_count];
}

/* Buses that were not used for longest go, until there is a place and room for @bytes. The lock is
 * held. */
static void make_room(struct event_hub *hub, size_t bytes)
{
	while (hub->bus_count == BUSES_KEPT ||
	       (hub->bus_count > 0 && hub->bytes + bytes > hub->bytes_max)) {
		struct kept_bus *oldest = &hub->buses[0];

		for (size_t i = 1; i < hub->bus_count; i++) {
			if (hub->buses[i].used < oldest->used)
				oldest = &hub->buses[i];
		}
		drop_bus(hub, oldest);
	}
}

static void keep_machine(struct event_hub *hub, const struct event_bus_key *key, int64_t version,
			 struct event_machine *machine)
{
	size_t bytes = event_machine_bytes(machine);
	struct kept_bus *kept;

	(void)pthread_mutex_lock(&hub->lock);
	kept = find_bus(hub, key);
	if (!kept || version > kept->version) {
		if (kept)
			drop_bus(hub, kept);
		make_room(hub, bytes);
		hub->bytes += bytes;
		hub->buses[hub->bus_count++] =
			(struct kept_bus){.account = xstrdup(key->account),
					  .bus = xstrdup(key->bus),
					  .version = version,
					  .machine = event_machine_ref(machine),
					  .bytes = bytes,
					  .used = ++hub->uses};
	}
	(void)pthread_mutex_unlock(&hub->lock);
}

size_t event_hub_buses(struct event_hub *hub, size_t bytes_max)
{
	size_t count;

	(void)pthread_mutex_lock(&hub->lock);
	hub->bytes_max = bytes_max;
	count = hub->bus_count;
	(void)pthread_mutex_unlock(&hub->lock);
	return count;
}

/* What a machine is made of: rules under their names, archives under theirs with the mark. */
struct parts {
	struct event_pattern **patterns;
	struct event_rule *rules;
	size_t count;
};

static int add_part(struct parts *parts, const char *name, const char *pattern, struct err *err)
{
	struct event_pattern **place = &parts->patterns[parts->count];

	if (event_pattern_new(pattern, strlen(pattern), place, err) < 0)
		return err_wrap(err, "rule %s", name);
	parts->rules[parts->count++] = (struct event_rule){name, *place};
	return 0;
}

static int add_archive(struct parts *parts, const struct event_archive *archive,
		       struct arena *arena, struct err *err)
{
	const char *name = arena_printf(arena, "%c%s", EVENT_HUB_ARCHIVE, archive->name);

	if (!name)
		return err_set(err, ERR_LIMIT, "the bus has too many archives");
	return add_part(parts, name, archive->pattern ? archive->pattern : ANY_EVENT, err);
}

static int build_machine(struct db *db, const struct event_bus_key *key, struct arena *arena,
			 struct event_machine **ret_machine, struct err *err)
{
	AUTO(freep) struct event_pattern **patterns = NULL;
	AUTO(freep) struct event_rule *rules = NULL;
	struct event_rule_record *records;
	struct event_archive *archives;
	size_t archive_count;
	size_t count;
	int result = 0;

	if (event_rules_matching(db, key->account, key->bus, arena, &records, &count, err) < 0 ||
	    event_archive_list(db, key->account, key->bus, "", NULL, EVENT_ARCHIVES_MAX, arena,
			       &archives, &archive_count, err) < 0)
		return -1;
	patterns = xcalloc(count + archive_count + 1, sizeof(struct event_pattern *));
	rules = xcalloc(count + archive_count + 1, sizeof(*rules));
	struct parts parts = {patterns, rules, 0};

	for (size_t i = 0; result == 0 && i < count; i++)
		result = add_part(&parts, records[i].key.name, records[i].pattern, err);
	for (size_t i = 0; result == 0 && i < archive_count; i++)
		result = add_archive(&parts, &archives[i], arena, err);
	if (result == 0)
		result = event_machine_new(rules, parts.count, ret_machine, err);
	for (size_t i = 0; i < parts.count; i++)
		event_pattern_free(patterns[i]);
	return result;
}

static int get_machine(struct event_hub *hub, struct db *db, const struct event_bus_key *key,
		       int64_t version, struct arena *arena, struct event_machine **ret_machine,
		       struct err *err)
{
	pthread_mutex_t *maker = &hub->makers[strtoull(key->account, NULL, 10) % MAKERS];
	int result = 0;

	*ret_machine = find_machine(hub, key, version);
	if (*ret_machine)
		return 0;
	(void)pthread_mutex_lock(maker);
	*ret_machine = find_machine(hub, key, version);
	if (!*ret_machine) {
		result = build_machine(db, key, arena, ret_machine, err);
		if (result == 0)
			keep_machine(hub, key, version, *ret_machine);
	}
	(void)pthread_mutex_unlock(maker);
	return result;
}

/* --- matching --- */

static struct event_match *take_match(struct event_hub *hub)
{
	struct event_match *match = NULL;

	(void)pthread_mutex_lock(&hub->lock);
	if (hub->match_count > 0)
		match = hub->matches[--hub->match_count];
	(void)pthread_mutex_unlock(&hub->lock);
	return match ? match : event_match_new();
}

static void give_match(struct event_hub *hub, struct event_match *match)
{
	(void)pthread_mutex_lock(&hub->lock);
	if (hub->match_count < MATCHES_KEPT)
		hub->matches[hub->match_count++] = STEAL(match, NULL);
	(void)pthread_mutex_unlock(&hub->lock);
	event_match_free(match);
}

/* The names belong to the machine, which the caller does not keep. */
static int keep_names(const char *const *names, size_t count, struct arena *arena,
		      const char *const **ret_names, struct err *err)
{
	const char **kept = arena_alloc(arena, (count + 1) * sizeof(*kept));

	for (size_t i = 0; kept && i < count; i++) {
		kept[i] = arena_strdup(arena, names[i]);
		if (!kept[i])
			kept = NULL;
	}
	if (!kept)
		return err_set(err, ERR_LIMIT, "too many rules match");
	*ret_names = kept;
	return 0;
}

int event_hub_match(struct event_hub *hub, struct db *db, const struct event_bus_key *bus,
		    const char *json, size_t len, struct arena *arena,
		    const char *const **ret_rules, size_t *ret_count, int64_t *ret_version,
		    struct err *err)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	struct event_match *match;
	const char *const *names;
	int64_t version;
	int result;

	*ret_count = 0;
	if (event_rules_version(db, bus->account, bus->bus, &version, err) < 0)
		return -1;
	*ret_version = version;
	if (version == 0)
		return 0;
	if (get_machine(hub, db, bus, version, arena, &machine, err) < 0)
		return -1;
	match = take_match(hub);
	result = event_machine_match(machine, match, json, len, &names, ret_count, err);
	if (result == 0)
		result = keep_names(names, *ret_count, arena, ret_rules, err);
	give_match(hub, match);
	return result;
}

/* --- the bell --- */

void event_hub_stir(void)
{
	stirred = true;
}

static void wake(struct event_hub *hub, bool stop)
{
	(void)pthread_mutex_lock(&hub->lock);
	hub->rung = true;
	hub->stopped |= stop;
	(void)pthread_cond_signal(&hub->bell);
	(void)pthread_mutex_unlock(&hub->lock);
}

void event_hub_set_relay(struct event_hub *hub, struct doorbell *relay)
{
	hub->relay = relay;
}

void event_hub_ring_relay(struct event_hub *hub)
{
	if (event_away_noted() && hub->relay)
		doorbell_ring(hub->relay);
}

void event_hub_ring(struct event_hub *hub)
{
	event_hub_ring_relay(hub);
	if (STEAL(stirred, false))
		wake(hub, false);
}

void event_hub_stop(struct event_hub *hub)
{
	wake(hub, true);
}

bool event_hub_wait(struct event_hub *hub, int64_t ms)
{
	struct timespec until;
	int64_t ns;
	bool go_on;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	ns = until.tv_nsec + (ms % 1000) * NS_PER_MS;
	until.tv_sec += ms / 1000 + ns / (1000 * NS_PER_MS);
	until.tv_nsec = ns % (1000 * NS_PER_MS);
	(void)pthread_mutex_lock(&hub->lock);
	while (!hub->rung && pthread_cond_timedwait(&hub->bell, &hub->lock, &until) == 0)
		continue;
	hub->rung = false;
	go_on = !hub->stopped;
	(void)pthread_mutex_unlock(&hub->lock);
	return go_on;
}
