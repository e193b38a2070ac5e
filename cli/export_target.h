/* SPDX-License-Identifier: Apache-2.0 */
/* Where an export goes: a file, standard output, or a webhook. */
#ifndef SLIPWAY_CLI_EXPORT_TARGET_H
#define SLIPWAY_CLI_EXPORT_TARGET_H

#include "billing/usage_shape.h"

struct export_target;

struct export_target_options {
	const char *to;			  /* "-", "https://...", or a path */
	const char *token_file, *ca_file; /* of a webhook; NULL: none */
	const struct usage_shape *shape;
	bool patient; /* a webhook is tried for ever */
};

/* @options' texts are borrowed. ERR_INVALID names the option that is wrong. */
int export_target_open(const struct export_target_options *options,
		       struct export_target **ret_target, struct err *err) MUST_CHECK;
void export_target_free(struct export_target *target); /* takes NULL */

/* What it is known by: the whole path of a file, the URL of a webhook; NULL for standard output.
 * Borrowed. */
const char *export_target_name(const struct export_target *target);
/* How many lines it takes at a time. */
size_t export_target_batch_max(const struct export_target *target);

/* Deliver @lines. 0: they have arrived, and a file has them on its disk. */
int export_target_deliver(struct export_target *target, const struct buf *lines, struct err *err)
	MUST_CHECK;

#endif
