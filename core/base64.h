/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base 64 as RFC 4648, section 4 has it: the form of bytes in JSON and in HTTP.
 */
#ifndef SLIPWAY_CORE_BASE64_H
#define SLIPWAY_CORE_BASE64_H

#include "core/common.h"

/* Characters of @len bytes, with the zero. */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)

void base64_encode(const void *bytes, size_t len, char *ret);
/* Whether @text is the encoding of some bytes, padded. */
bool base64_is_valid(const char *text);
/* How many bytes a valid @text is of. */
size_t base64_bytes(const char *text);
/* The bytes of a valid @text, base64_bytes() of them, into @ret. */
void base64_decode(const char *text, uint8_t *ret);

#endif
