/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name of a container image, as people and task definitions write it:
 *
 *     nginx                          docker.io/library/nginx, tag latest
 *     example/web:1.2                docker.io/example/web
 *     registry.example:5000/a/b      any registry; also localhost/x, [::1]:5000/x
 *     name@sha256:<64 hex digits>    one exact image; a tag before it is only a label
 *
 * Parsing is strict and pure: what it lets through holds no character that could
 * mean something to a program or a file system further on.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_REFERENCE_H
#define SLIPWAY_PROVISIONER_IMAGE_REFERENCE_H

#include "core/err.h"

#define IMAGE_NAME_MAX	     255 /* host and repository together: what registries keep */
#define IMAGE_TAG_MAX	     128
#define IMAGE_DIGEST_SIZE    72 /* "sha256:", 64 hex digits and the zero */
#define IMAGE_REFERENCE_SIZE (2 * IMAGE_NAME_MAX + IMAGE_TAG_MAX + IMAGE_DIGEST_SIZE + 3)
#define IMAGE_DEFAULT_HOST   "docker.io"
#define IMAGE_DEFAULT_TAG    "latest"

struct image_reference {
	char host[IMAGE_NAME_MAX + 1];	     /* with the port if there is one */
	char repository[IMAGE_NAME_MAX + 1]; /* "library/nginx" */
	char tag[IMAGE_TAG_MAX + 1];	     /* "" only if there is a digest */
	char digest[IMAGE_DIGEST_SIZE];	     /* "sha256:..." or "" */
};

/* ERR_INVALID with a text that names the bad part; ERR_UNSUPPORTED for digests
 * other than SHA-256. */
int image_reference_parse(const char *text, struct image_reference *ret_reference, struct err *err)
	MUST_CHECK;

/* The whole name, defaults filled in: host/repository[:tag][@digest]; returns @ret. */
char *image_reference_text(const struct image_reference *reference, char ret[IMAGE_REFERENCE_SIZE]);

/* true for "sha256:" and 64 lower-case hex digits, the only digests that we accept. */
bool image_digest_is_valid(const char *text);

#endif
