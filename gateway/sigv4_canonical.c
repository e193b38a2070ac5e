/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical request: method, path, query, headers, names of signed headers and
 * hash of the body, each on its line.
 *
 * The path is encoded as it came, so what the client had encoded is encoded a
 * second time: that is the rule for every service but S3. Parameters of the query
 * are decoded, encoded by one rule and sorted, so that it does not matter how the
 * client wrote them. The body's hash is always our own: a client that signed
 * another one, or UNSIGNED-PAYLOAD, arrives at another signature.
 */
#include "gateway/sigv4.h"

#include <string.h>

/* Parameters of a query: more is nonsense, and sorting has a price. */
#define PARAMETERS_MAX 512
#define SEGMENTS_MAX   256 /* of a path */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *sigv4_percent_decode(struct arena *arena, const char *text, size_t len)
{
	char *result = arena_alloc(arena, len + 1);
	size_t at = 0;

	if (!result)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		int high = i + 2 < len && text[i] == '%' ? hex_value(text[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text[i + 2]) : -1;

		if (low < 0) {
			result[at++] = text[i];
			continue;
		}
		if (high * 16 + low == 0)
			return NULL;
		result[at++] = (char)(high * 16 + low);
		i += 2;
	}
	result[at] = '\0';
	return result;
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* Append @text with everything but unreserved bytes, and '/' if @slash, as %XX. */
static int put_encoded(struct buf *out, const char *text, size_t len, bool slash, struct err *err)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)text[i];
		const char encoded[] = {'%', digits[byte >> 4], digits[byte & 15]};
		bool plain = is_unreserved(text[i]) || (slash && text[i] == '/');

		if (buf_append(out, plain ? &text[i] : encoded, plain ? 1 : 3, err) < 0)
			return -1;
	}
	return 0;
}

struct segment {
	const char *text;
	size_t len;
};

/* The path without "", "." and ".." segments. */
static int put_normalized(struct buf *out, const char *path, struct err *err)
{
	struct segment segments[SEGMENTS_MAX];
	size_t count = 0;
	size_t path_len = strlen(path);

	for (const char *at = path; *at;) {
		size_t run = strcspn(at, "/");

		if (run == 2 && memcmp(at, "..", 2) == 0) {
			count -= count > 0;
		} else if (run > 0 && !(run == 1 && at[0] == '.')) {
			if (count == SEGMENTS_MAX)
				return err_set(err, ERR_LIMIT, "the path has too many segments");
			segments[count++] = (struct segment){at, run};
		}
		at += run + (at[run] == '/');
	}
	for (size_t i = 0; i < count; i++) {
		if (buf_append(out, "/", 1, err) < 0 ||
		    put_encoded(out, segments[i].text, segments[i].len, false, err) < 0)
			return -1;
	}
	if (count == 0 || path[path_len - 1] == '/')
		return buf_append(out, "/", 1, err);
	return 0;
}

struct parameter {
	const char *name, *value; /* encoded */
};

static int compare_parameters(const void *a, const void *b)
{
	const struct parameter *left = a;
	const struct parameter *right = b;
	int result = strcmp(left->name, right->name);

	return result ? result : strcmp(left->value, right->value);
}

/* @text decoded and encoded again, in the arena; NULL: cannot be. */
static const char *recode(struct arena *arena, const char *text, size_t len)
{
	char *plain = sigv4_percent_decode(arena, text, len);
	struct buf encoded;
	struct err err;
	const char *result = NULL;

	if (!plain)
		return NULL;
	buf_init(&encoded, 3 * len + 1);
	if (put_encoded(&encoded, plain, strlen(plain), false, &err) == 0 && encoded.len > 0)
		result = arena_strndup(arena, (const char *)encoded.data, encoded.len);
	else if (encoded.len == 0)
		result = "";
	buf_done(&encoded);
	return result;
}

