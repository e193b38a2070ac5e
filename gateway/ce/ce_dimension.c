/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger knows who held and what; some of AWS's dimensions have then one value for all
 * (an account sees itself, all is ECS on Fargate), and most have none (instance types,
 * reservations): those are refused by name.
 */
#include "gateway/ce/ce_dimension.h"

#include <stdio.h>
#include <string.h>

#include "store/record.h"

#define SAME SUMMARY_KEY_COUNT

const struct ce_dimension ce_dimensions[] = {
	{"LINKED_ACCOUNT", SAME, NULL},
	{"OPERATION", SAME, "FargateTask"},
	{"PURCHASE_TYPE", SUMMARY_PURCHASE, NULL},
	{"RECORD_TYPE", SAME, "Usage"},
	{"REGION", SAME, NULL},
	{"RESOURCE_ID", SUMMARY_TASK, NULL},
	{"SERVICE", SAME, "Amazon Elastic Container Service"},
	{"USAGE_TYPE", SUMMARY_USAGE_TYPE, NULL},
};
const size_t ce_dimension_count = ARRAY_LEN(ce_dimensions);

static int unknown(const char *name, struct err *err)
{
	char names[256] = "";
	size_t at = 0;

	for (size_t i = 0; i < ce_dimension_count; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i > 0 ? ", " : "",
				       ce_dimensions[i].name);
	return err_set(err, ERR_INVALID, "dimension %.100s is not one of [%s]", name, names);
}

int ce_dimension_find(const char *name, const struct ce_dimension **ret_dimension, struct err *err)
{
	for (size_t i = 0; i < ce_dimension_count; i++) {
		if (strcmp(ce_dimensions[i].name, name) == 0) {
			*ret_dimension = &ce_dimensions[i];
			return 0;
		}
	}
	return unknown(name, err);
}

const char *ce_dimension_constant(const struct ce_dimension *dimension,
				  const struct ce_viewer *viewer)
{
	if (dimension->constant)
		return dimension->constant;
	return strcmp(dimension->name, "REGION") == 0 ? viewer->region : viewer->account;
}

static const char *task_arn(const struct ce_viewer *viewer, const char *cluster, const char *task,
			    struct arena *arena)
{
	return arena_printf(arena, "arn:aws:ecs:%s:%s:task/%s/%s", viewer->region, viewer->account,
			    cluster, task);
}

const char *ce_dimension_value(const struct ce_dimension *dimension, const struct ce_viewer *viewer,
			       const struct charge *charge, enum meter meter, struct arena *arena)
{
	const struct summary_group group = {.key = dimension->key};
	const char *value;

	if (dimension->key == SAME)
		return ce_dimension_constant(dimension, viewer);
	value = dimension->key == SUMMARY_TASK
			? task_arn(viewer, charge->task.cluster, charge->task.task, arena)
			: summary_value(&group, charge, meter, arena);
	return value ? value : "";
}

int ce_dimension_shown(const struct ce_dimension *dimension, const struct ce_viewer *viewer,
		       struct db *db, const char *key, struct arena *arena, const char **ret_text,
		       struct err *err)
{
	struct ledger_task task;
	const char *arn;

	if (dimension->key != SUMMARY_TASK) {
		*ret_text = key;
		return 0;
	}
	if (ledger_task_find(db, key, arena, &task, err) < 0)
		return -1;
	arn = task_arn(viewer, task.cluster, task.task, arena);
	if (!arn)
		return record_full(err);
	*ret_text = arn;
	return 0;
}
