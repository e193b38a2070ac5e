/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing buffer. Capacity doubles, so that appending byte by byte stays
 * cheap, and is bounded by the maximum plus one byte: the zero that buf_text()
 * and vsnprintf() put behind the content never counts against the maximum.
 *
 * A secret one moves by hand instead of by realloc(), which leaves the old place as
 * it was, and holds nothing behind its content.
 */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The first allocation: most buffers hold a line or a small document. */
#define BUF_FIRST 256

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max};
}

void buf_init_secret(struct buf *buf, size_t max)
{
	*buf = (struct buf){.max = max, .secret = true};
}

/* What lies behind the first @len bytes. */
static void wipe_behind(struct buf *buf, size_t len)
{
	if (buf->secret && buf->len > len)
		explicit_bzero(buf->data + len, buf->len - len);
}

static void give_back(struct buf *buf)
{
	wipe_behind(buf, 0);
	free(buf->data);
}

void buf_done(struct buf *buf)
{
	give_back(buf);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

static uint8_t *move(struct buf *buf, size_t cap)
{
	uint8_t *data;

	if (!buf->secret)
		return realloc(buf->data, cap);
	data = malloc(cap);
	if (!data)
		return NULL;
	if (buf->len > 0)
		memcpy(data, buf->data, buf->len);
	give_back(buf);
	return data;
}

/* Have room for @len counted bytes and @extra uncounted ones behind them. */
static int grow(struct buf *buf, size_t len, size_t extra, struct err *err)
{
	size_t needed;
	size_t cap;
	uint8_t *data;

	if (len > buf->max - buf->len)
		return err_set(err, ERR_LIMIT, "more than %zu bytes", buf->max);
	if (__builtin_add_overflow(buf->len + len, extra, &needed))
		return err_set(err, ERR_LIMIT, "more than %zu bytes", buf->max);
	if (needed <= buf->cap)
		return 0;
	cap = buf->cap > SIZE_MAX / 2 ? needed : buf->cap * 2;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	if (cap > buf->max)
		cap = buf->max;
	if (cap < needed)
		cap = needed;
	data = move(buf, cap);
	if (!data)
		return err_set(err, ERR_NO_SPACE, "no memory for %zu bytes", cap);
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int buf_append(struct buf *buf, const void *bytes, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	if (grow(buf, len, 0, err) < 0)
		return -1;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	return 0;
}

int buf_append_text(struct buf *buf, const char *text, struct err *err)
{
	return buf_append(buf, text, strlen(text), err);
}

int buf_printf(struct buf *buf, struct err *err, const char *fmt, ...)
{
	va_list args;
	va_list again;
	int len;
	int result = -1;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len < 0) {
		(void)err_set(err, ERR_SYSTEM, "text cannot be formatted");
	} else if (grow(buf, (size_t)len, 1, err) == 0) {
		(void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
		result = 0;
	}
	va_end(again);
	va_end(args);
	return result;
}

int buf_reserve(struct buf *buf, size_t len, uint8_t **ret_room, struct err *err)
{
	/* One byte more, so that the room of an empty reservation is a pointer too. */
	if (grow(buf, len, 1, err) < 0)
		return -1;
	*ret_room = buf->data + buf->len;
	return 0;
}

void buf_added(struct buf *buf, size_t len)
{
	if (len > buf->cap - buf->len || len > buf->max - buf->len)
		abort(); /* the caller wrote past its room: our mistake */
	buf->len += len;
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf_clear(buf);
		return;
	}
	memmove(buf->data, buf->data + len, buf->len - len);
	wipe_behind(buf, buf->len - len);
	buf->len -= len;
}

void buf_clear(struct buf *buf)
{
	wipe_behind(buf, 0);
	buf->len = 0;
}

const char *buf_text(struct buf *buf)
{
	struct err err;

	if (grow(buf, 0, 1, &err) < 0)
		return NULL;
	buf->data[buf->len] = '\0';
	return (const char *)buf->data;
}
