/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One configuration file serves all programs, but no program knows the tables of
 * another (the gateway must not even link the provisioner's). Here stand the names
 * of every program's own keys, so that each accepts the others' keys and still
 * refuses a misspelt one. The tests of each program compare its table with its list.
 */
#ifndef SLIPWAY_STORE_OPTION_NAMES_H
#define SLIPWAY_STORE_OPTION_NAMES_H

#include "store/options.h"

/* Only `key` of these rows means something. */
extern const struct conf_table gateway_option_names;
extern const struct conf_table provisioner_option_names;
/* Its user and group are the gateway's. */
extern const struct conf_table relay_option_names;

/*
 * Defaults, then the file at @path (NULL: none), into @shared and into @target by
 * @own, the program's table. Keys of the other programs are accepted and left
 * alone. conf_done() both also after a failure, if they were zeroed before.
 */
int shared_options_read(const char *path, struct shared_options *shared,
			const struct conf_table *own, void *target, struct err *err) MUST_CHECK;

#endif
