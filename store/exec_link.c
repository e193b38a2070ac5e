/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages that are more than their bytes.
 */
#include "store/exec_link.h"

#include <string.h>

#define ID_LEN	  32
#define TOKEN_LEN 64

static unsigned get16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A terminal of no size is what programs know least how to live with. */
static unsigned side(unsigned value)
{
	if (value == 0)
		return 1;
	return value < EXEC_LINK_SIDE_MAX ? value : EXEC_LINK_SIDE_MAX;
}

static void get_size(const uint8_t *at, struct exec_link_size *size)
{
	size->rows = side(get16(at));
	size->columns = side(get16(at + 2));
}

static void put_size(uint8_t *at, struct exec_link_size size)
{
	put16(at, side(size.rows));
	put16(at + 2, side(size.columns));
}

int exec_link_read_resize(const uint8_t *message, size_t len, struct exec_link_size *ret_size,
			  struct err *err)
{
	if (len != EXEC_LINK_RESIZE_SIZE)
		return err_set(err, ERR_INVALID, "a resize has %zu bytes", len);
	get_size(message + 1, ret_size);
	return 0;
}

void exec_link_write_resize(uint8_t ret[EXEC_LINK_RESIZE_SIZE], struct exec_link_size size)
{
	ret[0] = EXEC_LINK_RESIZE;
	put_size(ret + 1, size);
}

bool exec_link_is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

int exec_link_read_open(const uint8_t *message, size_t len, struct exec_link_open *ret_open,
			struct err *err)
{
	struct exec_link_open open = {.terminal = false};
	bool start = len > 0 && message[0] == EXEC_LINK_START;
	const uint8_t *at = message + 1;

	if (len != (start ? EXEC_LINK_START_SIZE : EXEC_LINK_OPEN_SIZE) ||
	    (!start && message[0] != EXEC_LINK_OPEN))
		return err_set(err, ERR_INVALID, "the first message has another form");
	if (!start) {
		memcpy(open.id, at, ID_LEN);
		memcpy(open.token, at + ID_LEN, TOKEN_LEN);
		at += ID_LEN + TOKEN_LEN;
		if (!exec_link_is_hex(open.id, ID_LEN) || !exec_link_is_hex(open.token, TOKEN_LEN))
			return err_set(err, ERR_INVALID, "a session's id or token is no hex");
	}
	open.terminal = at[0] != 0;
	get_size(at + 1, &open.size);
	*ret_open = open;
	return 0;
}

void exec_link_write_start(uint8_t ret[EXEC_LINK_START_SIZE], const struct exec_link_open *open)
{
	ret[0] = EXEC_LINK_START;
	ret[1] = open->terminal;
	put_size(ret + 2, open->size);
}

void exec_link_write_open(uint8_t ret[EXEC_LINK_OPEN_SIZE], const struct exec_link_open *open)
{
	ret[0] = EXEC_LINK_OPEN;
	memcpy(ret + 1, open->id, ID_LEN);
	memcpy(ret + 1 + ID_LEN, open->token, TOKEN_LEN);
	ret[1 + ID_LEN + TOKEN_LEN] = open->terminal;
	put_size(ret + 2 + ID_LEN + TOKEN_LEN, open->size);
}
