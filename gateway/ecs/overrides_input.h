/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overrides of RunTask: what this one start changes of its task definition. They
 * are merged into copies of the definition's containers, checked as if the
 * definition had been written so, and answered in the API's form, which names
 * every container even where nothing was changed.
 */
#ifndef SLIPWAY_GATEWAY_ECS_OVERRIDES_INPUT_H
#define SLIPWAY_GATEWAY_ECS_OVERRIDES_INPUT_H

#include "gateway/api.h"
#include "gateway/ecs/definition_input.h"

#define OVERRIDES_BYTES_MAX 8192 /* the API's, of the whole as JSON */

struct container_override {
	const char *name;
	struct shape_list command;     /* texts */
	struct shape_list environment; /* struct name_value */
	struct shape_list env_files;   /* struct env_file_input */
	int64_t cpu, memory, memory_reservation;
	bool has_cpu, has_memory, has_memory_reservation;
	struct shape_list resources; /* of anything */
};

struct overrides_input {
	struct shape_list containers; /* struct container_override */
	const char *cpu, *memory;
	const char *task_role, *execution_role;
	struct storage_input storage;
	bool has_storage;
};
extern const struct shape overrides_shape;

/* Change @body, a copy of the stored definition, as the request wants it. */
int overrides_apply(struct call *call, const struct overrides_input *input, json_t *body)
	MUST_CHECK;

/* As the API answers them. @given: of the request, may be NULL. */
json_t *overrides_json(const json_t *given, const json_t *body);

#endif
