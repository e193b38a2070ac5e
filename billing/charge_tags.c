/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels of a charge: what it was started by and for, and its tags.
 */
#include <jansson.h>
#include <string.h>

#include "billing/charge.h"
#include "store/record.h"

#define TAGS_MAX_OF_CHARGE 256 /* three times the API's 50, and the provider's */

static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : "";
}

const char *charge_service(const struct charge *charge)
{
	return behind(charge->task.group, "service:");
}

const char *charge_rule(const struct charge *charge)
{
	return behind(charge->task.started_by, "events-rule/");
}

static int compare_tags(const void *a, const void *b)
{
	return strcmp(((const struct charge_tag *)a)->key, ((const struct charge_tag *)b)->key);
}

struct tag_list {
	struct charge_tag tags[TAGS_MAX_OF_CHARGE];
	size_t count;
};

static void add(struct tag_list *list, const char *key, const char *value)
{
	if (value[0] != '\0' && list->count < TAGS_MAX_OF_CHARGE)
		list->tags[list->count++] = (struct charge_tag){key, value};
}

static void add_provider_tags(struct tag_list *list, const struct charge *charge)
{
	add(list, "aws:ecs:clusterName", charge->task.cluster);
	add(list, "aws:ecs:serviceName", charge_service(charge));
	add(list, "slipway:eventRule", charge_rule(charge));
	add(list, "slipway:startedBy", charge->task.started_by);
	add(list, "slipway:taskFamily", charge->task.family);
}

/* The document is let go afterwards, so its texts are copied. */
static int add_own_tags(struct tag_list *list, const json_t *json, struct arena *arena,
			struct err *err)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)json, key, value) {
		char *own_key = arena_strdup(arena, key);
		char *own_value =
			arena_strdup(arena, json_is_string(value) ? json_string_value(value) : "");

		if (!own_key || !own_value)
			return record_full(err);
		if (list->count < TAGS_MAX_OF_CHARGE)
			list->tags[list->count++] = (struct charge_tag){own_key, own_value};
	}
	return 0;
}

int charge_tags(const struct charge *charge, struct arena *arena, struct charge_tag **ret_tags,
		size_t *ret_count, struct err *err)
{
	AUTO(json_decrefp) json_t *json = json_loads(charge->task.tags_json, 0, NULL);
	struct tag_list list = {.count = 0};
	struct charge_tag *tags;

	if (!json_is_object(json))
		return err_set(err, ERR_CORRUPT, "the tags of task %s cannot be read",
			       charge->task.task);
	add_provider_tags(&list, charge);
	if (add_own_tags(&list, json, arena, err) < 0)
		return -1;
	qsort(list.tags, list.count, sizeof(list.tags[0]), compare_tags);
	tags = arena_alloc(arena, (list.count + 1) * sizeof(*tags));
	if (!tags)
		return record_full(err);
	memcpy(tags, list.tags, list.count * sizeof(*tags));
	*ret_tags = tags;
	*ret_count = list.count;
	return 0;
}
