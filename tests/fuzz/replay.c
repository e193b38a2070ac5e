/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main() of a fuzzer in builds without libFuzzer: every file of the corpus
 * folder goes through it once. What a fuzzing run once found becomes a file there
 * and is tried again in every test run. A missing or empty corpus is a failure,
 * not a test that passes.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/file.h"

#define INPUT_MAX (16u << 20) /* no corpus file comes near */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder, const char *name)
{
	AUTO(buf_done) struct buf input;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	AUTO(freep) uint8_t *exact = NULL;
	struct err err = ERR_INIT;

	buf_init(&input, INPUT_MAX);
	if (file_read(path, &input, &err) < 0) {
		(void)fprintf(stderr, "replay: %s\n", err.text);
		return -1;
	}
	/* In memory of just its size, so that ASan sees a read behind the end. */
	exact = malloc(input.len ? input.len : 1);
	if (!exact)
		abort();
	for (size_t i = 0; i < input.len; i++)
		exact[i] = input.data[i];
	(void)LLVMFuzzerTestOneInput(exact, input.len);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *dir;
	size_t count = 0;
	int failed = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return EXIT_FAILURE;
	}
	dir = opendir(argv[1]);
	if (!dir) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		if (entry->d_name[0] == '.')
			continue;
		failed |= replay(argv[1], entry->d_name) < 0;
		count++;
	}
	closedir(dir);
	if (count == 0)
		(void)fprintf(stderr, "replay: %s is empty\n", argv[1]);
	return count > 0 && !failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
