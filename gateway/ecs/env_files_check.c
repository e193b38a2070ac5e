/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the object is there is found out by each launch, as with the service. Its bucket is
 * another matter: one that the configuration does not have cannot appear by anything that
 * a client does.
 */
#include "gateway/ecs/env_files_check.h"

#include <string.h>

#include "store/host_folder.h"
#include "store/object_reference.h"

#define FILES_MAX	10 /* the API's */
#define SUFFIX		".env"
#define REFERENCE_ARENA (16u * 1024) /* some copies of one reference */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

int env_files_check(const struct container_input *container, struct err *err)
{
	const struct env_file_input *files = container->env_files.items;
	struct err ignored = ERR_INIT;

	if (container->env_files.count > FILES_MAX)
		return err_set(err, ERR_INVALID,
			       "A container can have at most %d environment files. Container: '%s'",
			       FILES_MAX, container->name);
	for (size_t i = 0; i < container->env_files.count; i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(REFERENCE_ARENA);
		struct object_reference object;

		if (object_reference_parse(files[i].value, arena, &object, &ignored) < 0)
			return err_set(err, ERR_INVALID, "Invalid arn syntax.");
		if (!ends_with(object.key, SUFFIX))
			return err_set(err, ERR_INVALID,
				       "The name of an environment file must end with " SUFFIX
				       ". Container: '%s', environmentFiles[%zu].value",
				       container->name, i);
	}
	return 0;
}

int env_files_check_role(const struct definition_input *input,
			 const struct container_input *container, struct err *err)
{
	if (container->env_files.count == 0 || shape_given(input->execution_role))
		return 0;
	return err_set(err, ERR_INVALID,
		       "When you are specifying container environment files, you must also specify "
		       "a value for 'executionRoleArn'.");
}

int env_files_check_buckets(const struct container_input *container, size_t index,
			    const struct call *call, struct err *err)
{
	const struct env_file_input *files = container->env_files.items;

	for (size_t i = 0; i < container->env_files.count; i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(REFERENCE_ARENA);
		struct object_reference object;

		if (object_reference_parse(files[i].value, arena, &object, err) < 0)
			return -1;
		if (!host_folder_find(call->options->buckets, object.bucket, call->caller.account,
				      arena))
			return err_set(err, ERR_INVALID,
				       "containerDefinitions[%zu].environmentFiles[%zu].value: the "
				       "bucket '%s' is not in the configuration of this Slipway.",
				       index, i, object.bucket);
	}
	return 0;
}
