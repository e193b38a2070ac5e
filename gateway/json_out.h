/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON for answers: small verbs over jansson that leave out what is not
 * there, so that handlers read as lists of members.
 *
 * Running out of memory here ends the program: an answer is bounded by what one
 * request may ask for. Text that is not UTF-8 (a guest's last words) is written
 * with '?' for the bytes that are wrong.
 */
#ifndef SLIPWAY_GATEWAY_JSON_OUT_H
#define SLIPWAY_GATEWAY_JSON_OUT_H

#include <jansson.h>

#include "core/common.h"

json_t *out_object(void);
json_t *out_list(void);
json_t *out_string(const char *text);

/* Each puts one member; text that is NULL or "" and a time of 0 put none. */
void out_text(json_t *object, const char *name, const char *text);
void out_textf(json_t *object, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void out_int(json_t *object, const char *name, int64_t value);
void out_bool(json_t *object, const char *name, bool value);
/* Milliseconds since 1970 as the API writes times: seconds with three decimals. */
void out_time(json_t *object, const char *name, int64_t wall_ms);
/* Takes @value; NULL puts none. */
void out_put(json_t *object, const char *name, json_t *value);
/* Takes @value. */
void out_push(json_t *list, json_t *value);
/* {"name": NAME, "value": VALUE}, a form that the API likes. */
json_t *out_pair(const char *name, const char *value);

/* A document of ours that was stored as text; a new, empty object or list if it
 * is NULL or damaged. */
json_t *out_stored_object(const char *text);
json_t *out_stored_list(const char *text);

/* As text, members in their order, times with their decimals. free() it. */
char *out_dump(const json_t *value);

#endif
