/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nextToken: where the next page of a list begins. A token names the list that
 * it belongs to and the last item of the page before; it holds nothing secret and
 * is believed in nothing but a place, since every query is bound to its account.
 */
#ifndef SLIPWAY_GATEWAY_PAGE_TOKEN_H
#define SLIPWAY_GATEWAY_PAGE_TOKEN_H

#include "core/arena.h"
#include "core/err.h"

#define PAGE_TOKEN_MAX 2048 /* bytes that are looked at */

/* A token for @list ("ListTasks/default") behind @last. In the arena. */
int page_token_make(struct arena *arena, const char *list, const char *last, const char **ret_token,
		    struct err *err) MUST_CHECK;
/* The last item behind which to go on; ERR_INVALID for a token of another list or none at all. */
int page_token_read(struct arena *arena, const char *list, const char *token, const char **ret_last,
		    struct err *err) MUST_CHECK;

#endif
