/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32 as Ethernet and zlib compute it. It guards against cuts and damage, not
 * against anybody's intent.
 */
#ifndef SLIPWAY_MICROVM_WIRE_CRC32_H
#define SLIPWAY_MICROVM_WIRE_CRC32_H

#include "core/common.h"

uint32_t crc32(const void *bytes, size_t len);

#endif
