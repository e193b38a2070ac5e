/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of the file system and of the system calls, once all is open.
 */
#ifndef SLIPWAY_RELAY_SANDBOX_H
#define SLIPWAY_RELAY_SANDBOX_H

#include "relay/source.h"
#include "store/options.h"

/* Before threads start. @ca_file is read at each connection; "": it is none of ours. */
int relay_sandbox_close(const struct shared_options *shared, const struct source_options *sources,
			size_t count, const char *ca_file, struct err *err) MUST_CHECK;

#endif
