/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry refuses with a status and, by the distribution specification, a list of errors in
 * JSON; the first one's code and message are what is said. A registry may write anything
 * there, and gains a wrong word in its own user's error.
 */
#include "provisioner/image/image_fault.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/shape.h"
#include "provisioner/image/image_answer.h"

#define MESSAGE_MAX 400 /* bytes of what a registry says; the API cuts at 1024 */

/* "CODE" and "message" of the first error in @text -> "code: message"; else false. */
static bool first_error(const char *text, char *ret, size_t size)
{
	AUTO(json_decrefp) json_t *json = NULL;
	const json_t *first;
	const char *code;
	const char *message;
	struct err ignored;

	if (shape_parse(text, strlen(text), &json, &ignored) < 0)
		return false;
	first = json_array_get(json_object_get(json, "errors"), 0);
	code = json_string_value(json_object_get(first, "code"));
	message = json_string_value(json_object_get(first, "message"));
	if (!code && !message)
		return false;
	(void)snprintf(ret, size, "%.64s%s%s", code ? code : "", code && message ? ": " : "",
		       message ? message : "");
	/* Codes are written large there and small in the words that are known. */
	for (char *at = ret; *at && *at != ':'; at++)
		*at = (char)tolower((unsigned char)*at);
	return true;
}

static const char *name_status(long status)
{
	static const struct {
		long status;
		const char *name;
	} names[] = {
		{400, "400 Bad Request"},	{401, "401 Unauthorized"},
		{403, "403 Forbidden"},		{404, "404 Not Found"},
		{429, "429 Too Many Requests"}, {500, "500 Internal Server Error"},
		{502, "502 Bad Gateway"},	{503, "503 Service Unavailable"},
		{504, "504 Gateway Timeout"},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].status == status)
			return names[i].name;
	}
	return NULL;
}

static void describe(const struct image_http_answer *answer, char *ret, size_t size)
{
	const char *name = name_status(answer->status);

	if (first_error(answer->refusal, ret, size))
		return;
	if (name)
		(void)snprintf(ret, size, "received unexpected HTTP status: %s", name);
	else
		(void)snprintf(ret, size, "received unexpected HTTP status: %ld", answer->status);
}

int image_fault_read(const struct image_http_answer *answer,
		     const struct image_reference *reference, bool *ret_transient, struct err *err)
{
	char name[IMAGE_REFERENCE_SIZE];
	char message[MESSAGE_MAX];

	*ret_transient = answer->status == 429 || answer->status >= 500;
	describe(answer, message, sizeof(message));
	switch (answer->status) {
	case 404:
		return err_set(err, ERR_NOT_FOUND, "%s: not found",
			       image_reference_text(reference, name));
	case 401:
	case 403:
		return err_set(err, ERR_DENIED,
			       "pull access denied, repository does not exist or may require "
			       "authorization: server message: %s",
			       message);
	default:
		return err_set(err, ERR_UNAVAILABLE, "%s", message);
	}
}

void image_fault_finish(enum image_stage stage, const struct image_reference *reference,
			unsigned tries, struct err *err)
{
	static const char platform[] = "image Manifest does not contain descriptor";
	const char *step = stage == IMAGE_STAGE_RESOLVE ? "pull image manifest" : "ref pull";
	char name[IMAGE_REFERENCE_SIZE];

	/* Found out only from the config if there was no index; said in the same words. */
	if (strncmp(err->text, platform, strlen(platform)) == 0)
		step = "pull image manifest";
	else if (stage == IMAGE_STAGE_RESOLVE)
		(void)err_wrap(err, "failed to resolve ref %s",
			       image_reference_text(reference, name));
	(void)err_wrap(err, IMAGE_ERROR_PREFIX "%s has been retried %u time(s)", step, tries);
}
