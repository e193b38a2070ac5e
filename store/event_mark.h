/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was accepted from a source of events which may yet offer it again. A mark is written in the
 * transaction that accepts the event, and goes when the source will not offer it any more: so what
 * is offered twice, whoever was killed when, is one event.
 */
#ifndef SLIPWAY_STORE_EVENT_MARK_H
#define SLIPWAY_STORE_EVENT_MARK_H

#include "core/arena.h"
#include "store/db.h"

/* @item is the source's own name of it; under another @value it is another event. */
int event_mark_find(struct db *db, const char *source, const char *item, const char *value,
		    bool *ret_found, struct err *err) MUST_CHECK;
/* *ret_new: it was not there with this value. */
int event_mark_put(struct db *db, const char *source, const char *item, const char *value,
		   bool *ret_new, struct err *err) MUST_CHECK;
int event_mark_forget(struct db *db, const char *source, const char *item, struct err *err)
	MUST_CHECK;
/* Items behind @after ("": from the first), in order. */
int event_mark_list(struct db *db, const char *source, const char *after, size_t limit,
		    struct arena *arena, const char ***ret_items, size_t *ret_count,
		    struct err *err) MUST_CHECK;

#endif
