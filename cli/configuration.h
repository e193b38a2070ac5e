/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STATE/slipway.conf as `slipway up` writes it: what this installation needs, and
 * behind it the operator's own lines of STATE/local.conf. What the operator sets is
 * not generated; the list of plain HTTP registries is the one key that is joined.
 */
#ifndef SLIPWAY_CLI_CONFIGURATION_H
#define SLIPWAY_CLI_CONFIGURATION_H

#include "core/buf.h"

struct configuration_line {
	const char *key;
	const char *value;
	bool joined; /* the operator's value comes behind ours, after a comma */
};

/* The value of @key in @local (text of a file, or NULL). false if it is not set. The caller frees
 * *ret_value. */
bool configuration_value(const char *local, const char *key, char **ret_value);

/* Generated lines that @local does not set itself, then @local. */
int configuration_write(const struct configuration_line *lines, size_t count, const char *local,
			struct buf *out, struct err *err) MUST_CHECK;

#endif
