/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is cut from its end: what follows '@' is the digest, then what
 * follows the last ':' behind the last '/' is the tag, then the first component
 * is a host if it looks like one (it has a dot, a port, brackets or capitals, or is
 * "localhost"), and the rest is the repository. Each part is then checked
 * character by character against the grammar that registries share.
 */
#include "provisioner/image/image_reference.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_PREFIX	  "sha256:"
#define DIGEST_PREFIX_LEN (sizeof(DIGEST_PREFIX) - 1)
#define DIGEST_HEX_LEN	  64
#define PORT_DIGITS_MAX	  5

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_letter_or_digit(char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c);
}

static bool all_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_hex(text[i]))
			return false;
	}
	return true;
}

bool image_digest_is_valid(const char *text)
{
	return strncmp(text, DIGEST_PREFIX, DIGEST_PREFIX_LEN) == 0 &&
	       strlen(text) == DIGEST_PREFIX_LEN + DIGEST_HEX_LEN &&
	       all_hex(text + DIGEST_PREFIX_LEN, DIGEST_HEX_LEN);
}

static int check_digest(const char *digest, struct err *err)
{
	const char *colon = strchr(digest, ':');

	if (colon && strncmp(digest, DIGEST_PREFIX, DIGEST_PREFIX_LEN) != 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "image reference: only sha256 digests are supported");
	if (!image_digest_is_valid(digest))
		return err_set(err, ERR_INVALID,
			       "image reference: the digest must be sha256: and 64 lower-case "
			       "hex digits");
	return 0;
}

/* [A-Za-z0-9_][A-Za-z0-9_.-]{0,127} */
static int check_tag(const char *tag, struct err *err)
{
	size_t len = strlen(tag);
	bool good = len >= 1 && len <= IMAGE_TAG_MAX && tag[0] != '.' && tag[0] != '-';

	for (size_t i = 0; good && i < len; i++)
		good = is_letter_or_digit(tag[i]) || strchr("_.-", tag[i]);
	if (!good)
		return err_set(err, ERR_INVALID,
			       "image reference: the tag must be 1 to %d letters, digits, '_', "
			       "'.' or '-', and begin with a letter, digit or '_'",
			       IMAGE_TAG_MAX);
	return 0;
}

/* Lower-case letters and digits, between them one '.', one or two '_', or any
 * number of '-'. */
static bool is_path_component(const char *text, size_t len)
{
	size_t i = 0;

	if (len == 0 || strchr("._-", text[0]) || strchr("._-", text[len - 1]))
		return false;
	while (i < len) {
		size_t run = 1;

		if (is_lower(text[i]) || is_digit(text[i])) {
			i++;
			continue;
		}
		if (!strchr("._-", text[i]))
			return false;
		while (text[i + run] == text[i])
			run++;
		if (text[i] != '-' && run > (text[i] == '_' ? 2u : 1u))
			return false;
		i += run;
		/* No two kinds of separators side by side; the last character is none. */
		if (strchr("._-", text[i]))
			return false;
	}
	return true;
}

static int check_repository(const char *repository, struct err *err)
{
	const char *at = repository;

	for (;;) {
		size_t len = strcspn(at, "/");

		if (!is_path_component(at, len))
			return err_set(err, ERR_INVALID,
				       "image reference: the repository must be lower-case letters "
				       "and digits, joined by '.', '_', '__', '-' or '/'");
		if (at[len] == '\0')
			return 0;
		at += len + 1;
	}
}

static bool is_port(const char *text)
{
	size_t len = strlen(text);
	long port = 0;

	if (len == 0 || len > PORT_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
		port = port * 10 + (text[i] - '0');
	}
	return port > 0 && port <= UINT16_MAX;
}

/* Labels of letters, digits and inner '-', joined by dots. */
static bool is_host_name(const char *text, size_t len)
{
	size_t label = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.') {
			if (!is_letter_or_digit(text[i]) && text[i] != '-')
				return false;
			label++;
			continue;
		}
		if (label == 0 || text[i - label] == '-' || text[i - 1] == '-')
			return false;
		label = 0;
	}
	return true;
}

static bool is_bracketed_address(const char *text, size_t len)
{
	if (len < 4 || text[0] != '[' || text[len - 1] != ']')
		return false;
	for (size_t i = 1; i < len - 1; i++) {
		if (!is_hex(text[i]) && !(text[i] >= 'A' && text[i] <= 'F') && text[i] != ':')
			return false;
	}
	return true;
}

