/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What environmentFiles name: an object of S3, arn:aws:s3:::BUCKET/KEY. A bucket is a folder of
 * the configuration (bucket.BUCKET), the key a path below it.
 */
#ifndef SLIPWAY_STORE_OBJECT_REFERENCE_H
#define SLIPWAY_STORE_OBJECT_REFERENCE_H

#include "core/arena.h"
#include "core/err.h"

#define OBJECT_REFERENCE_MAX 2048 /* characters of one */
#define OBJECT_KEY_MAX	     1024 /* S3's, bytes */

struct object_reference {
	const char *bucket, *key; /* neither is "" */
};

/* Texts live in @arena. ERR_INVALID: no ARN of an object, or none that can be a path. */
int object_reference_parse(const char *text, struct arena *arena,
			   struct object_reference *ret_reference, struct err *err) MUST_CHECK;

#endif
