/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an answer ended, as a token: the time and the number of one event, and
 * the direction. Nothing in it is believed but a place in the caller's own stream.
 */
#ifndef SLIPWAY_GATEWAY_LOGS_LOG_PLACE_H
#define SLIPWAY_GATEWAY_LOGS_LOG_PLACE_H

#include "gateway/api.h"

#define LOG_PLACE_SIZE 48

struct log_place {
	int64_t ms, id;
};

/* "f/..." (forward) or "b/..." into @ret (LOG_PLACE_SIZE bytes); returns @ret. */
char *log_place_token(char direction, struct log_place place, char *ret);
/* ERR_INVALID for what is no token of ours. *ret_direction: 'f' or 'b'. */
int log_place_read(const char *token, char *ret_direction, struct log_place *ret_place,
		   struct err *err) MUST_CHECK;

#endif
