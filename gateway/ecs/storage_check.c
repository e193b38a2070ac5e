/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage that outlives tasks is folders of the host, under the names that the configuration
 * gives them; nobody can make one through the API. A name that leads nowhere is
 * refused when it is said, and not at every start.
 */
#include "gateway/ecs/storage_check.h"

#include "gateway/ecs/efs_check.h"
#include "gateway/ecs/env_files_check.h"

int storage_check(const struct definition_input *input, const struct call *call, struct err *err)
{
	const struct container_input *containers = input->containers.items;
	const struct volume_input *volumes = input->volumes.items;
	size_t shared = 0;

	for (size_t i = 0; i < input->volumes.count; i++) {
		shared += volumes[i].has_efs;
		if (shared > FILE_SYSTEMS_MAX)
			return err_set(err, ERR_INVALID, "a task can have %d EFS volumes at most.",
				       FILE_SYSTEMS_MAX);
		if (efs_check_place(&volumes[i], i, call, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < input->containers.count; i++) {
		if (env_files_check_buckets(&containers[i], i, call, err) < 0)
			return -1;
	}
	return 0;
}
