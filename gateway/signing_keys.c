/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small list, looked through from its beginning: an installation has a handful of keys in
 * use at one time, and comparing a few dozen texts is cheaper than one HMAC.
 *
 * An entry is found by the secret itself, never by the key's id. So it says nothing of who
 * may do what, and cannot be stale: whether a key exists, is active and has this secret is
 * asked of the store for each request, and a key that is deleted or made anew under the same
 * id does not find the old entry. For the same reason the secret that stands for unknown
 * keys takes one entry and not one for each id that a stranger makes up.
 *
 * A scope that does not fit is not kept: its parts come from the configuration and from our
 * table of services, so that is a region with a very long name.
 */
#include "gateway/signing_keys.h"

#include <stdio.h>
#include <string.h>

#include "store/account.h"

#define SCOPE_SIZE 96 /* "20261122/us-east-1/ecs" */

struct entry {
	char secret[SECRET_KEY_SIZE];
	char scope[SCOPE_SIZE];
	uint8_t key[SHA256_SIZE];
	uint64_t used; /* by signing_keys.uses; 0: empty */
};

struct signing_keys {
	uint64_t uses, derived;
	size_t max;
	struct entry entries[];
};

struct signing_keys *signing_keys_new(size_t max)
{
	struct signing_keys *keys =
		xcalloc(1, sizeof(*keys) + (max > 0 ? max : 1) * sizeof(struct entry));

	keys->max = max > 0 ? max : 1;
	return keys;
}

void signing_keys_free(struct signing_keys *keys)
{
	if (!keys)
		return;
	explicit_bzero(keys->entries, keys->max * sizeof(*keys->entries));
	free(keys);
}

/* The entry of this secret and scope, or else the one that was unused for longest. */
static struct entry *find(struct signing_keys *keys, const char *secret, const char *scope)
{
	struct entry *oldest = &keys->entries[0];

	for (size_t i = 0; i < keys->max; i++) {
		struct entry *entry = &keys->entries[i];

		if (entry->used > 0 && strcmp(entry->scope, scope) == 0 &&
		    strcmp(entry->secret, secret) == 0)
			return entry;
		if (entry->used < oldest->used)
			oldest = entry;
	}
	oldest->used = 0;
	return oldest;
}

void signing_keys_get(struct signing_keys *keys, const char *secret,
		      const struct sigv4_claim *claim, uint8_t ret_key[SHA256_SIZE])
{
	char scope[SCOPE_SIZE];
	int len = snprintf(scope, sizeof(scope), "%s/%s/%s", claim->date, claim->region,
			   claim->service);
	struct entry *entry;

	if (!keys || len < 0 || (size_t)len >= sizeof(scope) || strlen(secret) >= SECRET_KEY_SIZE) {
		sigv4_key(secret, claim, ret_key);
		return;
	}
	entry = find(keys, secret, scope);
	if (entry->used == 0) {
		sigv4_key(secret, claim, entry->key);
		(void)snprintf(entry->secret, sizeof(entry->secret), "%s", secret);
		(void)snprintf(entry->scope, sizeof(entry->scope), "%s", scope);
		keys->derived++;
	}
	entry->used = ++keys->uses;
	memcpy(ret_key, entry->key, SHA256_SIZE);
}

uint64_t signing_keys_derived(const struct signing_keys *keys)
{
	return keys->derived;
}
