/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task definitions: families and revisions. A revision number is never used
 * twice, not even after deletion; a failed registration uses none up.
 */
#ifndef SLIPWAY_STORE_DEFINITION_H
#define SLIPWAY_STORE_DEFINITION_H

#include "core/arena.h"
#include "store/db.h"

enum definition_status {
	DEFINITION_ACTIVE,
	DEFINITION_INACTIVE,
	DEFINITION_DELETING,
	DEFINITION_STATUS_COUNT
};
/* "ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS" */
const char *definition_status_name(enum definition_status status);

struct definition {
	const char *family;
	int64_t revision;
	enum definition_status status;
	const char *body_json; /* normalised taskDefinition without arn, revision, status, times */
	const char *registered_by;				     /* ARN */
	int64_t registered_ms, deregistered_ms, delete_requested_ms; /* 0: not */
};

/* Sets *ret_revision. In the caller's transaction (tags go with it). */
int definition_register(struct db *db, const char *account, const struct definition *definition,
			int64_t *ret_revision, struct err *err) MUST_CHECK;
/* @revision 0: the newest ACTIVE one. */
int definition_find(struct db *db, const char *account, const char *family, int64_t revision,
		    struct arena *arena, struct definition *ret_definition, struct err *err)
	MUST_CHECK;
int definition_set_status(struct db *db, const char *account, const char *family, int64_t revision,
			  enum definition_status status, int64_t now_ms, struct err *err)
	MUST_CHECK;

struct definition_key {
	const char *family;
	int64_t revision;
};
/* By family, then revision as a number; @descending reverses both. @family: exact, or NULL.
 * @after: NULL or the last one of the page before. */
int definition_list(struct db *db, const char *account, const char *family,
		    enum definition_status status, bool descending,
		    const struct definition_key *after, size_t limit, struct arena *arena,
		    struct definition_key **ret_keys, size_t *ret_count, struct err *err)
	MUST_CHECK;
/* @prefix of the family name or NULL. @status: "ACTIVE" (has an active revision), "INACTIVE" (has
 * only others), "ALL". */
int definition_families(struct db *db, const char *account, const char *prefix, const char *status,
			const char *after, size_t limit, struct arena *arena,
			const char ***ret_families, size_t *ret_count, struct err *err) MUST_CHECK;
/* Remove those whose deletion was asked over an hour ago and that no task uses. */
int definition_expunge(struct db *db, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
