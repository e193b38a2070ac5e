/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 9110's grammar, leniently: a list of challenges, each a scheme and parameters. A word
 * that is not followed by `=` is a scheme; commas stand between everything.
 */
#include "provisioner/image/image_challenge.h"

#include <string.h>
#include <strings.h>

#define WORD_MAX 64 /* bytes of a scheme's or parameter's name, the zero included */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static const char *skip(const char *at)
{
	return at + strspn(at, " \t,");
}

/* A word in @ret, cut if it is longer than any that is known. */
static const char *take_word(const char *at, char ret[WORD_MAX])
{
	size_t len = 0;

	for (; is_word(*at); at++) {
		if (len + 1 < WORD_MAX)
			ret[len++] = *at;
	}
	ret[len] = '\0';
	return at;
}

static int put(char *value, size_t *len, char c, struct err *err)
{
	if (*len + 1 >= IMAGE_CHALLENGE_PART_MAX)
		return err_set(err, ERR_LIMIT, "the registry's challenge is too long");
	/* They go into a URL and a log. */
	if ((unsigned char)c < 0x20 || c == 0x7f)
		return err_set(err, ERR_INVALID, "the registry's challenge has control characters");
	value[(*len)++] = c;
	return 0;
}

/* What follows the `=`: a word, or a text in quotes. */
static int take_value(const char **at, char value[IMAGE_CHALLENGE_PART_MAX], struct err *err)
{
	const char *from = *at;
	size_t len = 0;

	if (*from != '"') {
		/* Some write addresses without quotes. */
		for (; *from && !strchr(" \t,\"", *from); from++) {
			if (put(value, &len, *from, err) < 0)
				return -1;
		}
	} else {
		for (from++; *from && *from != '"'; from++) {
			if (*from == '\\' && from[1])
				from++;
			if (put(value, &len, *from, err) < 0)
				return -1;
		}
		if (*from != '"')
			return err_set(err, ERR_INVALID, "the registry's challenge does not end");
		from++;
	}
	value[len] = '\0';
	*at = from;
	return 0;
}

static void keep(struct image_challenge *challenge, const char *name,
		 const char value[IMAGE_CHALLENGE_PART_MAX])
{
	char *to = NULL;

	if (strcasecmp(name, "realm") == 0)
		to = challenge->realm;
	else if (strcasecmp(name, "service") == 0)
		to = challenge->service;
	else if (strcasecmp(name, "scope") == 0)
		to = challenge->scope;
	if (to)
		memcpy(to, value, IMAGE_CHALLENGE_PART_MAX);
}

/* The better of two schemes wins; a second of the same kind does not. */
static void begin(struct image_challenge *challenge, const char *scheme, bool *ret_ours)
{
	enum image_challenge_kind kind = IMAGE_CHALLENGE_NONE;

	if (strcasecmp(scheme, "Bearer") == 0)
		kind = IMAGE_CHALLENGE_BEARER;
	else if (strcasecmp(scheme, "Basic") == 0)
		kind = IMAGE_CHALLENGE_BASIC;
	*ret_ours = kind > challenge->kind;
	if (*ret_ours)
		*challenge = (struct image_challenge){.kind = kind};
}

int image_challenge_parse(const char *text, struct image_challenge *ret_challenge, struct err *err)
{
	struct image_challenge challenge = {.kind = IMAGE_CHALLENGE_NONE};
	const char *at = skip(text);
	bool ours = false;

	while (*at) {
		char value[IMAGE_CHALLENGE_PART_MAX] = "";
		char word[WORD_MAX];
		const char *behind = take_word(at, word);

		if (behind == at)
			return err_set(err, ERR_INVALID, "the registry's challenge is malformed");
		at = behind + strspn(behind, " \t");
		if (*at != '=') {
			begin(&challenge, word, &ours);
			at = skip(at);
			continue;
		}
		at++;
		at += strspn(at, " \t");
		if (take_value(&at, value, err) < 0)
			return -1;
		if (ours)
			keep(&challenge, word, value);
		at = skip(at);
	}
	if (challenge.kind == IMAGE_CHALLENGE_BEARER && !challenge.realm[0])
		return err_set(err, ERR_INVALID,
			       "the registry asks for a token and does not say where");
	*ret_challenge = challenge;
	return 0;
}
