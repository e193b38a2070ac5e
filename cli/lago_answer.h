/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Lago says when it refuses a batch of events (HTTP 422). It takes all of a batch or nothing,
 * and an event that it has already lets all of it fail:
 *
 *     {"status":422,"code":"validation_errors",
 *      "error_details":{"0":{"transaction_id":["value_already_exist"]}}}
 *
 * with the indexes of the events, or, where two requests met, without an index:
 *
 *      "error_details":{"transaction_id":["value_already_exist"]}
 */
#ifndef SLIPWAY_CLI_LAGO_ANSWER_H
#define SLIPWAY_CLI_LAGO_ANSWER_H

#include "core/common.h"

enum lago_answer {
	LAGO_REFUSED,	 /* something else is wrong with an event */
	LAGO_KNOWN,	 /* nothing but that Lago has some: ret_known says which, at least one */
	LAGO_SOME_KNOWN, /* the same, but it does not say which */
};

/* @count: events of the batch; @ret_known has as many. */
enum lago_answer lago_answer_read(const char *body, size_t len, size_t count, bool *ret_known);

#endif
