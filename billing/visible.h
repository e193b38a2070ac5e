/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and tags are told to people; what they contain must not move a terminal's cursor, nor turn
 * the direction of what is beside them around.
 */
#ifndef SLIPWAY_BILLING_VISIBLE_H
#define SLIPWAY_BILLING_VISIBLE_H

#include "core/common.h"

/* Bytes of the first character of @text, which is not empty; *ret_visible: it can be shown as it
 * is. What is not UTF-8 is taken a byte at a time, and cannot. */
size_t visible_character(const char *text, bool *ret_visible);

#endif
