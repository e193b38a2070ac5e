/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of variables, as Docker's --env-file reads it: NAME=VALUE lines, `#` begins a
 * comment, the value is everything behind the first `=` as it stands. Pure.
 */
#ifndef SLIPWAY_PROVISIONER_ENV_FILE_H
#define SLIPWAY_PROVISIONER_ENV_FILE_H

#include "core/arena.h"
#include "core/err.h"
#include "store/task_spec.h"

#define ENV_FILE_MAX	   (256u * 1024) /* bytes of one */
#define ENV_FILE_LINE_MAX  (64u * 1024)	 /* Docker's */
#define ENV_FILE_LINES_MAX 4096		 /* as many variables as a container can have */

struct env_file {
	struct spec_variable *variables;
	size_t count;
};

/* Names and values live in @arena. ERR_INVALID names the line, never what is in it. */
int env_file_parse(const char *text, size_t len, struct arena *arena, struct env_file *ret_file,
		   struct err *err) MUST_CHECK;

#endif
