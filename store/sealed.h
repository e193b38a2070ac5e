/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed values as columns. Private to store/, but for the question whether there are any.
 */
#ifndef SLIPWAY_STORE_SEALED_H
#define SLIPWAY_STORE_SEALED_H

#include "core/arena.h"
#include "core/base64.h"
#include "core/seal.h"
#include "store/db.h"

/* The largest that either API takes: 64 KiB of bytes, which are stored in base 64. */
#define SEALED_VALUE_MAX BASE64_SIZE(64u * 1024)

/* ERR_UNAVAILABLE without a key. */
int sealed_bind(struct db_query *query, int index, const struct seal_key *key, const char *label,
		const char *value, struct err *err) MUST_CHECK;
/* The value in a column, in @arena, which should be a secret one. */
int sealed_value(struct db_query *query, int column, const struct seal_key *key, const char *label,
		 struct arena *arena, const char **ret_value, struct err *err) MUST_CHECK;
/* The sealed bytes themselves, in base 64. */
int sealed_text(struct db_query *query, int column, struct arena *arena, const char **ret_text,
		struct err *err) MUST_CHECK;

/* Whether any value of any account lies sealed in @db. */
int sealed_any(struct db *db, bool *ret_any, struct err *err) MUST_CHECK;

#endif
