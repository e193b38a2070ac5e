/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GroupBy of Cost Explorer: up to two keys, each a dimension or a tag. Of a tag a group's key
 * is "Key$Value", of what has no such tag "Key$".
 */
#ifndef SLIPWAY_GATEWAY_CE_GROUP_H
#define SLIPWAY_GATEWAY_CE_GROUP_H

#include <jansson.h>

#include "core/shape.h"
#include "gateway/ce/ce_dimension.h"

struct ce_group_input {
	const char *type, *key;
};
extern const struct shape ce_group_shape;

struct ce_group {
	const struct ce_dimension *dimension; /* NULL: a tag */
	const char *tag;		      /* its key; borrowed */
	size_t slot; /* of summary_row.keys; SUMMARY_GROUPS_MAX: the same in all rows */
};
struct ce_groups {
	struct ce_group items[SUMMARY_GROUPS_MAX];
	size_t count;
	struct summary_group asked[SUMMARY_GROUPS_MAX]; /* what sums are kept by */
	size_t asked_count;
};

/* From ce_group_input of the shape's list. ERR_INVALID and ERR_UNSUPPORTED name the member. */
int ce_groups_read(const struct shape_list *list, struct ce_groups *ret_groups, struct err *err)
	MUST_CHECK;
/* One group by itself. */
void ce_groups_set(struct ce_groups *groups, const struct ce_group *group);

/* [{"Type": "DIMENSION", "Key": "USAGE_TYPE"}] */
json_t *ce_groups_json(const struct ce_groups *groups);

/* The value of a group in a row of sums, without "Key$". In the arena or borrowed. */
int ce_group_value(const struct ce_group *group, const struct ce_viewer *viewer, struct db *db,
		   const struct summary_row *row, struct arena *arena, const char **ret_value,
		   struct err *err) MUST_CHECK;

#endif
