/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error texts as messages can hold them.
 */
#ifndef SLIPWAY_MICROVM_AGENT_TEXT_H
#define SLIPWAY_MICROVM_AGENT_TEXT_H

#include "microvm/wire/message.h"

#define TEXT_SIZE (WIRE_TEXT_MAX + 1)

/* @begin, @text and @end one behind the other; @text is cut, at the begin of a
 * character, where the whole would be longer than WIRE_TEXT_MAX; what is not UTF-8 becomes
 * question marks. Returns @ret. */
const char *text_fit(const char *begin, const char *text, const char *end, char ret[TEXT_SIZE]);

#endif
