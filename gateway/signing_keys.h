/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing keys that were derived before: Signature Version 4 makes one of a secret, a day, a
 * region and a service by four HMACs, and it stays the same for that day.
 */
#ifndef SLIPWAY_GATEWAY_SIGNING_KEYS_H
#define SLIPWAY_GATEWAY_SIGNING_KEYS_H

#include "gateway/sigv4.h"

/* Those of one thread. */
struct signing_keys;

/* @max are kept; one that is not there takes the place of the one unused for longest. */
struct signing_keys *signing_keys_new(size_t max);
void signing_keys_free(struct signing_keys *keys); /* takes NULL; wipes them */

/* The key of @secret in the scope of @claim. @keys NULL: derived each time. */
void signing_keys_get(struct signing_keys *keys, const char *secret,
		      const struct sigv4_claim *claim, uint8_t ret_key[SHA256_SIZE]);

/* How many were derived since it was made. */
uint64_t signing_keys_derived(const struct signing_keys *keys);

#endif
