/* SPDX-License-Identifier: Apache-2.0 */
/* See instance.h. */
#include "provisioner/instance.h"

#include <string.h>

#include "core/digest.h"

void instance_of(const char *state_dir, char ret[INSTANCE_SIZE])
{
	char digest[SHA256_HEX_SIZE];

	sha256_hex(state_dir, strlen(state_dir), digest);
	memcpy(ret, digest, INSTANCE_SIZE - 1);
	ret[INSTANCE_SIZE - 1] = '\0';
}
