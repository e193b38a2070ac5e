/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container may say to the metadata endpoint, whole and in pieces, which must come
 * to the same; the first byte chooses the pieces.
 */
#include <string.h>

#include "microvm/agent/metadata_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(struct metadata_http *http, const uint8_t *bytes, size_t size, size_t step,
		const char **ret_path)
{
	int status = 0;

	memset(http, 0, sizeof(*http));
	*ret_path = NULL;
	for (size_t at = 0; at < size && status == 0; at += step)
		status = metadata_http_feed(http, bytes + at, size - at < step ? size - at : step,
					    ret_path);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct metadata_http whole, pieces;
	const char *path, *again;
	int status;

	if (size == 0)
		return 0;
	status = feed(&whole, data + 1, size - 1, size, &path);
	if (feed(&pieces, data + 1, size - 1, 1 + data[0] % 64, &again) != status)
		abort();
	if ((status == 200) != (path != NULL) || (path && strcmp(path, again) != 0))
		abort();
	if (path && (path[0] != '/' || strlen(path) > METADATA_PATH_MAX || strpbrk(path, "? \r\n")))
		abort();
	return 0;
}
