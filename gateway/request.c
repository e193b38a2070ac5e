/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up in a request. Its building belongs to exchange.c.
 */
#include "gateway/request.h"

#include <string.h>

const char *request_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++) {
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	}
	return NULL;
}
