/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References (see the header). A parameter's ARN has lost the slash that its name may begin
 * with: a name of several parts must have one, and gets it back; a name of one part may have
 * had one, and whoever looks it up tries both.
 */
#include "store/secret_reference.h"

#include <errno.h>
#include <string.h>

#include "core/ident.h"

#define PARAMETER "parameter/"
#define SECRET	  "secret:"

struct parse {
	struct arena *arena;
	bool full; /* the arena is */
};

static const char *cut(struct parse *parse, const char *text, size_t len)
{
	const char *copy = arena_strndup(parse->arena, text, len);

	if (!copy)
		parse->full = true;
	return copy;
}

/* The next part up to a colon, or NULL if it is empty; *at moves behind it. */
static const char *next_part(struct parse *parse, const char **at)
{
	size_t len = strcspn(*at, ":");
	const char *part = len > 0 ? cut(parse, *at, len) : NULL;

	*at += len;
	*at += **at == ':';
	return part;
}

static int parse_parameter(struct parse *parse, const char *text, bool is_arn,
			   struct secret_reference *ret, struct err *err)
{
	size_t len = strcspn(text, ":");

	if (len == 0)
		return err_set(err, ERR_INVALID, "a parameter without a name");
	ret->service = SECRET_OF_SSM;
	ret->name = cut(parse, text, len);
	if (is_arn && ret->name && strchr(ret->name, '/') && ret->name[0] != '/') {
		ret->name = arena_printf(parse->arena, "/%s", ret->name);
		parse->full |= !ret->name;
	}
	if (text[len] == ':' && text[len + 1] != '\0')
		ret->selector = cut(parse, text + len + 1, strlen(text + len + 1));
	ret->arn = ret->name;
	return 0;
}

/* @text: all of it; @name: where the name begins. */
static int parse_secret(struct parse *parse, const char *text, const char *name,
			struct secret_reference *ret, struct err *err)
{
	const char *at = name;

	ret->service = SECRET_OF_MANAGER;
	ret->name = next_part(parse, &at);
	if (!ret->name && !parse->full)
		return err_set(err, ERR_INVALID, "a secret without a name");
	ret->arn = cut(parse, text, (size_t)(name - text) + strcspn(name, ":"));
	ret->json_key = next_part(parse, &at);
	ret->stage = next_part(parse, &at);
	ret->version_id = next_part(parse, &at);
	return *at == '\0' ? 0 : err_set(err, ERR_INVALID, "too many parts");
}

static int parse_arn(struct parse *parse, const char *text, struct secret_reference *ret,
		     struct err *err)
{
	struct arn arn;

	if (arn_parse(text, &arn, err) < 0)
		return -1;
	ret->region = cut(parse, arn.region, arn.region_len);
	ret->account = cut(parse, arn.account, arn.account_len);
	if (text_is(arn.service, arn.service_len, "ssm") &&
	    strncmp(arn.resource, PARAMETER, strlen(PARAMETER)) == 0)
		return parse_parameter(parse, arn.resource + strlen(PARAMETER), true, ret, err);
	if (text_is(arn.service, arn.service_len, "secretsmanager") &&
	    strncmp(arn.resource, SECRET, strlen(SECRET)) == 0)
		return parse_secret(parse, text, arn.resource + strlen(SECRET), ret, err);
	return err_set(err, ERR_INVALID, "neither a parameter nor a secret");
}

int secret_reference_parse(const char *text, enum secret_service bare, struct arena *arena,
			   struct secret_reference *ret_reference, struct err *err)
{
	struct parse parse = {.arena = arena};
	struct secret_reference reference = {.service = bare};
	int result;

	if (strlen(text) > SECRET_REFERENCE_MAX)
		return err_set(err, ERR_INVALID, "longer than %d characters", SECRET_REFERENCE_MAX);
	if (strncmp(text, "arn:", 4) == 0)
		result = parse_arn(&parse, text, &reference, err);
	else if (bare == SECRET_OF_SSM)
		result = parse_parameter(&parse, text, false, &reference, err);
	else
		result = parse_secret(&parse, text, text, &reference, err);
	if (result < 0)
		return -1;
	if (parse.full)
		return err_set(err, ERR_LIMIT, "no room for a reference");
	*ret_reference = reference;
	return 0;
}

int64_t secret_reference_version(const struct secret_reference *reference)
{
	long long number;
	char *end;

	if (!reference->selector)
		return 0;
	errno = 0;
	number = strtoll(reference->selector, &end, 10);
	if (errno != 0 || *end || number < 1 || reference->selector[0] < '0' ||
	    reference->selector[0] > '9')
		return -1;
	return number;
}

bool secret_reference_is_of(const struct secret_reference *reference, const char *region,
			    const char *account)
{
	return (!reference->region || strcmp(reference->region, region) == 0) &&
	       (!reference->account || strcmp(reference->account, account) == 0);
}
