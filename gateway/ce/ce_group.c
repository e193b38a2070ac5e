/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dimension that has one value for all needs no key in the sums; it is put into the answer.
 */
#include "gateway/ce/ce_group.h"

#include <string.h>

#include "gateway/ce/ce_expression.h"
#include "gateway/json_out.h"

static const struct shape_field fields[] = {
	TEXT(struct ce_group_input, type, "Type", 0, CE_TEXT_MAX, SHAPE_REQUIRED),
	TEXT(struct ce_group_input, key, "Key", 1, CE_TEXT_MAX, SHAPE_REQUIRED),
};
const struct shape ce_group_shape = SHAPE_OF(struct ce_group_input, fields);

static int read_group(const struct ce_group_input *input, size_t index, struct ce_group *ret_group,
		      struct err *err)
{
	struct err found = ERR_INIT;

	*ret_group = (struct ce_group){.slot = SUMMARY_GROUPS_MAX};
	if (strcmp(input->type, "TAG") == 0) {
		ret_group->tag = input->key;
		return 0;
	}
	if (strcmp(input->type, "COST_CATEGORY") == 0)
		return err_set(
			err, ERR_INVALID,
			"GroupBy[%zu].Type COST_CATEGORY is not supported: there are no cost "
			"categories",
			index);
	if (strcmp(input->type, "DIMENSION") != 0)
		return err_set(err, ERR_INVALID,
			       "GroupBy[%zu].Type %.100s is not one of [DIMENSION, TAG]", index,
			       input->type);
	if (ce_dimension_find(input->key, &ret_group->dimension, &found) < 0)
		return err_set(err, found.code, "GroupBy[%zu].Key: %s", index, found.text);
	return 0;
}

void ce_groups_set(struct ce_groups *groups, const struct ce_group *group)
{
	struct ce_group *own = &groups->items[groups->count++];

	*own = *group;
	own->slot = SUMMARY_GROUPS_MAX;
	if (own->dimension && own->dimension->key == SUMMARY_KEY_COUNT)
		return;
	own->slot = groups->asked_count++;
	groups->asked[own->slot] = (struct summary_group){
		.key = own->dimension ? own->dimension->key : SUMMARY_TAG,
		.tag = own->tag,
	};
}

static bool is_same(const struct ce_group *a, const struct ce_group *b)
{
	if (a->dimension || b->dimension)
		return a->dimension == b->dimension;
	return strcmp(a->tag, b->tag) == 0;
}

int ce_groups_read(const struct shape_list *list, struct ce_groups *ret_groups, struct err *err)
{
	const struct ce_group_input *inputs = list->items;
	struct ce_groups groups = {.count = 0};

	for (size_t i = 0; i < list->count; i++) {
		struct ce_group group;

		if (read_group(&inputs[i], i, &group, err) < 0)
			return -1;
		if (i > 0 && is_same(&groups.items[0], &group))
			return err_set(err, ERR_INVALID,
				       "GroupBy[%zu] is the same as the one before", i);
		ce_groups_set(&groups, &group);
	}
	*ret_groups = groups;
	return 0;
}

json_t *ce_groups_json(const struct ce_groups *groups)
{
	json_t *list = out_list();

	for (size_t i = 0; i < groups->count; i++) {
		const struct ce_group *group = &groups->items[i];
		json_t *object = out_object();

		out_text(object, "Type", group->dimension ? "DIMENSION" : "TAG");
		out_text(object, "Key", group->dimension ? group->dimension->name : group->tag);
		out_push(list, object);
	}
	return list;
}

int ce_group_value(const struct ce_group *group, const struct ce_viewer *viewer, struct db *db,
		   const struct summary_row *row, struct arena *arena, const char **ret_value,
		   struct err *err)
{
	if (group->slot == SUMMARY_GROUPS_MAX) {
		*ret_value = ce_dimension_constant(group->dimension, viewer);
		return 0;
	}
	if (!group->dimension) {
		*ret_value = row->keys[group->slot];
		return 0;
	}
	return ce_dimension_shown(group->dimension, viewer, db, row->keys[group->slot], arena,
				  ret_value, err);
}
