/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes of a task definition, where containers mount them, and what containers
 * take from one another.
 */
#ifndef SLIPWAY_GATEWAY_ECS_VOLUME_INPUT_H
#define SLIPWAY_GATEWAY_ECS_VOLUME_INPUT_H

#include "core/shape.h"

struct volume_host {
	const char *source_path;
};
struct efs_authorization_input {
	const char *access_point;
	int iam; /* index: ENABLED, DISABLED; -1: DISABLED. Nobody asks it: see efs_check.c */
};
struct efs_input {
	const char *file_system, *root;
	int encryption; /* index: ENABLED, DISABLED; -1: DISABLED */
	int64_t encryption_port;
	bool has_encryption_port;
	struct efs_authorization_input authorization;
};
struct volume_input {
	const char *name;
	struct volume_host host;
	struct efs_input efs;
	bool has_efs;
	json_t *docker, *fsx;
};

struct mount_input {
	const char *volume, *path;
	bool readonly;
};
struct take_input {
	const char *container;
	bool readonly;
};

/* Lists of these are lists of the structs above, in that order. */
extern const struct shape volume_shape, mount_shape, take_shape;

struct definition_input;

/* ERR_INVALID with the API's message for the first rule of every definition that is
 * broken, and of Fargate's. */
int volumes_check(const struct definition_input *input, struct err *err) MUST_CHECK;
int volumes_check_fargate(const struct definition_input *input, struct err *err) MUST_CHECK;

#endif
