/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task definition as RegisterTaskDefinition takes it, and the rules it has to
 * keep: those of every definition, those of Fargate (which a definition that does
 * not require FARGATE may break and be registered all the same), and those that
 * this platform adds for now.
 */
#ifndef SLIPWAY_GATEWAY_ECS_DEFINITION_INPUT_H
#define SLIPWAY_GATEWAY_ECS_DEFINITION_INPUT_H

#include "gateway/ecs/container_input.h"
#include "store/extensions.h"

#define DEFINITION_CONTAINERS_MAX 10	       /* the API's */
#define DEFINITION_BYTES_MAX	  (64u * 1024) /* the API's, of the definition as it is kept */

struct platform_input {
	const char *architecture, *family;
};
struct storage_input {
	int64_t size_gib;
};

struct definition_input {
	const char *family;
	const char *task_role, *execution_role;
	const char *network_mode; /* NULL or "": bridge */
	const char *cpu, *memory; /* as written */
	const char *pid_mode, *ipc_mode;
	struct shape_list containers;  /* struct container_input */
	struct shape_list requires;    /* texts */
	struct shape_list volumes;     /* struct volume_input */
	struct shape_list constraints; /* of anything */
	struct shape_list accelerators;
	struct platform_input platform;
	struct storage_input storage;
	bool has_storage;
	struct shape_list tags; /* struct tag */

	/* Filled in by definition_read_size(). */
	int64_t cpu_units, memory_mib; /* 0: not given */
};

extern const struct shape definition_shape;

/* cpu and memory from their text; ERR_INVALID with the API's message. */
int definition_read_size(struct definition_input *input, struct err *err) MUST_CHECK;

bool definition_requires_fargate(const struct definition_input *input);

/* ERR_INVALID with the API's message for the first rule that is broken; Fargate's are those
 * that @extensions leave. */
int definition_check(const struct definition_input *input, struct err *err) MUST_CHECK;
int definition_check_fargate(const struct definition_input *input,
			     const struct extensions *extensions, struct err *err) MUST_CHECK;
/* ERR_UNSUPPORTED, naming the member. @region: where output is kept. */
int definition_check_supported(const struct definition_input *input, const char *region,
			       struct err *err) MUST_CHECK;

/* The part of these that looks at dependsOn; for at most DEFINITION_CONTAINERS_MAX
 * containers, each with a name of its own. */
int definition_check_dependencies(const struct definition_input *input, struct err *err) MUST_CHECK;

/* The parts of these that look at one container. */
int container_check(const struct definition_input *input, const struct container_input *container,
		    struct err *err) MUST_CHECK;
int container_check_fargate(const struct container_input *container,
			    const struct extensions *extensions, struct err *err) MUST_CHECK;
int container_check_supported(const struct container_input *container, size_t index,
			      const char *region, struct err *err) MUST_CHECK;

#endif
