/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are stored so that only who has the key can read them: AES-256-GCM with a
 * fresh random nonce for each value. A value is sealed under a label (whose it is, its name,
 * its version) which is not stored with it and must be said again to open it, so that a
 * sealed value does not open in another's place.
 *
 * The key is a file of its own, never in the database: 64 hex digits, for its owner alone.
 */
#ifndef SLIPWAY_CORE_SEAL_H
#define SLIPWAY_CORE_SEAL_H

#include "core/buf.h"

#define SEAL_BYTES_MORE 33 /* than the value has */

struct seal_key;

/* Make a key at @path unless one is there; *ret_made says which (may be NULL). */
int seal_key_make(const char *path, bool *ret_made, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND without the file; ERR_DENIED for one that others may read or change. */
int seal_key_open(const char *path, struct seal_key **ret_key, struct err *err) MUST_CHECK;
void seal_key_free(struct seal_key *key); /* wiped; takes NULL */
void seal_key_freep(struct seal_key **key);

/* Append the sealed value to @out. */
int seal_close(const struct seal_key *key, const char *label, const void *bytes, size_t len,
	       struct buf *out, struct err *err) MUST_CHECK;
/* Append the value to @out, which should be a secret one. ERR_CORRUPT for what is damaged or
 * has another label, ERR_DENIED for what another key has sealed. */
int seal_open(const struct seal_key *key, const char *label, const void *sealed, size_t len,
	      struct buf *out, struct err *err) MUST_CHECK;

#endif
