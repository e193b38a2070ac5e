/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text, into a buffer with a maximum.
 */
#ifndef SLIPWAY_CORE_JSON_WRITE_H
#define SLIPWAY_CORE_JSON_WRITE_H

#include <jansson.h>

#include "core/buf.h"

/* Append @value as short as can be; texts as they are, of a number's digits thirteen. */
int json_write(struct buf *out, const json_t *value, struct err *err) MUST_CHECK;
/* Append @len bytes of UTF-8 as a string, with its quotes. */
int json_write_text(struct buf *out, const char *text, size_t len, struct err *err) MUST_CHECK;

#endif
