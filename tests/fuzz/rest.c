/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path and a query, with a '?' between them, as a REST service gets them. A path that fits fills
 * its label; what was made is UTF-8 without NUL, so it can be written again.
 */
#include <string.h>

#include "gateway/rest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rest_parameter parameters[] = {
		{"a", "A", REST_TEXT}, {"n", "N", REST_INT}, {"l", "L", REST_TEXTS}};
	static const struct rest_route route = {"GET", "/x/{Name}", parameters,
						ARRAY_LEN(parameters)};
	AUTO(freep) char *path = xstrndup((const char *)data, size);
	char *query = strchr(path, '?');
	struct request request = {.path = path, .query = ""};
	AUTO(json_decrefp) json_t *body = json_object();
	struct err err = ERR_INIT;

	if (query) {
		*query = '\0';
		request.query = query + 1;
	}
	if (!rest_path_fits(&route, path) || rest_input(&route, &request, body, &err) < 0)
		return 0;
	AUTO(freep) char *text = json_dumps(body, 0);

	if (!text || !json_is_string(json_object_get(body, "Name")))
		abort();
	return 0;
}
