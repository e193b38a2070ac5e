/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as the text that it is, for events: what a sender wrote reaches a target digit by digit.
 */
#ifndef SLIPWAY_EVENTS_JSON_TEXT_H
#define SLIPWAY_EVENTS_JSON_TEXT_H

#include "core/buf.h"

#define JSON_TEXT_DEPTH_MAX 1100 /* PutEvents processes "nested JSON up to 1100 levels deep" */

/* Append the one value that @text is, without blanks. ERR_INVALID with the byte where it stops
 * being JSON (RFC 8259; strings are UTF-8 and halves of surrogates come in pairs), ERR_LIMIT
 * when it is too deep or @out is full. @out may hold a part of it then. */
int json_text_minify(const char *text, size_t len, struct buf *out, struct err *err) MUST_CHECK;

/* The same check without a copy; *ret_at is the byte where it ends if it is none. */
int json_text_check(const char *text, size_t len, size_t *ret_at, struct err *err) MUST_CHECK;

#endif
