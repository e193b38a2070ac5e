/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes have names that are unique and known where they are mounted; whatever a
 * container takes from another leads back to itself nowhere. A container mounts one
 * thing at one path: what would lie under the other is a mistake.
 */
#include "gateway/ecs/volume_input.h"

#include <string.h>

#include "core/ident.h"
#include "core/path.h"
#include "gateway/ecs/definition_input.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/efs_check.h"

static const struct shape_field host_fields[] = {
	TEXT(struct volume_host, source_path, "sourcePath", 0, 0, 0),
};
static const struct shape host_shape = SHAPE_OF(struct volume_host, host_fields);

static const char *const switch_words[] = {"ENABLED", "DISABLED", NULL};

static const struct shape_field authorization_fields[] = {
	TEXT(struct efs_authorization_input, access_point, "accessPointId", 0, 0, 0),
	WORD(struct efs_authorization_input, iam, "iam", switch_words, 0),
};
static const struct shape authorization_shape =
	SHAPE_OF(struct efs_authorization_input, authorization_fields);

static const struct shape_field efs_fields[] = {
	TEXT(struct efs_input, file_system, "fileSystemId", 0, 0, SHAPE_REQUIRED),
	TEXT(struct efs_input, root, "rootDirectory", 0, FILE_SYSTEM_PATH_MAX, 0),
	WORD(struct efs_input, encryption, "transitEncryption", switch_words, 0),
	INT_SEEN(struct efs_input, encryption_port, has_encryption_port, "transitEncryptionPort", 0,
		 65535),
	OBJECT(struct efs_input, authorization, "authorizationConfig", &authorization_shape, 0),
};
static const struct shape efs_shape = SHAPE_OF(struct efs_input, efs_fields);

static const struct shape_field volume_fields[] = {
	TEXT(struct volume_input, name, "name", 0, ECS_NAME_MAX, 0),
	OBJECT(struct volume_input, host, "host", &host_shape, 0),
	JSON(struct volume_input, docker, "dockerVolumeConfiguration", 0),
	OBJECT_SEEN(struct volume_input, efs, has_efs, "efsVolumeConfiguration", &efs_shape),
	REFUSED("s3filesVolumeConfiguration"),
	JSON(struct volume_input, fsx, "fsxWindowsFileServerVolumeConfiguration", 0),
	REFUSED("configuredAtLaunch"),
};
const struct shape volume_shape = SHAPE_OF(struct volume_input, volume_fields);

static const struct shape_field mount_fields[] = {
	TEXT(struct mount_input, volume, "sourceVolume", 0, ECS_NAME_MAX, 0),
	TEXT(struct mount_input, path, "containerPath", 0, 4095, 0),
	BOOL(struct mount_input, readonly, "readOnly", 0),
};
const struct shape mount_shape = SHAPE_OF(struct mount_input, mount_fields);

static const struct shape_field take_fields[] = {
	TEXT(struct take_input, container, "sourceContainer", 0, ECS_NAME_MAX, 0),
	BOOL(struct take_input, readonly, "readOnly", 0),
};
const struct shape take_shape = SHAPE_OF(struct take_input, take_fields);

static bool has_volume(const struct definition_input *input, const char *name)
{
	const struct volume_input *volumes = input->volumes.items;

	for (size_t i = 0; i < input->volumes.count; i++) {
		if (shape_given(name) && strcmp(volumes[i].name, name) == 0)
			return true;
	}
	return false;
}

