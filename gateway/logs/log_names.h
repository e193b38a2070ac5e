/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of log groups and streams in requests: checked as the API checks them,
 * a group by name or by ARN.
 */
#ifndef SLIPWAY_GATEWAY_LOGS_LOG_NAMES_H
#define SLIPWAY_GATEWAY_LOGS_LOG_NAMES_H

#include "gateway/api.h"
#include "store/logs.h"

#define LOG_NAME_MAX 512 /* of groups and of streams: the API's */

/* The group that a request names, by @name or by @identifier (a name or an ARN of
 * the caller's account); exactly one must be there. */
int log_group_name(struct call *call, const char *name, const char *identifier,
		   const char **ret_name) MUST_CHECK;
/* The rules of the names alone; the checks below answer what breaks them. */
bool log_group_name_ok(const char *name);
bool log_stream_name_ok(const char *name);
int log_group_name_check(struct call *call, const char *member, const char *name) MUST_CHECK;
int log_stream_name_check(struct call *call, const char *member, const char *name) MUST_CHECK;

/* The group's record, or the API's ResourceNotFoundException. */
int log_group_require(struct call *call, const char *name, struct log_group *ret_group) MUST_CHECK;
/* true in *ret_there if the group has the stream. */
int log_stream_there(struct call *call, const char *group, const char *stream, bool *ret_there)
	MUST_CHECK;
int log_stream_require(struct call *call, const char *group, const char *stream) MUST_CHECK;

/* arn:aws:logs:REGION:ACCOUNT:log-group:NAME, in the arena (NULL when it is full). */
const char *log_group_arn(const struct call *call, const char *group);

/* Answer for a failure of the store while the group was looked for. Returns -1. */
int log_store_failed(struct call *call, const struct err *err);

#endif
