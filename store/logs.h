/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log groups, streams and events, in a database of their own (logs.db): written
 * by the provisioner (output of containers) and by the gateway (PutLogEvents),
 * read by the gateway. The number of the agent's last report is kept in the same
 * transaction as its lines, so a report is written exactly once, whoever is killed when.
 */
#ifndef SLIPWAY_STORE_LOGS_H
#define SLIPWAY_STORE_LOGS_H

#include "core/arena.h"
#include "store/db.h"

/*
 * Where the provisioner writes a container's output: with the awslogs driver the
 * stream PREFIX/CONTAINER/TASKID of the group that the options name; without a
 * logConfiguration CONTAINER/TASKID of this group, which it makes by itself, so that
 * the output of every task can be read.
 */
#define LOGS_TASKS_GROUP "/slipway/tasks"

#define LOGS_MESSAGE_MAX (256u * 1024 - 26) /* bytes of an event: the API's limit */

struct log_group {
	const char *name;
	int64_t created_ms, retention_days /* 0: for ever */, stored_bytes;
};
struct log_stream {
	const char *name;
	int64_t created_ms, first_event_ms, last_event_ms, last_ingestion_ms, stored_bytes;
};
struct log_event {
	int64_t id, timestamp_ms, ingestion_ms;
	const char *stream;
	const char *message;
	size_t message_len;
};

int log_group_create(struct db *db, const char *account, const char *group, int64_t now_ms,
		     struct err *err) MUST_CHECK; /* ERR_EXISTS */
int log_group_delete(struct db *db, const char *account, const char *group, struct err *err)
	MUST_CHECK;
int log_group_find(struct db *db, const char *account, const char *group, struct arena *arena,
		   struct log_group *ret_group, struct err *err) MUST_CHECK;
int log_group_list(struct db *db, const char *account, const char *prefix, const char *after,
		   size_t limit, struct arena *arena, struct log_group **ret_groups,
		   size_t *ret_count, struct err *err) MUST_CHECK;
int log_group_retention(struct db *db, const char *account, const char *group, int64_t days,
			struct err *err) MUST_CHECK;

int log_stream_create(struct db *db, const char *account, const char *group, const char *stream,
		      int64_t now_ms, struct err *err) MUST_CHECK;
/* In the order of the last event's time (@by_time) or of names; a page begins at @offset. */
int log_stream_list(struct db *db, const char *account, const char *group, const char *prefix,
		    bool by_time, bool descending, int64_t offset, size_t limit,
		    struct arena *arena, struct log_stream **ret_streams, size_t *ret_count,
		    struct err *err) MUST_CHECK;

/* Append in one transaction; makes the stream if it is missing (the group must exist:
 * ERR_NOT_FOUND). */
int log_append(struct db *db, const char *account, const char *group, const char *stream,
	       const struct log_event *events, size_t count, int64_t now_ms, struct err *err)
	MUST_CHECK;

/* The same for one event that has a @key: with a key that was used before nothing is written. */
int log_append_once(struct db *db, const char *account, const char *group, const char *stream,
		    const struct log_event *event, const char *key, int64_t now_ms, struct err *err)
	MUST_CHECK;
/* Keys that were used before @before_ms are not used again: drop @batch of them at most.
 * *ret_more: there are more. */
int log_once_trim(struct db *db, int64_t before_ms, size_t batch, bool *ret_more, struct err *err)
	MUST_CHECK;

/* Events of a group's streams between two positions, in the order of time, then id.
 * ERR_NOT_FOUND for a group or a named stream that is not there. */
struct log_query {
	const char *account, *group;
	const char *const *streams;
	size_t stream_count;	      /* none: all */
	const char *stream_prefix;    /* or NULL */
	int64_t start_ms, end_ms;     /* start inclusive, end exclusive; end 0: no end */
	int64_t after_ms, after_id;   /* continue behind this event (0, 0: from the start) */
	int64_t before_ms, before_id; /* end before this event (0, 0: no) */
	bool newest_first;	      /* from the end, and given in that order */
	size_t limit;
	size_t byte_limit; /* of messages in one answer, but one event at least; 0: no limit */
};
int log_read(struct db *db, const struct log_query *want, struct arena *arena,
	     struct log_event **ret_events, size_t *ret_count, struct err *err) MUST_CHECK;

/* The last report of a task's agent whose lines are here (0: none); put by the provisioner
 * in the transaction of those lines. */
int log_agent_seq(struct db *db, const char *task, int64_t *ret_seq, struct err *err) MUST_CHECK;
int log_agent_seq_put(struct db *db, const char *task, int64_t seq, struct err *err) MUST_CHECK;
int log_agent_seq_drop(struct db *db, const char *task, struct err *err) MUST_CHECK;

/* Drop what is past its retention, then the oldest events until all is below @limit_bytes; at most
 * @batch events. *ret_more: call again. */
int log_trim(struct db *db, int64_t now_ms, int64_t limit_bytes, size_t batch, bool *ret_more,
	     struct err *err) MUST_CHECK;

#endif
