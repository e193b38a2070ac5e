/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine of many rules says what the plain matcher says of each.
 */
#include "event_ask.h"
#include "event_random.h"

#define SETS   200
#define RULES  40
#define EVENTS 40

struct rules {
	int count;
	struct event_rule all[RULES];
	char names[RULES][16];
	char *texts[RULES];
};

static void throw_rules(struct dice *dice, struct rules *rules)
{
	for (int i = 0; i < rules->count; i++) {
		(void)snprintf(rules->names[i], sizeof(rules->names[i]), "%d", i);
		rules->all[i].name = rules->names[i];
		rules->texts[i] = xstrdup(dice_pattern(dice));
		rules->all[i].pattern = pattern_of(rules->texts[i]);
	}
}

static void free_rules(struct rules *rules)
{
	for (int i = 0; i < rules->count; i++) {
		event_pattern_free((struct event_pattern *)(uintptr_t)rules->all[i].pattern);
		free(rules->texts[i]);
	}
}

/* How many rules the event matches. */
static size_t check_event(const struct rules *rules, const struct event_machine *machine,
			  struct event_match *match, const char *event, uint64_t seed)
{
	json_t *json = json_loads(event, 0, NULL);
	const char *const *names;
	struct err err = ERR_INIT;
	size_t at = 0;
	size_t count;

	ck_assert_msg(json != NULL, "%s", event);
	ASSERT_OK(event_machine_match(machine, match, event, strlen(event), &names, &count, &err),
		  &err);
	for (int i = 0; i < rules->count; i++) {
		bool plain;
		bool here = at < count && strcmp(names[at], rules->all[i].name) == 0;

		ASSERT_OK(event_pattern_match(rules->all[i].pattern, json, &plain, &err), &err);
		ck_assert_msg(plain == here, "seed %llu: the plain matcher says %d of %s and %s",
			      (unsigned long long)seed, plain, rules->texts[i], event);
		at += here;
	}
	ck_assert_uint_eq(at, count);
	json_decref(json);
	return count;
}

START_TEST(random_rules_and_events_match_the_same_in_the_machine_and_one_by_one)
{
	static struct dice dice;
	static struct rules rules;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	size_t matched = 0;

	for (uint64_t seed = 1; seed <= SETS; seed++) {
		AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
		struct err err = ERR_INIT;

		dice.state = seed;
		rules.count = seed % 3 == 0 ? RULES : 1 + (int)(seed % 4);
		throw_rules(&dice, &rules);
		ASSERT_OK(event_machine_new(rules.all, (size_t)rules.count, &machine, &err), &err);
		for (int i = 0; i < EVENTS; i++)
			matched += check_event(&rules, machine, match, dice_event(&dice), seed);
		free_rules(&rules);
	}
	/* They meet: the test would say nothing if they did not. */
	ck_assert_uint_gt(matched, (size_t)SETS * 10);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		random_rules_and_events_match_the_same_in_the_machine_and_one_by_one};

	return suite_run("event_agreement", tests, ARRAY_LEN(tests));
}
