/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_match SECONDS ROUNDS RULES...: how many events one thread matches in a second of
 * processor time, for each number of rules by the machine and by a plain loop over all of them,
 * in turn. The figures go to standard output as JSON. Reading the event's JSON is included on
 * both sides: by the machine for each event, by the loop once for all rules.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "events/machine.h"
#include "tests/bench/match/rules.h"

struct world {
	struct event_rule *rules;
	size_t count;
	struct event_machine *machine;
	struct event_match *match;
	char events[BENCH_EVENT_COUNT][BENCH_TEXT_MAX];
	double build_s;
};

/* Processor time of this thread: what others do meanwhile is not ours. */
static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void give_up(const struct err *err)
{
	(void)fprintf(stderr, "bench_match: %s\n", err->text);
	exit(1);
}

static void world_open(struct world *world, size_t count)
{
	struct err err = ERR_INIT;
	char text[BENCH_TEXT_MAX];
	double begin;

	world->rules = xcalloc(count, sizeof(*world->rules));
	world->count = count;
	for (unsigned int i = 0; i < count; i++) {
		struct event_pattern *pattern;

		bench_rule(i, text);
		if (event_pattern_new(text, strlen(text), &pattern, &err) < 0)
			give_up(&err);
		world->rules[i].name = xasprintf("rule-%u", i);
		world->rules[i].pattern = pattern;
	}
	for (unsigned int i = 0; i < BENCH_EVENT_COUNT; i++)
		bench_event(i, world->events[i]);
	begin = now();
	if (event_machine_new(world->rules, count, &world->machine, &err) < 0)
		give_up(&err);
	world->build_s = now() - begin;
	world->match = event_match_new();
}

/* The matches of one event. */
static size_t by_machine(struct world *world, const char *event)
{
	struct err err = ERR_INIT;
	const char *const *names;
	size_t count;

	if (event_machine_match(world->machine, world->match, event, strlen(event), &names, &count,
				&err) < 0)
		give_up(&err);
	return count;
}

static size_t by_loop(struct world *world, const char *event)
{
	json_t *json = json_loads(event, 0, NULL);
	struct err err = ERR_INIT;
	size_t count = 0;

	for (size_t i = 0; i < world->count; i++) {
		bool matches = false;

		if (event_pattern_match(world->rules[i].pattern, json, &matches, &err) < 0)
			give_up(&err);
		count += matches;
	}
	json_decref(json);
	return count;
}

/* Events a second; at least @seconds long. */
static double rate(struct world *world, size_t (*way)(struct world *, const char *), double seconds,
		   double *ret_matches)
{
	double begin = now();
	uint64_t events = 0;
	uint64_t matches = 0;
	double passed;

	do {
		for (int i = 0; i < BENCH_EVENT_COUNT; i++)
			matches += way(world, world->events[i]);
		events += BENCH_EVENT_COUNT;
		passed = now() - begin;
	} while (passed < seconds);
	*ret_matches = (double)matches / (double)events;
	return (double)events / passed;
}

static void measure(size_t count, double seconds, int rounds)
{
	struct world world = {0};
	double machine_matches = 0;
	double loop_matches = 0;

	world_open(&world, count);
	(void)rate(&world, by_machine, 0.05, &machine_matches);
	printf("{\"rules\":%zu,\"build_s\":%.6f,\"event_bytes\":%zu,\"rounds\":[", count,
	       world.build_s, strlen(world.events[0]));
	for (int i = 0; i < rounds; i++) {
		double machine = rate(&world, by_machine, seconds, &machine_matches);
		double loop = rate(&world, by_loop, seconds, &loop_matches);

		printf("%s{\"machine\":%.1f,\"loop\":%.1f}", i ? "," : "", machine, loop);
	}
	printf("],\"matches\":%.2f,\"loop_matches\":%.2f}", machine_matches, loop_matches);
	event_machine_unref(world.machine);
	event_match_free(world.match);
	for (size_t i = 0; i < count; i++) {
		free((void *)(uintptr_t)world.rules[i].name);
		event_pattern_free((struct event_pattern *)(uintptr_t)world.rules[i].pattern);
	}
	free(world.rules);
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		(void)fprintf(stderr, "usage: bench_match SECONDS ROUNDS RULES...\n");
		return 2;
	}
	printf("[");
	for (int i = 3; i < argc; i++) {
		printf("%s", i > 3 ? "," : "");
		measure((size_t)strtoul(argv[i], NULL, 10), strtod(argv[1], NULL),
			(int)strtol(argv[2], NULL, 10));
		(void)fflush(stdout);
	}
	printf("]\n");
	return 0;
}
