/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transitEncryption, its port and iam are kept and change nothing: the folder is on the task's
 * own host, so nothing of it travels, and a file system of the configuration lets every task
 * in, as one of EFS without a policy does. Their rules hold all the same.
 */
#include "gateway/ecs/efs_check.h"

#include <string.h>

#define ENABLED	  0
#define ARENA_MAX (16u * 1024)

int efs_check(const struct volume_input *volume, struct err *err)
{
	const struct efs_input *efs = &volume->efs;
	bool encrypted = efs->encryption == ENABLED;

	if (!volume->has_efs)
		return 0;
	if (shape_given(volume->host.source_path))
		return err_set(err, ERR_INVALID,
			       "When the volume parameter is specified, only one volume "
			       "configuration type should be used.");
	if (!shape_given(efs->file_system))
		return err_set(err, ERR_INVALID,
			       "EFSVolumeConfiguration.fileSystemId should not be null or empty.");
	if (efs->has_encryption_port && efs->encryption_port > 0 && !encrypted)
		return err_set(err, ERR_INVALID,
			       "TransitEncryptionPort requires that TransitEncryption is enabled");
	if (efs->authorization.iam == ENABLED && !encrypted)
		return err_set(err, ERR_INVALID,
			       "EFS IAM authorization requires TransitEncryption to be enabled");
	if (!shape_given(efs->authorization.access_point))
		return 0;
	if (!encrypted)
		return err_set(err, ERR_INVALID,
			       "EFS access points require TransitEncryption to be enabled");
	if (shape_given(efs->root) && strcmp(efs->root, "/") != 0)
		return err_set(err, ERR_INVALID,
			       "When using an EFS access point, the root directory must either be "
			       "set to \"/\" or be omitted");
	return 0;
}

int efs_check_place(const struct volume_input *volume, size_t index, const struct call *call,
		    struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct file_system_place place;
	struct err why = ERR_INIT;

	if (!volume->has_efs ||
	    file_system_find(&call->options->file_systems, call->caller.account,
			     volume->efs.file_system, volume->efs.root,
			     volume->efs.authorization.access_point, arena, &place, &why) == 0)
		return 0;
	return err_set(err, ERR_INVALID, "volumes[%zu].efsVolumeConfiguration: %s.", index,
		       why.text);
}
