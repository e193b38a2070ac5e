/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API destinations: where requests go, with which connection, and how many a second.
 *
 * Writers run inside the caller's transaction.
 */
#ifndef SLIPWAY_STORE_EVENT_API_DESTINATION_H
#define SLIPWAY_STORE_EVENT_API_DESTINATION_H

#include "core/arena.h"
#include "store/db.h"

struct event_api_destination {
	int64_t number; /* given by event_api_destination_create() */
	const char *account, *name, *uuid, *description;
	int64_t connection; /* its number */
	const char *connection_arn, *endpoint, *method;
	int64_t rate; /* requests a second at most */
	int64_t created_ms, modified_ms;
	bool is_authorized; /* its connection is there, and so are its parameters; not written */
};

int event_api_destination_create(struct db *db, const struct event_api_destination *destination,
				 struct err *err) MUST_CHECK; /* ERR_EXISTS */
/* All but its name, number and creation. ERR_NOT_FOUND. */
int event_api_destination_update(struct db *db, const struct event_api_destination *destination,
				 struct err *err) MUST_CHECK;
int event_api_destination_find(struct db *db, const char *account, const char *name,
			       struct arena *arena, struct event_api_destination *ret_destination,
			       struct err *err) MUST_CHECK; /* ERR_NOT_FOUND */
int event_api_destination_by_number(struct db *db, int64_t number, struct arena *arena,
				    struct event_api_destination *ret_destination, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */
/* Names behind @after in order, those with @prefix; of @connection_arn, NULL: of any. */
int event_api_destination_list(struct db *db, const char *account, const char *prefix,
			       const char *connection_arn, const char *after, size_t limit,
			       struct arena *arena, struct event_api_destination **ret_destinations,
			       size_t *ret_count, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND. What is on its way to it becomes dead letters. */
int event_api_destination_delete(struct db *db, const char *account, const char *name,
				 struct err *err) MUST_CHECK;
int event_api_destination_count(struct db *db, const char *account, int64_t *ret_count,
				struct err *err) MUST_CHECK;

#endif
