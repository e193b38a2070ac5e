/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of an account, as Secrets Manager has them: a name, and versions of the value that
 * lie sealed. Stages are labels that point at versions: AWSCURRENT at what is read when
 * nobody says more, AWSPREVIOUS at the one before it, others as users put them.
 */
#ifndef SLIPWAY_STORE_SECRET_H
#define SLIPWAY_STORE_SECRET_H

#include "core/arena.h"
#include "core/seal.h"
#include "store/db.h"

#define SECRET_VERSIONS_MAX 100 /* the oldest without a stage go when there are more */
#define SECRET_STAGES_MAX   20	/* the API's, over all versions */
#define SECRET_SUFFIX_SIZE  7	/* of the ARN: six characters */
#define SECRET_CURRENT	    "AWSCURRENT"
#define SECRET_PREVIOUS	    "AWSPREVIOUS"

struct secret {
	const char *name, *suffix, *description, *key_id;
	int64_t created_ms, changed_ms;
	int64_t deleted_ms; /* 0: it is not to be deleted */
	int64_t purge_ms;
};
struct secret_version {
	const char *id;
	bool binary; /* the value is base 64 */
	int64_t created_ms;
	const char **stages;
	size_t stage_count;
	const char *value; /* NULL unless it was asked for */
};

/* ERR_EXISTS for a name that is taken, be it of one that is to be deleted. */
int secret_create(struct db *db, const char *account, const struct secret *given, struct err *err)
	MUST_CHECK;
/*
 * By "NAME-SUFFIX", as ARNs say it, or by NAME. One that is to be deleted is found until its
 * time has come; ERR_NOT_FOUND.
 */
int secret_find(struct db *db, const char *account, const char *name, int64_t now_ms,
		struct arena *arena, struct secret *ret_secret, struct err *err) MUST_CHECK;
/* @description, @key_id: NULL leaves them. */
int secret_change(struct db *db, const char *account, const char *name, const char *description,
		  const char *key_id, int64_t now_ms, struct err *err) MUST_CHECK;
/* @purge_ms 0: at once. */
int secret_delete(struct db *db, const char *account, const char *name, int64_t now_ms,
		  int64_t purge_ms, struct err *err) MUST_CHECK;
int secret_restore(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;
/* Those whose time has come, of all accounts. */
int secret_purge(struct db *db, int64_t now_ms, struct err *err) MUST_CHECK;
struct secret_list {
	const char *after_name; /* the last of the page before; NULL: from the first */
	int64_t after_ms;	/* and when it was created */
	bool backwards;		/* the newest first */
	bool deleted;		/* also those that are to be deleted */
	size_t limit;
};
/* By their creation, those of one moment by name. */
int secret_list(struct db *db, const char *account, const struct secret_list *asked, int64_t now_ms,
		struct arena *arena, struct secret **ret_secrets, size_t *ret_count,
		struct err *err) MUST_CHECK;

/* A version and its stages, which leave those that had them. A version that is there with
 * the same value is a retry; with another value ERR_EXISTS. ERR_LIMIT for too many stages. */
int secret_put(struct db *db, const struct seal_key *key, const char *account, const char *name,
	       const struct secret_version *given, int64_t now_ms, struct err *err) MUST_CHECK;
/* By @id, by @stage, or by both, which must agree; both NULL: the current one.
 * ERR_NOT_FOUND; ERR_INVALID if they do not agree. */
int secret_read(struct db *db, const struct seal_key *key, const char *account, const char *name,
		const char *id, const char *stage, struct arena *arena,
		struct secret_version *ret_version, struct err *err) MUST_CHECK;
/* Those that have a stage, the oldest first. */
int secret_versions(struct db *db, const char *account, const char *name, struct arena *arena,
		    struct secret_version **ret_versions, size_t *ret_count, struct err *err)
	MUST_CHECK;

#endif
