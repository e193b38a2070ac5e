/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between the quotes of a JSON string, in the characters that it means.
 * Patterns and events are read by the same rule, so what is equal to people is equal here.
 */
#ifndef SLIPWAY_EVENTS_JSON_ESCAPE_H
#define SLIPWAY_EVENTS_JSON_ESCAPE_H

#include "core/common.h"

/*
 * Write the @len bytes at @from without their escapes to @to, which has room for as many and
 * may be @from itself. Returns how many were written, SIZE_MAX for an escape that is none.
 * Half a surrogate pair becomes the three bytes that its number has, which no text holds.
 */
size_t event_json_unescape(const char *from, size_t len, char *to);

/* Write the character of this number to @to, which has room for four bytes; returns how many. */
size_t event_utf8_put(uint32_t number, char *to);

#endif
