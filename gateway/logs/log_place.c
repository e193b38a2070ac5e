/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_place.h. A token is "f/" or "b/", the time and the number, 20 digits each.
 */
#include "gateway/logs/log_place.h"

#include <stdio.h>
#include <string.h>

#define DIGITS 20

char *log_place_token(char direction, struct log_place place, char *ret)
{
	snprintf(ret, LOG_PLACE_SIZE, "%c/%020llu%020llu", direction, (unsigned long long)place.ms,
		 (unsigned long long)place.id);
	return ret;
}

static int read_number(const char *digits, int64_t *ret_value)
{
	int64_t value = 0;

	for (int i = 0; i < DIGITS; i++) {
		if (digits[i] < '0' || digits[i] > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digits[i] - '0', &value))
			return -1;
	}
	*ret_value = value;
	return 0;
}

int log_place_read(const char *token, char *ret_direction, struct log_place *ret_place,
		   struct err *err)
{
	struct log_place place;

	if (strlen(token) != 2 + 2 * DIGITS || (token[0] != 'f' && token[0] != 'b') ||
	    token[1] != '/' || read_number(token + 2, &place.ms) < 0 ||
	    read_number(token + 2 + DIGITS, &place.id) < 0)
		return err_set(err, ERR_INVALID, "The specified nextToken is invalid.");
	*ret_direction = token[0];
	*ret_place = place;
	return 0;
}
