/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what a request claims, from its Authorization header
 *
 *     AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request,
 *         SignedHeaders=host;x-amz-date, Signature=HEX
 *
 * or from the X-Amz-* parameters of a presigned URL. Each part comes once; what
 * is missing is named in one message. A request that has both is taken by its
 * header, and the parameters are signed like any others.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/ident.h"
#include "gateway/sigv4.h"

#define CREDENTIAL_PARTS 5

static int cut_credential(struct arena *arena, const char *text, struct sigv4_claim *claim,
			  struct err *err)
{
	const char *parts[CREDENTIAL_PARTS];
	size_t count = 0;

	for (;;) {
		size_t run = strcspn(text, "/");

		if (count == CREDENTIAL_PARTS || run == 0)
			break;
		parts[count] = arena_strndup(arena, text, run);
		if (!parts[count])
			return err_set(err, ERR_INVALID, "The request is too large.");
		count++;
		text += run;
		if (*text == '\0' && count == CREDENTIAL_PARTS) {
			claim->key_id = parts[0];
			claim->date = parts[1];
			claim->region = parts[2];
			claim->service = parts[3];
			claim->terminator = parts[4];
			return 0;
		}
		if (*text == '\0')
			break;
		text++;
	}
	return err_set(err, ERR_INVALID,
		       "Credential must have exactly 5 slash-delimited elements, e.g. "
		       "keyid/date/region/service/term.");
}

/* Lower case, no empty name, none twice. */
static int check_signed_headers(const char *text, struct err *err)
{
	for (const char *at = text;;) {
		size_t run = strcspn(at, ";");
		const char *rest = at + run;

		for (size_t i = 0; i < run; i++) {
			if (at[i] <= ' ' || at[i] >= 0x7f || (at[i] >= 'A' && at[i] <= 'Z'))
				run = 0;
		}
		if (run == 0)
			return err_set(err, ERR_INVALID,
				       "SignedHeaders must be lower-case names separated by "
				       "semicolons.");
		for (const char *other = text; other < at; other += strcspn(other, ";") + 1) {
			if (strcspn(other, ";") == run && memcmp(other, at, run) == 0)
				return err_set(err, ERR_INVALID,
					       "SignedHeaders names a header twice.");
		}
		if (*rest == '\0')
			return 0;
		at = rest + 1;
	}
}

static int set_timestamp(struct sigv4_claim *claim, const char *text, struct err *err)
{
	if (sigv4_time_parse(text, &claim->time_s) < 0)
		return err_set(err, ERR_INVALID,
			       "Date must be in ISO-8601 'basic format'. "
			       "See http://en.wikipedia.org/wiki/ISO_8601");
	(void)snprintf(claim->timestamp, sizeof(claim->timestamp), "%s", text);
	return 0;
}

/* The Date header may have HTTP's own format. */
static int set_http_date(struct sigv4_claim *claim, const char *text, struct err *err)
{
	struct tm tm = {.tm_isdst = 0};
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

	if (!end || *end != '\0')
		return set_timestamp(claim, text, err);
	claim->time_s = (int64_t)timegm(&tm);
	sigv4_time_print(claim->time_s, claim->timestamp);
	return claim->timestamp[0] ? 0 : set_timestamp(claim, text, err);
}

/* --- the Authorization header ------------------------------------------------------- */

struct pairs {
	const char *credential, *signed_headers, *signature;
};

static const char **pair_slot(struct pairs *pairs, const char *name, size_t len)
{
	if (text_is(name, len, "Credential"))
		return &pairs->credential;
	if (text_is(name, len, "SignedHeaders"))
		return &pairs->signed_headers;
	if (text_is(name, len, "Signature"))
		return &pairs->signature;
	return NULL;
}

/* "Name=value, Name=value" */
static int cut_pairs(struct arena *arena, const char *text, struct pairs *pairs, struct err *err)
{
	static const char space[] = " \t";

	while (*(text += strspn(text, space))) {
		size_t run = strcspn(text, ",");
		size_t name_len = strcspn(text, "=,");
		size_t end = run;
		const char **slot = pair_slot(pairs, text, name_len);

		if (name_len == run)
			return err_set(err, ERR_INVALID,
				       "Invalid key=value pair (missing equal-sign) in "
				       "Authorization header.");
		while (end > name_len + 1 && strchr(space, text[end - 1]))
			end--;
		if (slot && *slot)
			return err_set(err, ERR_INVALID,
				       "Authorization header names a parameter twice.");
		if (slot && end > name_len + 1) {
			*slot = arena_strndup(arena, text + name_len + 1, end - name_len - 1);
			if (!*slot)
				return err_set(err, ERR_INVALID, "The request is too large.");
		}
		text += run + (text[run] == ',');
	}
	return 0;
}

/* The one value of header @name; *ret_value is NULL if there is none. */
static int only_header(const struct request *request, const char *name, const char **ret_value,
		       struct err *err)
{
	const char *value = NULL;

	for (size_t i = 0; i < request->header_count; i++) {
		if (strcmp(request->headers[i].name, name) != 0)
			continue;
		if (value)
			return err_set(err, ERR_INVALID, "Header %s is given more than once.",
				       name);
		value = request->headers[i].value;
	}
	*ret_value = value;
	return 0;
}

static int parse_header(const struct request *request, const char *authorization,
			struct sigv4_claim *claim, struct err *err)
{
	size_t algorithm = strcspn(authorization, " \t");
	struct pairs pairs = {.credential = NULL};
	const char *date;
	const char *http_date;

