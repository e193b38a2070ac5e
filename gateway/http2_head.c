/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ":authority" and "host" are one header to everything behind: clients sign
 * either name. If both are sent they must agree, or a front and we could think
 * of two hosts.
 */
#include "gateway/http2_head.h"

#include <string.h>
#include <strings.h>

#include "core/ident.h"

static int add_host(struct exchange *exchange, const char *value, size_t len)
{
	const char *host = request_header(&exchange->request, "host");

	if (!host)
		return exchange_add_header(exchange, "host", 4, value, len);
	if (strlen(host) == len && strncasecmp(host, value, len) == 0)
		return 0;
	exchange_fail(exchange, 400, ERROR_BAD_REQUEST, "Host and :authority differ.");
	return -1;
}

static int add(struct exchange *exchange, const char *name, size_t name_len, const char *value,
	       size_t value_len)
{
	if (text_is(name, name_len, ":method"))
		return exchange_set_method(exchange, value, value_len);
	if (text_is(name, name_len, ":path"))
		return exchange_set_target(exchange, value, value_len);
	if (text_is(name, name_len, ":authority") || text_is(name, name_len, "host"))
		return add_host(exchange, value, value_len);
	if (name[0] == ':')
		return 0; /* ":scheme" */
	return exchange_add_header(exchange, name, name_len, value, value_len);
}

void http2_head_add(struct exchange *exchange, const char *name, size_t name_len, const char *value,
		    size_t value_len)
{
	/* What failed says so in the exchange. */
	(void)add(exchange, name, name_len, value, value_len);
}

void http2_head_check(struct exchange *exchange, bool *ret_waits)
{
	const struct request *request = &exchange->request;
	const char *host = request_header(request, "host");
	const char *length = request_header(request, "content-length");
	const char *expect = request_header(request, "expect");

	if (strcmp(request->method, "CONNECT") == 0)
		exchange_fail(exchange, 400, ERROR_BAD_REQUEST, "CONNECT is not supported.");
	else if (!host || !exchange_host_is_valid(host))
		exchange_fail(exchange, 400, ERROR_BAD_REQUEST,
			      "The :authority is missing or is not a host and port.");
	else if (length && strtoull(length, NULL, 10) > REQUEST_BODY_MAX)
		exchange_fail(exchange, 413, ERROR_TOO_LARGE,
			      "The request body exceeds the largest size that is accepted.");
	else if (expect && strcasecmp(expect, "100-continue") != 0)
		exchange_fail(exchange, 417, ERROR_EXPECTATION,
			      "The only supported expectation is 100-continue.");
	*ret_waits = expect != NULL;
}
