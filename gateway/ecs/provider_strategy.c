/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks are dealt out in two steps, as the API does: the one item with a base
 * takes its first tasks, the rest go by weight. Dealing by weight gives each next
 * task to the item that is furthest behind its share, so that ten tasks of 3:1
 * end 8:2 or 7:3 and never 10:0.
 */
#include "gateway/ecs/provider_strategy.h"

#include <string.h>

#include "gateway/json_out.h"

#define WEIGHT_MAX 1000
#define BASE_MAX   100000

static const struct shape_field fields[] = {
	TEXT(struct strategy_item, provider, "capacityProvider", 1, 255, SHAPE_REQUIRED),
	INT(struct strategy_item, weight, "weight", 0, WEIGHT_MAX, 0),
	INT(struct strategy_item, base, "base", 0, BASE_MAX, 0),
};
const struct shape strategy_item_shape = SHAPE_OF(struct strategy_item, fields);

bool provider_exists(const char *name)
{
	return strcmp(name, "FARGATE") == 0 || strcmp(name, "FARGATE_SPOT") == 0;
}

int strategy_check(struct call *call, const struct shape_list *strategy)
{
	const struct strategy_item *items = strategy->items;
	int64_t weights = 0;
	size_t bases = 0;

	for (size_t i = 0; i < strategy->count; i++) {
		if (!provider_exists(items[i].provider))
			return call_fail(call, "InvalidParameterException",
					 "The specified capacity provider strategy cannot contain "
					 "a capacity provider that is not associated with the "
					 "cluster. Capacity provider: %s",
					 items[i].provider);
		weights += items[i].weight;
		bases += items[i].base > 0;
	}
	if (bases > 1)
		return call_fail(
			call, "InvalidParameterException",
			"Only one capacity provider in a strategy can have a base defined.");
	if (strategy->count > 1 && weights == 0)
		return call_fail(call, "InvalidParameterException",
				 "At least one capacity provider in a strategy must have a weight "
				 "greater than 0.");
	return 0;
}

int strategy_read(const char *text, struct arena *arena, struct shape_list *ret_strategy,
		  struct err *err)
{
	AUTO(json_decrefp) json_t *list = out_stored_list(text);
	size_t count = json_array_size(list);
	struct strategy_item *items = arena_alloc(arena, (count + 1) * sizeof(*items));

	if (!items)
		return err_set(err, ERR_LIMIT, "a strategy of %zu items is too long", count);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);

		if (shape_fill(&strategy_item_shape, item, arena, &items[i], err) < 0)
			return err_wrap(err, "stored strategy");
		/* The text is the list's, which ends here; the words are ours. */
		items[i].provider =
			strcmp(items[i].provider, "FARGATE_SPOT") == 0 ? "FARGATE_SPOT" : "FARGATE";
	}
	*ret_strategy = (struct shape_list){.items = items, .count = count};
	return 0;
}

static size_t by_weight(const struct strategy_item *items, size_t count, size_t index)
{
	int64_t given[STRATEGY_ITEMS_MAX] = {0};
	int64_t total = 0;
	size_t chosen = 0;

	for (size_t i = 0; i < count; i++)
		total += items[i].weight;
	for (size_t task = 0; task <= index; task++) {
		int64_t most_behind = INT64_MIN;

		for (size_t i = 0; i < count; i++) {
			int64_t behind = items[i].weight * (int64_t)(task + 1) - given[i] * total;

			if (items[i].weight > 0 && behind > most_behind) {
				most_behind = behind;
				chosen = i;
			}
		}
		given[chosen]++;
	}
	return chosen;
}

const char *strategy_choose(const struct shape_list *strategy, size_t index)
{
	const struct strategy_item *items = strategy->items;

	for (size_t i = 0; i < strategy->count; i++) {
		if (items[i].base <= 0)
			continue;
		if (index < (size_t)items[i].base)
			return items[i].provider;
		index -= (size_t)items[i].base;
	}
	return items[by_weight(items, strategy->count, index)].provider;
}

json_t *strategy_json(const struct shape_list *strategy)
{
	const struct strategy_item *items = strategy->items;
	json_t *list = out_list();

	for (size_t i = 0; i < strategy->count; i++) {
		json_t *item = out_object();

		out_text(item, "capacityProvider", items[i].provider);
		out_int(item, "weight", items[i].weight);
		out_int(item, "base", items[i].base);
		out_push(list, item);
	}
	return list;
}
