/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the servers of this installation were told, for verbs that read the state beside them.
 */
#ifndef SLIPWAY_CLI_SETTINGS_H
#define SLIPWAY_CLI_SETTINGS_H

#include "store/options.h"

/* Of STATE/slipway.conf; the defaults where there is none or this user may not read it. ERR_INVALID
 * names file and line. The caller ends it with conf_done(&shared_options_table, ...). */
int settings_read(const char *state_dir, struct shared_options *ret_shared, struct err *err)
	MUST_CHECK;

#endif
