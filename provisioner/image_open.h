/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image store that the configuration describes: the same for the provisioner and for the
 * operator's command.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_OPEN_H
#define SLIPWAY_PROVISIONER_IMAGE_OPEN_H

#include "provisioner/image_store.h"
#include "provisioner/options.h"

/* @options are borrowed until the store is freed. */
int image_open(const struct shared_options *shared, const struct provisioner_options *options,
	       struct image_store **ret_store, struct err *err) MUST_CHECK;

#endif
