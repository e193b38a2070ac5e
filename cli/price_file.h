/* SPDX-License-Identifier: Apache-2.0 */
/* Where the price list is. */
#ifndef SLIPWAY_CLI_PRICE_FILE_H
#define SLIPWAY_CLI_PRICE_FILE_H

#include "core/err.h"

/* @option if given; else what the servers were told (`prices`); else STATE/prices.conf, the
 * operator's; else the shipped one: the copy that `slipway up` laid into STATE/libexec, or what
 * lies beside the program. The caller frees *ret_path. */
int price_file_find(const char *option, const char *state_dir, char **ret_path, struct err *err)
	MUST_CHECK;

#endif
