/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a task's containers name in environmentFiles, read for one launch: objects
 * of buckets, which are folders of this host. They may hold secrets, so their values live
 * where those do.
 */
#ifndef SLIPWAY_PROVISIONER_TASK_ENV_FILES_H
#define SLIPWAY_PROVISIONER_TASK_ENV_FILES_H

#include "core/conf.h"
#include "provisioner/task_secrets.h"

struct env_file_source {
	const struct conf_map *buckets; /* bucket.NAME = folder; NULL: none */
	const char *account;		/* the task's */
	const struct conf_map *roles;	/* what the execution role may do; NULL: none is known */
};

/* Whether there is anything to read. */
bool task_env_files_needed(const struct task_spec *spec);
/* Into @secrets. May wait for a slow disk. ERR_NOT_FOUND: the text is the reason for the user,
 * beginning with ResourceInitializationError. */
int task_env_files_read(const struct env_file_source *source, const struct task_spec *spec,
			struct task_secrets *secrets, struct err *err) MUST_CHECK;

#endif