static int check_host(const char *host, struct err *err)
{
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	bool good = len <= strlen(host) &&
		    (host[0] == '[' ? is_bracketed_address(host, len) : is_host_name(host, len));

	if (good && host[len] != '\0')
		good = host[len] == ':' && is_port(host + len + 1);
	if (!good)
		return err_set(err, ERR_INVALID,
			       "image reference: the registry must be a host name or address with "
			       "an optional port");
	return 0;
}

/* Is the first component (@len bytes, with more behind it) a registry's host? */
static bool looks_like_host(const char *name, size_t len)
{
	if (len == strlen("localhost") && strncmp(name, "localhost", len) == 0)
		return true;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '.' || name[i] == ':' || name[i] == '[' || is_upper(name[i]))
			return true;
	}
	return false;
}

static int split_name(const char *name, struct image_reference *reference, struct err *err)
{
	size_t first = strcspn(name, "/");
	const char *host = IMAGE_DEFAULT_HOST;
	size_t host_len = strlen(host);
	const char *prefix = "";
	int wrote;

	if (name[first] == '/' && looks_like_host(name, first)) {
		host = name;
		host_len = first;
		name += first + 1;
		/* An old name of the same registry; credentials are kept under one. */
		if (host_len == strlen("index.docker.io") &&
		    strncmp(host, "index.docker.io", host_len) == 0) {
			host = IMAGE_DEFAULT_HOST;
			host_len = strlen(host);
		}
	}
	if (host_len == strlen(IMAGE_DEFAULT_HOST) &&
	    strncmp(host, IMAGE_DEFAULT_HOST, host_len) == 0 && !strchr(name, '/'))
		prefix = "library/";
	if (host_len + 1 + strlen(prefix) + strlen(name) > IMAGE_NAME_MAX)
		return err_set(err, ERR_INVALID,
			       "image reference: registry and repository must be at most %d "
			       "characters",
			       IMAGE_NAME_MAX);
	memcpy(reference->host, host, host_len);
	wrote = snprintf(reference->repository, sizeof(reference->repository), "%s%s", prefix,
			 name);
	if (wrote < 0 || check_host(reference->host, err) < 0)
		return -1;
	/* Such a name cannot be told from an image's id in the tools that people use. */
	if (prefix[0] && strlen(name) == DIGEST_HEX_LEN && all_hex(name, DIGEST_HEX_LEN))
		return err_set(err, ERR_INVALID,
			       "image reference: the repository must not be 64 hex digits");
	return check_repository(reference->repository, err);
}

int image_reference_parse(const char *text, struct image_reference *ret_reference, struct err *err)
{
	struct image_reference reference = {.tag = ""};
	char name[IMAGE_REFERENCE_SIZE];
	char *digest;
	char *tag;
	char *slash;

	if (text[0] == '\0')
		return err_set(err, ERR_INVALID, "image reference: must not be empty");
	if (strlen(text) >= sizeof(name))
		return err_set(err, ERR_INVALID, "image reference: must be at most %zu characters",
			       sizeof(name) - 1);
	memcpy(name, text, strlen(text) + 1);
	digest = strchr(name, '@');
	if (digest) {
		*digest++ = '\0';
		if (check_digest(digest, err) < 0)
			return -1;
		memcpy(reference.digest, digest, strlen(digest) + 1);
	}
	slash = strrchr(name, '/');
	tag = strrchr(slash ? slash : name, ':');
	if (tag) {
		*tag++ = '\0';
		if (check_tag(tag, err) < 0)
			return -1;
		memcpy(reference.tag, tag, strlen(tag) + 1);
	} else if (!digest) {
		memcpy(reference.tag, IMAGE_DEFAULT_TAG, sizeof(IMAGE_DEFAULT_TAG));
	}
	if (split_name(name, &reference, err) < 0)
		return -1;
	*ret_reference = reference;
	return 0;
}

char *image_reference_text(const struct image_reference *reference, char ret[IMAGE_REFERENCE_SIZE])
{
	int wrote = snprintf(ret, IMAGE_REFERENCE_SIZE, "%s/%s%s%s%s%s", reference->host,
			     reference->repository, reference->tag[0] ? ":" : "", reference->tag,
			     reference->digest[0] ? "@" : "", reference->digest);

	/* The parts were checked against the same limits that the size is made of. */
	(void)wrote;
	return ret;
}