	if (!text_is(authorization, algorithm, SIGV4_ALGORITHM))
		return err_set(err, ERR_INVALID,
			       "Authorization header requires the algorithm " SIGV4_ALGORITHM ".");
	if (cut_pairs(request->arena, authorization + algorithm, &pairs, err) < 0 ||
	    only_header(request, "x-amz-date", &date, err) < 0 ||
	    only_header(request, "date", &http_date, err) < 0)
		return -1;
	if (!pairs.credential || !pairs.signature || !pairs.signed_headers || (!date && !http_date))
		return err_set(
			err, ERR_INVALID, "%s%s%s%s",
			pairs.credential ? ""
					 : "Authorization header requires 'Credential' parameter. ",
			pairs.signature ? ""
					: "Authorization header requires 'Signature' parameter. ",
			pairs.signed_headers
				? ""
				: "Authorization header requires 'SignedHeaders' parameter. ",
			date || http_date ? ""
					  : "Authorization header requires existence of either a "
					    "'X-Amz-Date' or a 'Date' header. ");
	claim->signed_headers = pairs.signed_headers;
	claim->signature = pairs.signature;
	claim->token = request_header(request, "x-amz-security-token");
	if (check_signed_headers(pairs.signed_headers, err) < 0 ||
	    cut_credential(request->arena, pairs.credential, claim, err) < 0)
		return -1;
	return date ? set_timestamp(claim, date, err) : set_http_date(claim, http_date, err);
}

/* --- the presigned query -------------------------------------------------------------- */

enum {
	PARAM_ALGORITHM,
	PARAM_CREDENTIAL,
	PARAM_SIGNATURE,
	PARAM_DATE,
	PARAM_SIGNED_HEADERS,
	PARAM_EXPIRES,
	PARAM_NEEDED, /* those before are needed */
	PARAM_TOKEN = PARAM_NEEDED,
	PARAM_COUNT,
};

static const char *const param_names[PARAM_COUNT] = {
	[PARAM_ALGORITHM] = "X-Amz-Algorithm",		[PARAM_CREDENTIAL] = "X-Amz-Credential",
	[PARAM_SIGNATURE] = "X-Amz-Signature",		[PARAM_DATE] = "X-Amz-Date",
	[PARAM_SIGNED_HEADERS] = "X-Amz-SignedHeaders", [PARAM_EXPIRES] = "X-Amz-Expires",
	[PARAM_TOKEN] = "X-Amz-Security-Token",
};

static int read_params(const struct request *request, const char *values[PARAM_COUNT],
		       struct err *err)
{
	for (const char *at = request->query; *at;) {
		size_t run = strcspn(at, "&");
		size_t name_len = strcspn(at, "=&");

		for (size_t i = 0; i < PARAM_COUNT; i++) {
			if (!text_is(at, name_len, param_names[i]))
				continue;
			if (values[i])
				return err_set(err, ERR_INVALID,
					       "AWS query-string parameter '%s' is given more than "
					       "once.",
					       param_names[i]);
			values[i] = name_len == run ? ""
						    : sigv4_percent_decode(request->arena,
									   at + name_len + 1,
									   run - name_len - 1);
			if (!values[i])
				return err_set(err, ERR_INVALID,
					       "AWS query-string parameter '%s' is malformed.",
					       param_names[i]);
		}
		at += run + (at[run] == '&');
	}
	return 0;
}

static int parse_query(const struct request *request, const char *const values[PARAM_COUNT],
		       struct sigv4_claim *claim, struct err *err)
{
	const char *expires = values[PARAM_EXPIRES];

	for (size_t i = 0; i < PARAM_NEEDED; i++) {
		if (!values[i] || values[i][0] == '\0')
			return err_set(err, ERR_INVALID,
				       "AWS query-string parameters must include '%s'. "
				       "Re-examine the query-string parameters.",
				       param_names[i]);
	}
	if (strcmp(values[PARAM_ALGORITHM], SIGV4_ALGORITHM) != 0)
		return err_set(err, ERR_INVALID, "X-Amz-Algorithm must be " SIGV4_ALGORITHM ".");
	if (strlen(expires) > 9 || expires[strspn(expires, "0123456789")] != '\0')
		return err_set(err, ERR_INVALID, "X-Amz-Expires should be a number.");
	claim->presigned = true;
	claim->expires_s = strtoll(expires, NULL, 10);
	claim->signed_headers = values[PARAM_SIGNED_HEADERS];
	claim->signature = values[PARAM_SIGNATURE];
	claim->token = values[PARAM_TOKEN];
	if (check_signed_headers(claim->signed_headers, err) < 0 ||
	    cut_credential(request->arena, values[PARAM_CREDENTIAL], claim, err) < 0)
		return -1;
	return set_timestamp(claim, values[PARAM_DATE], err);
}

int sigv4_parse(const struct request *request, struct sigv4_claim *ret_claim, struct err *err)
{
	struct sigv4_claim claim = {.presigned = false};
	const char *values[PARAM_COUNT] = {NULL};
	const char *authorization;

	if (only_header(request, "authorization", &authorization, err) < 0)
		return -1;
	if (authorization) {
		if (parse_header(request, authorization, &claim, err) < 0)
			return -1;
		*ret_claim = claim;
		return 0;
	}
	if (read_params(request, values, err) < 0)
		return -1;
	if (!values[PARAM_ALGORITHM] && !values[PARAM_CREDENTIAL] && !values[PARAM_SIGNATURE])
		return err_set(err, ERR_NOT_FOUND, "Missing Authentication Token");
	if (parse_query(request, values, &claim, err) < 0)
		return -1;
	*ret_claim = claim;
	return 0;
}
