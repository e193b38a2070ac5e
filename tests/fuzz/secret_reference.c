/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References come from task definitions and requests. What is accepted has a name and
 * belongs to one service, and its parts are parts of the text.
 */
#include <assert.h>
#include <string.h>

#include "store/secret_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_part(const char *text, const char *part)
{
	assert(!part || (*part && strstr(text, part)));
}

static void check(const char *text, enum secret_service bare)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	struct secret_reference reference;
	struct err err = ERR_INIT;

	if (secret_reference_parse(text, bare, arena, &reference, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0]);
		return;
	}
	assert(reference.name && reference.name[0] && !strchr(reference.name, ':'));
	assert(strstr(text, reference.name[0] == '/' ? reference.name + 1 : reference.name));
	check_part(text, reference.selector);
	check_part(text, reference.json_key);
	check_part(text, reference.stage);
	check_part(text, reference.version_id);
	assert(reference.service == SECRET_OF_SSM || !reference.selector);
	assert(reference.service == SECRET_OF_MANAGER || !reference.json_key);
	assert(secret_reference_version(&reference) >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);

	check(text, SECRET_OF_SSM);
	check(text, SECRET_OF_MANAGER);
	return 0;
}
