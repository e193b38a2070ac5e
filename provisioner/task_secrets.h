/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values that a task's containers name (secrets, repositoryCredentials, environmentFiles),
 * read for one launch: they live from the pull to the description that goes to the agent,
 * in memory that is wiped.
 */
#ifndef SLIPWAY_PROVISIONER_TASK_SECRETS_H
#define SLIPWAY_PROVISIONER_TASK_SECRETS_H

#include "core/seal.h"
#include "provisioner/env_file.h"
#include "provisioner/image_store.h"
#include "store/db.h"
#include "store/task.h"
#include "store/task_spec.h"

struct container_secrets {
	struct spec_variable *variables; /* of the container's environment */
	size_t count;
	bool has_login;
	struct image_login login; /* of its image's registry */
	struct env_file *files;	  /* of its environmentFiles; the last that has a name counts */
	size_t file_count;
};
struct task_secrets;

/* Whether there is anything to read, from the store or from files. */
bool task_secrets_needed(const struct task_spec *spec);
/*
 * ERR_NOT_FOUND: the text is the reason for the user, beginning with
 * ResourceInitializationError. Other errors: the store could not be read. @spec is
 * borrowed until task_secrets_free().
 */
int task_secrets_read(struct db *db, const struct seal_key *key, const char *region,
		      const char *account, const struct task_spec *spec,
		      struct task_secrets **ret_secrets, struct err *err) MUST_CHECK;
/* Takes NULL: no container has any, and the answer is NULL. */
const struct container_secrets *task_secrets_of(const struct task_secrets *secrets,
						size_t container);
/* For what is read from elsewhere: @container to be filled in, with what lives as long. */
struct container_secrets *task_secrets_at(struct task_secrets *secrets, size_t container);
struct arena *task_secrets_arena(struct task_secrets *secrets);
void task_secrets_free(struct task_secrets *secrets); /* wiped; takes NULL */
void task_secrets_freep(struct task_secrets **secrets);

#endif
