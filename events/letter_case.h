/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts without the difference between large and small letters, for equals-ignore-case.
 * Letters are paired one by one (Unicode's simple mapping), so "ß" is not "SS".
 */
#ifndef SLIPWAY_EVENTS_LETTER_CASE_H
#define SLIPWAY_EVENTS_LETTER_CASE_H

#include "core/common.h"

/* The room that event_case_fold() may need for @len bytes: a letter's partner has at most
 * one byte more, and only if it has two itself. */
#define EVENT_CASE_ROOM(len) ((len) + (len) / 2 + 1)

/* Write the @len bytes at @from to @to; what is not UTF-8 stays as it is. Returns the length. */
size_t event_case_fold(const char *from, size_t len, char *to);

#endif
