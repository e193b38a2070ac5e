/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places that events may be sent to over HTTP by who knows a secret: made and removed by the
 * operator. Secrets lie sealed.
 */
#ifndef SLIPWAY_STORE_WEBHOOK_H
#define SLIPWAY_STORE_WEBHOOK_H

#include "core/arena.h"
#include "core/seal.h"
#include "store/db.h"

#define WEBHOOK_NAME_MAX 40
#define WEBHOOK_ID_SIZE	 (WEBHOOK_NAME_MAX + 14) /* NAME-12 hex digits */

struct webhook {
	const char *id; /* globally; it stands in its URL */
	const char *account, *name, *bus;
	const char *kind;	   /* whose way to sign: events/webhook_signature.h */
	const char *source, *type; /* of what is no CloudEvent; type "": it must name its own */
	const char *secret;	   /* NULL where it is not asked for */
	int64_t created_ms;
};

/* A new id for @name. */
void webhook_make_id(const char *name, char ret[WEBHOOK_ID_SIZE]);

/* In the caller's transaction or one of its own. ERR_EXISTS if the account has one of this name;
 * ERR_UNAVAILABLE without a key. */
int webhook_create(struct db *db, const struct seal_key *key, const struct webhook *webhook,
		   struct err *err) MUST_CHECK;
/* With its secret, in @arena, which should be a secret one. ERR_NOT_FOUND. */
int webhook_find(struct db *db, const struct seal_key *key, const char *id, struct arena *arena,
		 struct webhook *ret_webhook, struct err *err) MUST_CHECK;
/* Those of all accounts, without secrets. */
int webhook_list(struct db *db, struct arena *arena, struct webhook **ret_webhooks,
		 size_t *ret_count, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND. */
int webhook_delete(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;

#endif
