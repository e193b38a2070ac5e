/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing run of bytes with a maximum. What a peer can make grow goes through
 * one of these, and reaching the maximum is an error (ERR_LIMIT), never an abort.
 */
#ifndef SLIPWAY_CORE_BUF_H
#define SLIPWAY_CORE_BUF_H

#include "core/err.h"

struct buf {
	uint8_t *data; /* owned; may be NULL while empty; not zero-terminated */
	size_t len;    /* bytes in use */
	size_t cap;    /* bytes allocated */
	size_t max;    /* len never exceeds this */
	bool secret;   /* what is consumed or given back is wiped */
};

void buf_init(struct buf *buf, size_t max);
/* The same for bytes that nobody may find in freed memory. */
void buf_init_secret(struct buf *buf, size_t max);
void buf_done(struct buf *buf); /* frees; takes half-built ones and buf_done twice */

int buf_append(struct buf *buf, const void *bytes, size_t len, struct err *err) MUST_CHECK;
int buf_append_text(struct buf *buf, const char *text, struct err *err) MUST_CHECK;
int buf_printf(struct buf *buf, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_CHECK;

/* Room for @len more bytes at *ret_room; they count once buf_added() is called. */
int buf_reserve(struct buf *buf, size_t len, uint8_t **ret_room, struct err *err) MUST_CHECK;
void buf_added(struct buf *buf, size_t len);

/* Drop the first @len bytes (at most all). */
void buf_consume(struct buf *buf, size_t len);
void buf_clear(struct buf *buf);

/* The bytes with a zero behind them (which is not counted); NULL when out of room. */
const char *buf_text(struct buf *buf);

#endif
