/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key with an empty part, or one that is "." or "..", is a name in S3 and cannot be one in
 * a folder: it is refused here, and whoever opens it lets no path leave the folder anyway.
 */
#include "store/object_reference.h"

#include <string.h>

#include "core/ident.h"

#define BUCKET_MIN     3
#define BUCKET_MAX     63
#define BUCKET_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

static bool is_bucket(const char *text, size_t len)
{
	return len >= BUCKET_MIN && len <= BUCKET_MAX && strspn(text, BUCKET_LETTERS) >= len;
}

static bool is_path(const char *key)
{
	if (strlen(key) > OBJECT_KEY_MAX)
		return false;
	for (;; key++) {
		size_t len = strcspn(key, "/");

		if (len == 0 || (len == 1 && key[0] == '.') ||
		    (len == 2 && key[0] == '.' && key[1] == '.'))
			return false;
		key += len;
		if (*key == '\0')
			return true;
	}
}

int object_reference_parse(const char *text, struct arena *arena,
			   struct object_reference *ret_reference, struct err *err)
{
	struct object_reference reference;
	struct arn arn;
	size_t len;

	if (strlen(text) > OBJECT_REFERENCE_MAX)
		return err_set(err, ERR_INVALID, "longer than %d characters", OBJECT_REFERENCE_MAX);
	if (arn_parse(text, &arn, err) < 0)
		return -1;
	len = strcspn(arn.resource, "/");
	if (!text_is(arn.service, arn.service_len, "s3") || arn.region_len > 0 ||
	    arn.account_len > 0 || !is_bucket(arn.resource, len) || arn.resource[len] != '/')
		return err_set(err, ERR_INVALID, "not an object of S3");
	if (!is_path(arn.resource + len + 1))
		return err_set(err, ERR_INVALID, "a key that is no path");
	reference.bucket = arena_strndup(arena, arn.resource, len);
	reference.key = arena_strdup(arena, arn.resource + len + 1);
	if (!reference.bucket || !reference.key)
		return err_set(err, ERR_LIMIT, "no room for a reference");
	*ret_reference = reference;
	return 0;
}
