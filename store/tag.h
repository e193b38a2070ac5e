/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags of resources, by the resource's ARN (which holds the account).
 */
#ifndef SLIPWAY_STORE_TAG_H
#define SLIPWAY_STORE_TAG_H

#include "core/arena.h"
#include "store/db.h"

#define TAGS_MAX 50 /* of one resource: the API's limit */

struct tag {
	const char *key, *value;
};

/* Adds or replaces; ERR_LIMIT if there would be more than TAGS_MAX. */
int tag_put(struct db *db, const char *arn, const struct tag *tags, size_t count, struct err *err)
	MUST_CHECK;
int tag_remove(struct db *db, const char *arn, const char *const *keys, size_t count,
	       struct err *err) MUST_CHECK;
int tag_list(struct db *db, const char *arn, struct arena *arena, struct tag **ret_tags,
	     size_t *ret_count, struct err *err) MUST_CHECK;
int tag_clear(struct db *db, const char *arn, struct err *err) MUST_CHECK;

#endif
