/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skopeo says what went wrong in one log line, whose text ends with the cause; the
 * table finds the cause by phrases that registries (the names of their error codes),
 * Go's network library and the kernel use. Order matters: a proxy's "denied" within
 * a time-out is a time-out. A registry can forge a phrase, and gains a wrong word
 * in its own user's error.
 */
#include "provisioner/image/image_fault.h"

#include <stdio.h>
#include <string.h>

#include "provisioner/image/image_answer.h"

static const struct {
	const char *phrase;
	enum err_code code;
	bool transient;
} phrases[] = {
	{"no space left on device", ERR_NO_SPACE, false},
	{"disk quota exceeded", ERR_NO_SPACE, false},
	{"file too large", ERR_LIMIT, false},
	{"manifest unknown", ERR_NOT_FOUND, false},
	{"name unknown", ERR_NOT_FOUND, false},
	{"repository name not known", ERR_NOT_FOUND, false},
	{"no such host", ERR_UNAVAILABLE, false},
	{"server gave http response to https client", ERR_UNAVAILABLE, false},
	{"x509:", ERR_UNAVAILABLE, false},
	{"toomanyrequests", ERR_UNAVAILABLE, true},
	{"too many requests", ERR_UNAVAILABLE, true},
	{"i/o timeout", ERR_TIMEOUT, true},
	{"context deadline exceeded", ERR_TIMEOUT, true},
	{"handshake timeout", ERR_TIMEOUT, true},
	{"client.timeout exceeded", ERR_TIMEOUT, true},
	{"connection refused", ERR_UNAVAILABLE, true},
	{"connection reset", ERR_UNAVAILABLE, true},
	{"network is unreachable", ERR_UNAVAILABLE, true},
	{"no route to host", ERR_UNAVAILABLE, true},
	{"server misbehaving", ERR_UNAVAILABLE, true},
	{"temporary failure in name resolution", ERR_UNAVAILABLE, true},
	{"unexpected eof", ERR_UNAVAILABLE, true},
	{"status 500", ERR_UNAVAILABLE, true},
	{"status 502", ERR_UNAVAILABLE, true},
	{"status 503", ERR_UNAVAILABLE, true},
	{"status 504", ERR_UNAVAILABLE, true},
	{"500 internal server error", ERR_UNAVAILABLE, true},
	{"502 bad gateway", ERR_UNAVAILABLE, true},
	{"503 service unavailable", ERR_UNAVAILABLE, true},
	{"504 gateway", ERR_UNAVAILABLE, true},
	{"insufficient_scope", ERR_DENIED, false},
	{"unauthorized", ERR_DENIED, false},
	{"authentication required", ERR_DENIED, false},
	{"invalid username/password", ERR_DENIED, false},
	{"access denied", ERR_DENIED, false},
	{"access to the resource is denied", ERR_DENIED, false},
	{"denied:", ERR_DENIED, false},
	{"403 (forbidden)", ERR_DENIED, false},
	{"401 (unauthorized)", ERR_DENIED, false},
	{"digest did not match", ERR_CORRUPT, false},
	{"does not match provided manifest digest", ERR_CORRUPT, false},
};

/* The text of the last line that skopeo logged as fatal, unquoted, in @ret. */
static void find_message(const char *complaints, char *ret, size_t size)
{
	const char *message = NULL;
	const char *at = complaints;
	size_t len = 0;

	while ((at = strstr(at, "level=fatal msg=\"")) != NULL) {
		at += strlen("level=fatal msg=\"");
		message = at;
	}
	if (!message) {
		/* Not skopeo's own words: those of whoever could not start it. */
		(void)snprintf(ret, size, "%.*s", (int)strcspn(complaints, "\n"), complaints);
		return;
	}
	for (; *message && *message != '"' && len + 1 < size; message++) {
		if (*message == '\\' && message[1]) {
			message++;
			if (*message == 'n' || *message == 't') {
				ret[len++] = ' ';
				continue;
			}
		}
		ret[len++] = *message;
	}
	ret[len] = '\0';
}

/* Step over what skopeo puts in front of the cause, if it is there. */
static const char *find_cause(const char *message)
{
	static const char *const starts[] = {
		"Error parsing image name ",
		"Error initializing source ",
		"initializing source ",
		"Error reading manifest",
		"copying system image from manifest list: ",
	};
	bool stepped = true;

	while (stepped) {
		stepped = false;
		for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
			const char *end;

			if (strncmp(message, starts[i], strlen(starts[i])) != 0)
				continue;
			/* A name has colons of its own; what ends it is one with a space. */
			end = strstr(message + strlen(starts[i]) - 2, ": ");
			if (!end)
				return message;
			message = end + 2;
			stepped = true;
		}
	}
	return message;
}

void image_fault_read(const char *complaints, const struct image_reference *reference,
		      struct image_fault *ret_fault, struct err *err)
{
	char message[ERR_TEXT_MAX];
	char name[IMAGE_REFERENCE_SIZE];
	const char *cause;

	find_message(complaints, message, sizeof(message));
	cause = find_cause(message);
	ret_fault->transient = false;
	(void)err_set(err, ERR_SYSTEM, "%s", cause[0] ? cause : "skopeo failed without a word");
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
		if (!strcasestr(message, phrases[i].phrase))
			continue;
		err->code = phrases[i].code;
		ret_fault->transient = phrases[i].transient;
		break;
	}
	if (err->code == ERR_NOT_FOUND)
		(void)err_set(err, ERR_NOT_FOUND, "%s: not found",
			      image_reference_text(reference, name));
	if (err->code == ERR_DENIED)
		(void)err_wrap(err, "pull access denied, repository does not exist or may require "
				    "authorization: server message");
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