static int check_names(const struct definition_input *input, struct err *err)
{
	const struct volume_input *volumes = input->volumes.items;

	for (size_t i = 0; i < input->volumes.count; i++) {
		if (volumes[i].docker && !shape_asks_for_nothing(volumes[i].docker))
			return err_set(err, ERR_INVALID,
				       "Fargate compatible task definitions do not support "
				       "dockerVolumeConfiguration");
		if (volumes[i].fsx && !shape_asks_for_nothing(volumes[i].fsx))
			return err_set(err, ERR_INVALID,
				       "Fargate compatible task definitions do not support "
				       "fsxWindowsFileServerVolumeConfiguration");
		if (!shape_given(volumes[i].name))
			return err_set(err, ERR_INVALID,
				       "Volume.name should not be null or empty.");
		if (!ident_is_name(volumes[i].name, ECS_NAME_MAX))
			return err_set(err, ERR_INVALID,
				       "Volume.name contains invalid characters.");
		if (efs_check(&volumes[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(volumes[i].name, volumes[j].name) == 0)
				return err_set(err, ERR_INVALID,
					       "Volume names must be unique. Volume: '%s'",
					       volumes[i].name);
		}
	}
	return 0;
}

static int check_path(const struct container_input *container, const char *path, struct err *err)
{
	if (!shape_given(path) || path[0] != '/' || path_is_same(path, "/"))
		return err_set(err, ERR_INVALID,
			       "containerPath must be an absolute path below /. Container: '%s'",
			       container->name);
	return 0;
}

static int err_twice(const struct container_input *container, const char *path, struct err *err)
{
	return err_set(err, ERR_INVALID, "Duplicate mount point: %s. Container: '%s'", path,
		       container->name);
}

static int check_mounts(const struct definition_input *input,
			const struct container_input *container, struct err *err)
{
	const struct mount_input *mounts = container->mounts.items;
	const struct tmpfs_input *tmpfs = container->linux_parameters.tmpfs.items;

	for (size_t i = 0; i < container->mounts.count; i++) {
		if (!has_volume(input, mounts[i].volume))
			return err_set(err, ERR_INVALID, "Unknown volume '%s'.",
				       mounts[i].volume ? mounts[i].volume : "");
		if (check_path(container, mounts[i].path, err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (path_is_same(mounts[i].path, mounts[j].path))
				return err_twice(container, mounts[i].path, err);
		}
	}
	for (size_t i = 0; i < container->linux_parameters.tmpfs.count; i++) {
		if (check_path(container, tmpfs[i].path, err) < 0)
			return -1;
		for (size_t j = 0; j < container->mounts.count; j++) {
			if (path_is_same(tmpfs[i].path, mounts[j].path))
				return err_twice(container, tmpfs[i].path, err);
		}
		for (size_t j = 0; j < i; j++) {
			if (path_is_same(tmpfs[i].path, tmpfs[j].path))
				return err_twice(container, tmpfs[i].path, err);
		}
	}
	return 0;
}

/* -1 if there is none. */
static int find_container(const struct definition_input *input, const char *name)
{
	const struct container_input *containers = input->containers.items;

	for (size_t i = 0; i < input->containers.count; i++) {
		if (shape_given(name) && strcmp(containers[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* Who takes from itself by way of others, if any: what each takes from is known, then
 * what those take from, as often as there are containers. */
static int check_circles(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	unsigned sources[DEFINITION_CONTAINERS_MAX] = {0}; /* a bit a container */
	size_t count = input->containers.count;

	for (size_t i = 0; i < count; i++) {
		const struct take_input *taken = containers[i].taken.items;

		for (size_t j = 0; j < containers[i].taken.count; j++)
			sources[i] |= 1u << find_container(input, taken[j].container);
	}
	for (size_t way = 0; way < count; way++) {
		for (size_t i = 0; i < count; i++) {
			if (sources[i] & (1u << way))
				sources[i] |= sources[way];
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (sources[i] & (1u << i))
			return err_set(err, ERR_INVALID,
				       "Invalid 'volumesFrom' setting. Container '%s' takes "
				       "volumes from itself.",
				       containers[i].name);
	}
	return 0;
}

static int check_taken(const struct definition_input *input, size_t index, struct err *err)
{
	const struct container_input *container =
		(const struct container_input *)input->containers.items + index;
	const struct take_input *taken = container->taken.items;

	for (size_t i = 0; i < container->taken.count; i++) {
		if (find_container(input, taken[i].container) < 0)
			return err_set(err, ERR_INVALID,
				       "Invalid 'volumesFrom' setting. Unknown container: '%s'",
				       taken[i].container ? taken[i].container : "");
		for (size_t j = 0; j < i; j++) {
			if (strcmp(taken[i].container, taken[j].container) == 0)
				return err_set(err, ERR_INVALID,
					       "Invalid 'volumesFrom' setting. Duplicate "
					       "container: '%s'",
					       taken[i].container);
		}
	}
	return 0;
}

int volumes_check(const struct definition_input *input, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	size_t count = input->containers.count;

	if (check_names(input, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (check_mounts(input, &containers[i], err) < 0 || check_taken(input, i, err) < 0)
			return -1;
	}
	return check_circles(input, err);
}

int volumes_check_fargate(const struct definition_input *input, struct err *err)
{
	const struct volume_input *volumes = input->volumes.items;

	for (size_t i = 0; i < input->volumes.count; i++) {
		if (shape_given(volumes[i].host.source_path))
			return err_set(
				err, ERR_INVALID,
				"Fargate compatible task definitions do not support sourcePath");
	}
	return 0;
}
