/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image store that the configuration describes: the same for the provisioner and for the
 * operator's command, each with a folder of its own for passwords.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_OPEN_H
#define SLIPWAY_PROVISIONER_IMAGE_OPEN_H

#include "provisioner/image_store.h"
#include "provisioner/options.h"

/* Folders for passwords in the run folder that are not the provisioner's own begin so. */
#define IMAGE_AUTH_PREFIX "auth-"

/* @auth_dir is made anew; @options are borrowed until the store is freed. */
int image_open(const struct shared_options *shared, const struct provisioner_options *options,
	       const char *auth_dir, struct image_store **ret_store, struct err *err) MUST_CHECK;

/* Remove passwords that a command left in @run_dir because it was killed: those older than any
 * pull may take. */
int image_forget_passwords(const char *run_dir, struct err *err) MUST_CHECK;

#endif
