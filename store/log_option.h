/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One option of a container's logConfiguration.
 */
#ifndef SLIPWAY_STORE_LOG_OPTION_H
#define SLIPWAY_STORE_LOG_OPTION_H

#include "core/shape.h"

/* Its text, borrowed, if it is given and not empty; else NULL. @options: struct shape_pair. */
const char *log_option(const struct shape_list *options, const char *name);

#endif
