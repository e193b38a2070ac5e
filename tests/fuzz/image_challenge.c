/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry writes into WWW-Authenticate: what comes out is bounded, and free of
 * what could mean something in a header or a log.
 */
#include <assert.h>
#include <string.h>

#include "provisioner/image/image_challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const char *part)
{
	size_t len = strnlen(part, IMAGE_CHALLENGE_PART_MAX);

	assert(len < IMAGE_CHALLENGE_PART_MAX);
	for (size_t i = 0; i < len; i++)
		assert((unsigned char)part[i] >= 0x20 && part[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	AUTO(freep) struct image_challenge *challenge = xcalloc(1, sizeof(*challenge));
	struct err err = ERR_INIT;

	if (image_challenge_parse(text, challenge, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0]);
		return 0;
	}
	assert(challenge->kind != IMAGE_CHALLENGE_BEARER || challenge->realm[0]);
	check_part(challenge->realm);
	check_part(challenge->service);
	check_part(challenge->scope);
	return 0;
}
