/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports as portMappings.containerPortRange has them: "8000-8010".
 */
#ifndef SLIPWAY_STORE_PORT_RANGE_H
#define SLIPWAY_STORE_PORT_RANGE_H

#include "core/common.h"

/* -1 for anything else, the last below the first included; *ret_ are untouched then. */
int port_range_read(const char *text, uint16_t *ret_first, uint16_t *ret_last) MUST_CHECK;

#endif
