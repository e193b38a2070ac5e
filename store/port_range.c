/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digits, one '-', digits.
 */
#include "store/port_range.h"

#include <string.h>

#define DIGITS	 "0123456789"
#define PORT_MAX 65535

/* 0 if there is no port at @text; *ret_len is the length of its digits. */
static unsigned read_port(const char *text, size_t *ret_len)
{
	unsigned port = 0;

	*ret_len = strspn(text, DIGITS);
	if (*ret_len > 5)
		return 0;
	for (size_t i = 0; i < *ret_len; i++)
		port = port * 10 + (unsigned)(text[i] - '0');
	return port <= PORT_MAX ? port : 0;
}

int port_range_read(const char *text, uint16_t *ret_first, uint16_t *ret_last)
{
	size_t len;
	unsigned first = read_port(text, &len);
	unsigned last;

	if (first == 0 || text[len] != '-')
		return -1;
	text += len + 1;
	last = read_port(text, &len);
	if (last < first || text[len] != '\0')
		return -1;
	*ret_first = (uint16_t)first;
	*ret_last = (uint16_t)last;
	return 0;
}
