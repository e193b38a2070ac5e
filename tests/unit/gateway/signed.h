/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for tests of signatures, written down as texts.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_SIGNED_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_SIGNED_H

#include <ctype.h>

#include "gateway/request.h"
#include "tests/support/suite.h"

/* A request that owns its arena; free with signed_done(). */
static inline void signed_init(struct request *request, const char *method, const char *target,
			       const char *body, size_t body_len)
{
	const char *mark = strchr(target, '?');
	size_t path_len = mark ? (size_t)(mark - target) : strlen(target);

	*request = (struct request){
		.arena = arena_new(REQUEST_ARENA_MAX),
		.id = "00000000-0000-4000-8000-000000000000",
		.http_major = 1,
		.body = (const uint8_t *)body,
		.body_len = body_len,
	};
	request->method = arena_strdup(request->arena, method);
	request->path = arena_strndup(request->arena, target, path_len);
	request->query = arena_strdup(request->arena, mark ? mark + 1 : "");
	request->headers =
		arena_alloc(request->arena, REQUEST_HEADERS_MAX * sizeof(*request->headers));
	ck_assert(request->method && request->path && request->query && request->headers);
}

static inline void signed_done(struct request *request)
{
	arena_free(request->arena);
}

/* "Name: value", copied; the name is lowered. */
static inline void signed_header(struct request *request, const char *line, size_t len)
{
	char *copy = arena_strndup(request->arena, line, len);
	char *colon;

	ck_assert_ptr_nonnull(copy);
	colon = strchr(copy, ':');
	ck_assert_ptr_nonnull(colon);
	*colon = '\0';
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	request->headers[request->header_count++] =
		(struct header){copy, colon + 1 + strspn(colon + 1, " ")};
}

/* Lines of headers, separated by line feeds. */
static inline void signed_headers(struct request *request, const char *lines)
{
	while (*lines) {
		size_t run = strcspn(lines, "\n");

		signed_header(request, lines, run);
		lines += run + (lines[run] == '\n');
	}
}

#endif
