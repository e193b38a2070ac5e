/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change only drops the machine; whoever asks next builds the new one, so many changes in a row
 * cost one building. Matching goes on with the machine that it holds meanwhile.
 */
#include "events/rule_set.h"

#include <pthread.h>
#include <string.h>

#include "events/growing.h"

struct rule {
	char *name;
	struct event_pattern *pattern;
};

struct event_rule_set {
	pthread_mutex_t lock;		  /* of all below */
	EVENT_GROWING(struct rule) rules; /* by name */
	struct event_machine *machine;	  /* of these rules; NULL: they have changed */
};

struct event_rule_set *event_rule_set_new(void)
{
	struct event_rule_set *set = xcalloc(1, sizeof(*set));

	if (pthread_mutex_init(&set->lock, NULL) != 0)
		abort();
	return set;
}

static void rule_done(struct rule *rule)
{
	free(rule->name);
	event_pattern_free(rule->pattern);
}

void event_rule_set_free(struct event_rule_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->rules.count; i++)
		rule_done(&set->rules.items[i]);
	free(set->rules.items);
	event_machine_unref(set->machine);
	(void)pthread_mutex_destroy(&set->lock);
	free(set);
}

void event_rule_set_freep(struct event_rule_set **set)
{
	event_rule_set_free(*set);
	*set = NULL;
}

/* Where @name is, or would be. */
static size_t place_of(const struct event_rule_set *set, const char *name, bool *ret_there)
{
	size_t low = 0;
	size_t high = set->rules.count;

	*ret_there = false;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(set->rules.items[middle].name, name);

		*ret_there |= order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void drop_machine(struct event_rule_set *set)
{
	event_machine_unref(set->machine);
	set->machine = NULL;
}

void event_rule_set_put(struct event_rule_set *set, const char *name, struct event_pattern *pattern)
{
	struct rule rule = {xstrdup(name), pattern};
	bool there;
	size_t at;

	(void)pthread_mutex_lock(&set->lock);
	at = place_of(set, name, &there);
	if (there) {
		rule_done(&set->rules.items[at]);
	} else {
		EVENT_GROW(&set->rules, 1);
		memmove(&set->rules.items[at + 1], &set->rules.items[at],
			(set->rules.count - at) * sizeof(rule));
		set->rules.count++;
	}
	set->rules.items[at] = rule;
	drop_machine(set);
	(void)pthread_mutex_unlock(&set->lock);
}

bool event_rule_set_remove(struct event_rule_set *set, const char *name)
{
	bool there;
	size_t at;

	(void)pthread_mutex_lock(&set->lock);
	at = place_of(set, name, &there);
	if (there) {
		rule_done(&set->rules.items[at]);
		set->rules.count--;
		memmove(&set->rules.items[at], &set->rules.items[at + 1],
			(set->rules.count - at) * sizeof(struct rule));
		drop_machine(set);
	}
	(void)pthread_mutex_unlock(&set->lock);
	return there;
}

static int build(struct event_rule_set *set, struct err *err)
{
	AUTO(freep) struct event_rule *rules = xcalloc(set->rules.count + 1, sizeof(*rules));

	for (size_t i = 0; i < set->rules.count; i++) {
		rules[i].name = set->rules.items[i].name;
		rules[i].pattern = set->rules.items[i].pattern;
	}
	return event_machine_new(rules, set->rules.count, &set->machine, err);
}

int event_rule_set_machine(struct event_rule_set *set, struct event_machine **ret_machine,
			   struct err *err)
{
	int result = 0;

	(void)pthread_mutex_lock(&set->lock);
	if (!set->machine)
		result = build(set, err);
	if (result == 0)
		*ret_machine = event_machine_ref(set->machine);
	(void)pthread_mutex_unlock(&set->lock);
	return result;
}