static int split_query(const struct request *request, bool presigned, struct parameter *list,
		       size_t *ret_count, struct err *err)
{
	size_t count = 0;

	for (const char *at = request->query; *at;) {
		size_t run = strcspn(at, "&");
		const char *equals = memchr(at, '=', run);
		size_t name_len = equals ? (size_t)(equals - at) : run;
		struct parameter *parameter = &list[count];

		if (run > 0 && count == PARAMETERS_MAX)
			return err_set(err, ERR_LIMIT, "the query has too many parameters");
		if (run > 0) {
			parameter->name = recode(request->arena, at, name_len);
			parameter->value =
				equals ? recode(request->arena, equals + 1, run - name_len - 1)
				       : "";
			if (!parameter->name || !parameter->value)
				return err_set(err, ERR_INVALID, "the query cannot be read");
			if (!presigned || strcmp(parameter->name, "X-Amz-Signature") != 0)
				count++;
		}
		at += run + (at[run] == '&');
	}
	*ret_count = count;
	return 0;
}

static int put_query(const struct request *request, bool presigned, struct buf *out,
		     struct err *err)
{
	struct parameter *list;
	size_t count = 0;

	if (request->query[0] == '\0')
		return 0;
	/* One more than the maximum: the slot of X-Amz-Signature is used again. */
	list = arena_alloc(request->arena, (PARAMETERS_MAX + 1) * sizeof(*list));
	if (!list)
		return err_set(err, ERR_LIMIT, "the request is too large");
	if (split_query(request, presigned, list, &count, err) < 0)
		return -1;
	qsort(list, count, sizeof(*list), compare_parameters);
	for (size_t i = 0; i < count; i++) {
		if (buf_printf(out, err, "%s%s=%s", i ? "&" : "", list[i].name, list[i].value) < 0)
			return -1;
	}
	return 0;
}

/* Append @value without white space at its ends, and one space for each run inside. */
static int put_value(struct buf *out, const char *value, struct err *err)
{
	static const char space[] = " \t\r\n";
	bool first = true;

	for (value += strspn(value, space); *value; value += strspn(value, space)) {
		size_t run = strcspn(value, space);

		if ((!first && buf_append(out, " ", 1, err) < 0) ||
		    buf_append(out, value, run, err) < 0)
			return -1;
		first = false;
		value += run;
	}
	return 0;
}

/* "name:value,value\n" for one signed header. */
static int put_header(const struct request *request, const char *name, size_t len, struct buf *out,
		      struct err *err)
{
	bool authority = len == 10 && memcmp(name, ":authority", 10) == 0;
	const char *wanted = authority ? "host" : name;
	size_t wanted_len = authority ? 4 : len;
	bool found = false;

	if (buf_append(out, name, len, err) < 0)
		return -1;
	for (size_t i = 0; i < request->header_count; i++) {
		const struct header *header = &request->headers[i];

		if (strlen(header->name) != wanted_len ||
		    memcmp(header->name, wanted, wanted_len) != 0)
			continue;
		if (buf_append(out, found ? "," : ":", 1, err) < 0 ||
		    put_value(out, header->value, err) < 0)
			return -1;
		found = true;
	}
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "a signed header did not come");
	return buf_append(out, "\n", 1, err);
}

static int put_headers(const struct request *request, const struct sigv4_claim *claim,
		       struct buf *out, struct err *err)
{
	for (const char *at = claim->signed_headers; *at;) {
		size_t run = strcspn(at, ";");

		if (put_header(request, at, run, out, err) < 0)
			return -1;
		at += run + (at[run] == ';');
	}
	return 0;
}

int sigv4_canonical(const struct request *request, const struct sigv4_claim *claim, bool normalize,
		    struct buf *out, struct err *err)
{
	char hash[SHA256_HEX_SIZE];

	if (buf_printf(out, err, "%s\n", request->method) < 0)
		return -1;
	if (normalize ? put_normalized(out, request->path, err) < 0
		      : put_encoded(out, request->path, strlen(request->path), true, err) < 0)
		return -1;
	if (buf_append(out, "\n", 1, err) < 0 ||
	    put_query(request, claim->presigned, out, err) < 0 ||
	    buf_append(out, "\n", 1, err) < 0 || put_headers(request, claim, out, err) < 0)
		return -1;
	sha256_hex(request->body, request->body_len, hash);
	return buf_printf(out, err, "\n%s\n%s", claim->signed_headers, hash);
}
