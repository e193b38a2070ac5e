/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of an account, as SSM has them: a name, a type, and numbered versions of the
 * value, which all lie sealed whatever the type.
 */
#ifndef SLIPWAY_STORE_PARAMETER_H
#define SLIPWAY_STORE_PARAMETER_H

#include "core/arena.h"
#include "core/seal.h"
#include "store/db.h"

#define PARAMETER_VERSIONS_MAX 100 /* the API's: the oldest go */
#define PARAMETER_SECURE       "SecureString"

struct parameter {
	const char *name, *type, *description, *data_type, *tier, *key_id;
	int64_t version, modified_ms;
	const char *modified_by;
	const char *value; /* NULL unless it was asked for */
};

/* What of the value is read. */
enum parameter_read {
	PARAMETER_ABOUT,  /* nothing */
	PARAMETER_SEALED, /* what is secure stays sealed, as base 64 */
	PARAMETER_OPEN,
};

/* A new parameter, or with @overwrite a new version: members of @given that are NULL stay.
 * ERR_EXISTS without @overwrite; ERR_CONFLICT for another type. */
int parameter_put(struct db *db, const struct seal_key *key, const char *account,
		  const struct parameter *given, bool overwrite, int64_t *ret_version,
		  struct err *err) MUST_CHECK;
/* @version 0: the newest. ERR_NOT_FOUND for none of this name; ERR_INVALID for a version
 * that is not there. */
int parameter_find(struct db *db, const struct seal_key *key, const char *account, const char *name,
		   int64_t version, enum parameter_read read, struct arena *arena,
		   struct parameter *ret_parameter, struct err *err) MUST_CHECK;
int parameter_delete(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;

struct parameter_list {
	const char *prefix; /* of the names */
	const char *after;  /* NULL: from the first */
	size_t limit;
	/* NULL: all. What it does not want does not count. */
	bool (*wanted)(void *ctx, const char *name, const char *type);
	void *ctx;
};
/* The newest versions, by name. */
int parameter_list(struct db *db, const struct seal_key *key, const char *account,
		   const struct parameter_list *asked, enum parameter_read read,
		   struct arena *arena, struct parameter **ret_parameters, size_t *ret_count,
		   struct err *err) MUST_CHECK;

#endif
