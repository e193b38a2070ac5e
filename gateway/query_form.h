/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of a query-protocol request: a form body
 * (application/x-www-form-urlencoded) or a query string, as one JSON object of
 * strings, so that shapes read them like any other input.
 */
#ifndef SLIPWAY_GATEWAY_QUERY_FORM_H
#define SLIPWAY_GATEWAY_QUERY_FORM_H

#include <jansson.h>

#include "core/err.h"

#define QUERY_FORM_MAX 256 /* parameters of one request; the API's calls have a few */

/* ERR_INVALID for a broken percent-encoding, a NUL, text that is not UTF-8, a
 * parameter given twice; ERR_LIMIT for too many. The caller owns *ret_object. */
int query_form_parse(const char *text, size_t len, json_t **ret_object, struct err *err) MUST_CHECK;

/* Decode @len bytes at @from to @to, which has room for as many and a zero; @plus: '+' is a
 * blank. ERR_INVALID for a broken percent-encoding or a NUL. */
int query_form_decode(const char *from, size_t len, bool plus, char *to, struct err *err)
	MUST_CHECK;

#endif
