/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A charge is asked about once for each piece; the answer to the last one is kept, as tags are
 * parsed to find it.
 */
#include "billing/selection.h"

#include <string.h>

#define SCRATCH_MAX (1024u * 1024) /* tags of one charge */

bool selection_is_all(const struct selection *selection)
{
	return selection->clusters.count == 0 && selection->families.count == 0 &&
	       selection->tag_count == 0;
}

static bool has(const struct selection_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (strcmp(texts->items[i], text) == 0)
			return true;
	}
	return texts->count == 0;
}

/* One of the selection's values of the tag @key. */
static bool has_tag(const struct selection *selection, const char *key, const struct charge *charge)
{
	AUTO(arena_freep) struct arena *arena = arena_new(SCRATCH_MAX);
	const struct summary_group group = {.key = SUMMARY_TAG, .tag = key};
	const char *value = summary_value(&group, charge, METER_VCPU, arena);

	for (size_t i = 0; i < selection->tag_count; i++) {
		if (strcmp(selection->tags[i].key, key) == 0 &&
		    strcmp(selection->tags[i].value, value) == 0)
			return true;
	}
	return false;
}

static bool has_tags(const struct selection *selection, const struct charge *charge)
{
	for (size_t i = 0; i < selection->tag_count; i++) {
		if (!has_tag(selection, selection->tags[i].key, charge))
			return false;
	}
	return true;
}

bool selection_wants(void *ctx, const struct charge *charge, enum meter meter)
{
	struct selection *selection = ctx;

	(void)meter;
	if (selection->last_task != charge->task.number) {
		selection->last_task = charge->task.number;
		selection->last_wanted = has(&selection->clusters, charge->task.cluster) &&
					 has(&selection->families, charge->task.family) &&
					 has_tags(selection, charge);
	}
	return selection->last_wanted;
}
