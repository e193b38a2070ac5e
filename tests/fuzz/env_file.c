/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators put into buckets, and what clients name there. Variables that come out have
 * names without blanks and without '='; a key that is accepted stays below its folder.
 */
#include <assert.h>
#include <string.h>

#include "provisioner/env_file.h"
#include "store/object_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const char *text, size_t len)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 22);
	struct env_file file;
	struct err err = ERR_INIT;

	if (env_file_parse(text, len, arena, &file, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0]);
		return;
	}
	assert(file.count <= ENV_FILE_LINES_MAX);
	for (size_t i = 0; i < file.count; i++) {
		const char *name = file.variables[i].name;

		assert(name[0] && name[0] != '#' && name[strcspn(name, "= \t\r\n")] == '\0');
		assert(!strchr(file.variables[i].value, '\n'));
	}
}

static void check_reference(const char *text)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	struct object_reference object;
	struct err err = ERR_INIT;

	if (object_reference_parse(text, arena, &object, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0]);
		return;
	}
	assert(object.bucket[0] && !strchr(object.bucket, '/'));
	assert(object.key[0] && object.key[0] != '/' && !strstr(object.key, "/../"));
	assert(strncmp(object.key, "../", 3) != 0 && strcmp(object.key, "..") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);

	check_file((const char *)data, size);
	check_reference(text);
	return 0;
}
