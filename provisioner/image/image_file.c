/* SPDX-License-Identifier: Apache-2.0 */
/* See image_file.h. In names there is no colon, which is a separator to some programs. */
#include "provisioner/image/image_file.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_PREFIX "sha256:"
#define FILE_PREFIX   "sha256-" /* as long */

char *image_file_path(const char *folder, const char *digest, const char *suffix)
{
	return xasprintf("%s/" FILE_PREFIX "%s%s", folder, digest + strlen(DIGEST_PREFIX), suffix);
}

bool image_file_digest(const char *name, const char *suffix, char ret[IMAGE_DIGEST_SIZE])
{
	size_t len = strlen(name);
	size_t suffix_len = strlen(suffix);
	size_t prefix_len = strlen(FILE_PREFIX);

	if (len != IMAGE_DIGEST_SIZE - 1 + suffix_len ||
	    strncmp(name, FILE_PREFIX, prefix_len) != 0 ||
	    strcmp(name + len - suffix_len, suffix) != 0)
		return false;
	(void)snprintf(ret, IMAGE_DIGEST_SIZE, DIGEST_PREFIX "%.*s",
		       (int)(len - suffix_len - prefix_len), name + prefix_len);
	return image_digest_is_valid(ret);
}
