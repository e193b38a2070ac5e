/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files logs*.c share.
 */
#ifndef SLIPWAY_STORE_LOGS_PRIVATE_H
#define SLIPWAY_STORE_LOGS_PRIVATE_H

#include "store/logs.h"

#define LOG_EVENT_OVERHEAD 26 /* bytes that the API counts with each message */
#define LOG_DAY_MS	   (24 * 60 * 60 * 1000LL)
#define LOG_SQL_MAX	   1024

/* The account of deleted groups, which no account has. */
#define LOG_DELETED_ACCOUNT ""

/* The numbers behind names: ERR_NOT_FOUND says which one is missing. */
int log_group_id(struct db *db, const char *account, const char *group, int64_t *ret_id,
		 struct err *err) MUST_CHECK;
int log_stream_id(struct db *db, int64_t group_id, const char *stream, int64_t *ret_id,
		  struct err *err) MUST_CHECK;
int log_stream_insert(struct db *db, int64_t group_id, const char *stream, int64_t now_ms,
		      struct err *err) MUST_CHECK;

/* Add @bytes (may be negative) to what stream, group and all together take. */
int log_count_bytes(struct db *db, int64_t group_id, int64_t stream_id, int64_t bytes,
		    struct err *err) MUST_CHECK;

#endif
