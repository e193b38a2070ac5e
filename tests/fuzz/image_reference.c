/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images come from task definitions. What is accepted must mean the same
 * when it is written out and read again, and must hold no character that could do
 * harm on a command line or in a path.
 */
#include <assert.h>
#include <string.h>

#include "provisioner/image/image_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	struct image_reference reference;
	struct image_reference again;
	struct err err = ERR_INIT;
	char whole[IMAGE_REFERENCE_SIZE];

	if (image_reference_parse(text, &reference, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0]);
		return 0;
	}
	(void)image_reference_text(&reference, whole);
	assert(whole[0] != '-' && !strpbrk(whole, " \t\n\"'\\$;&|<>*?"));
	/* A tag may have dots in a row, but is never part of a path. */
	assert(!strstr(reference.host, "..") && !strstr(reference.repository, ".."));
	assert(!strchr(reference.tag, '/'));
	assert(image_reference_parse(whole, &again, &err) == 0);
	assert(memcmp(&reference, &again, sizeof(again)) == 0);
	return 0;
}
