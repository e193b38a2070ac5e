/* SPDX-License-Identifier: Apache-2.0 */
#include "event_ask.h"

#include <pthread.h>

#include "events/rule_set.h"

#define READERS 3
#define CHANGES 200

static size_t matched(struct event_rule_set *set, const char *event)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	const char *const *names;
	struct err err = ERR_INIT;
	size_t count;

	ASSERT_OK(event_rule_set_machine(set, &machine, &err), &err);
	ASSERT_OK(event_machine_match(machine, match, event, strlen(event), &names, &count, &err),
		  &err);
	for (size_t i = 1; i < count; i++)
		ck_assert_int_lt(strcmp(names[i - 1], names[i]), 0);
	return count;
}

START_TEST(rules_come_change_and_go)
{
	AUTO(event_rule_set_freep) struct event_rule_set *set = event_rule_set_new();

	ck_assert_uint_eq(matched(set, "{\"a\":1}"), 0);
	event_rule_set_put(set, "one", pattern_of("{\"a\":[1]}"));
	event_rule_set_put(set, "two", pattern_of("{\"a\":[{\"exists\":true}]}"));
	event_rule_set_put(set, "none", pattern_of("{\"b\":[{\"exists\":false}]}"));
	ck_assert_uint_eq(matched(set, "{\"a\":1}"), 3);
	event_rule_set_put(set, "one", pattern_of("{\"a\":[2]}"));
	ck_assert_uint_eq(matched(set, "{\"a\":1}"), 2);
	ck_assert(event_rule_set_remove(set, "two"));
	ck_assert(!event_rule_set_remove(set, "two"));
	ck_assert_uint_eq(matched(set, "{\"a\":1,\"b\":1}"), 0);
	ck_assert_uint_eq(matched(set, "{\"a\":2}"), 2);
}
END_TEST

START_TEST(a_machine_outlives_the_change_of_its_rules)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	struct event_rule_set *set = event_rule_set_new();
	const char *const *names;
	struct err err = ERR_INIT;
	size_t count;

	event_rule_set_put(set, "one", pattern_of("{\"a\":[{\"wildcard\":\"x*y\"},null]}"));
	ASSERT_OK(event_rule_set_machine(set, &machine, &err), &err);
	ck_assert(event_rule_set_remove(set, "one"));
	event_rule_set_free(set);
	ASSERT_OK(event_machine_match(machine, match, "{\"a\":\"xyy\"}", 11, &names, &count, &err),
		  &err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(names[0], "one");
}
END_TEST

struct reader {
	struct event_rule_set *set;
	pthread_t thread;
};

/* The rule "always" is there all the time, others come and go. */
static void *read_on(void *argument)
{
	const struct reader *reader = argument;

	for (int i = 0; i < CHANGES; i++) {
		if (matched(reader->set, "{\"a\":1,\"b\":[\"x\",\"y\"]}") < 1)
			return argument;
	}
	return NULL;
}

START_TEST(threads_match_while_rules_change)
{
	AUTO(event_rule_set_freep) struct event_rule_set *set = event_rule_set_new();
	struct reader readers[READERS];

	event_rule_set_put(set, "always", pattern_of("{\"a\":[1]}"));
	for (int i = 0; i < READERS; i++) {
		readers[i].set = set;
		ck_assert_int_eq(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	for (int i = 0; i < CHANGES; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "rule-%d", i % 7);
		if (i % 3 == 0)
			(void)event_rule_set_remove(set, name);
		else
			event_rule_set_put(set, name, pattern_of("{\"b\":[{\"suffix\":\"y\"}]}"));
	}
	for (int i = 0; i < READERS; i++) {
		void *failed;

		ck_assert_int_eq(pthread_join(readers[i].thread, &failed), 0);
		ck_assert_ptr_null(failed);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {rules_come_change_and_go,
				      a_machine_outlives_the_change_of_its_rules,
				      threads_match_while_rules_change};

	return suite_run("event_rule_set", tests, ARRAY_LEN(tests));
}
