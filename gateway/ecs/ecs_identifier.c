/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resource is named by itself ("prod"), by its short form ("cluster/prod") or
 * by its ARN; every one of them is brought to its parts here. An identifier of
 * another account is refused before anything is looked up, so that nobody learns
 * whether it exists.
 */
#include "gateway/ecs/ecs_identifier.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/ident.h"

#define SERVICE		"ecs"
#define SEPARATORS	"Invalid identifier: Unexpected number of separators"
#define REVISION_DIGITS 10

static int bad_identifier(struct call *call, const char *text)
{
	return call_fail(call, "InvalidParameterException", "%s", text);
}

int ecs_arn_resource(struct call *call, const char *arn, const char **ret_resource)
{
	struct arn parts;
	struct err err = ERR_INIT;

	if (arn_parse(arn, &parts, &err) < 0)
		return bad_identifier(call, SEPARATORS);
	if (!text_is(parts.service, parts.service_len, SERVICE))
		return call_fail(call, "InvalidParameterException",
				 "Invalid identifier: the ARN is not one of service " SERVICE);
	if (!text_is(parts.region, parts.region_len, call->options->region))
		return call_fail(call, "InvalidParameterException",
				 "Identifier is for %.*s. Your region is %s",
				 (int)(parts.region_len < 64 ? parts.region_len : 64), parts.region,
				 call->options->region);
	if (!text_is(parts.account, parts.account_len, call->caller.account))
		return call_fail(call, "InvalidParameterException",
				 "Identifier is for %.*s. Your accountId is %s",
				 (int)(parts.account_len < 64 ? parts.account_len : 64),
				 parts.account, call->caller.account);
	*ret_resource = parts.resource;
	return 0;
}

/* What stands behind "TYPE/" in an ARN or a short form; else @given itself. */
static int strip_type(struct call *call, const char *type, const char *given, const char **ret_rest)
{
	size_t len = strlen(type);
	const char *resource = given;
	bool is_arn = strncmp(given, "arn:", 4) == 0;

	if (is_arn && ecs_arn_resource(call, given, &resource) < 0)
		return -1;
	if (strncmp(resource, type, len) == 0 && resource[len] == '/') {
		*ret_rest = resource + len + 1;
		return 0;
	}
	if (is_arn)
		return call_fail(call, "InvalidParameterException",
				 "Invalid identifier: the ARN is not one of a %s", type);
	*ret_rest = given;
	return 0;
}

int ecs_cluster_name(struct call *call, const char *given, const char **ret_name)
{
	const char *name;

	if (!given) {
		*ret_name = "default";
		return 0;
	}
	if (given[0] == '\0')
		return bad_identifier(call, "Cluster can not be blank.");
	if (strip_type(call, "cluster", given, &name) < 0)
		return -1;
	if (strpbrk(name, "/:"))
		return bad_identifier(call, SEPARATORS);
	if (!ident_is_name(name, ECS_NAME_MAX))
		return bad_identifier(call, "Invalid identifier: a cluster name has 1 to 255 "
					    "letters, numbers, hyphens and underscores");
	*ret_name = name;
	return 0;
}

/* The last part of what stands behind "TYPE/", where "CLUSTER/" may stand before it. */
static int strip_cluster(struct call *call, const char *type, const char *cluster,
			 const char *given, const char **ret_rest)
{
	const char *rest;
	const char *slash;

	if (strip_type(call, type, given, &rest) < 0)
		return -1;
	slash = strchr(rest, '/');
	if (slash && strchr(slash + 1, '/'))
		return bad_identifier(call, SEPARATORS);
	if (slash && !text_is(rest, (size_t)(slash - rest), cluster))
		return call_fail(call, "InvalidParameterException",
				 "Identifier is for cluster %.*s. Your cluster is %s",
				 (int)(slash - rest < ECS_NAME_MAX ? slash - rest : ECS_NAME_MAX),
				 rest, cluster);
	*ret_rest = slash ? slash + 1 : rest;
	return 0;
}

int ecs_task_id(struct call *call, const char *cluster, const char *given, const char **ret_id)
{
	const char *rest;
	size_t len;

	if (strip_cluster(call, "task", cluster, given, &rest) < 0)
		return -1;
	len = strlen(rest);
	if (len != 32 && len != 36)
		return bad_identifier(call, "taskId length should be one of [32,36]");
	*ret_id = rest;
	return 0;
}

int ecs_service_name(struct call *call, const char *cluster, const char *given,
		     const char **ret_name)
{
	const char *name;

	if (strip_cluster(call, "service", cluster, given, &name) < 0)
		return -1;
	if (!ident_is_name(name, ECS_NAME_MAX))
		return bad_identifier(call, "Invalid identifier: a service name has 1 to 255 "
					    "letters, numbers, hyphens and underscores");
	*ret_name = name;
	return 0;
}

int ecs_provider_name(struct call *call, const char *given, const char **ret_name)
{
	const char *name;

	if (strip_type(call, "capacity-provider", given, &name) < 0)
		return -1;
	if (!ident_is_name(name, ECS_NAME_MAX))
		return bad_identifier(call, "Invalid identifier: a capacity provider's name has 1 "
					    "to 255 letters, numbers, hyphens and underscores");
	*ret_name = name;
	return 0;
}

static int bad_revision(struct call *call, const char *text)
{
	return call_fail(call, "ClientException", "Invalid revision number. Number: %.64s", text);
}

int ecs_definition_name(struct call *call, const char *given, struct ecs_definition_name *ret_name)
{
	struct ecs_definition_name name = {0};
	const char *rest;
	const char *colon;

	if (strip_type(call, "task-definition", given, &rest) < 0)
		return -1;
	if (strchr(rest, '/'))
		return bad_identifier(call, SEPARATORS);
	colon = strchr(rest, ':');
	name.family = rest;
	if (colon) {
		const char *text = colon + 1;
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > REVISION_DIGITS || text[digits] != '\0')
			return bad_revision(call, text);
		name.revision = strtoll(text, NULL, 10);
		if (name.revision < 1)
			return bad_revision(call, text);
		name.family = arena_strndup(call->arena, rest, (size_t)(colon - rest));
		if (!name.family)
			return call_fail(call, "ClientException", "The request is too large.");
	}
	*ret_name = name;
	return 0;
}

static struct ecs_arn make_arn(const struct call *call, const char *fmt, ...) PRINTF_LIKE(2, 3);

static struct ecs_arn make_arn(const struct call *call, const char *fmt, ...)
{
	struct ecs_arn arn;
	int len =
		snprintf(arn.text, sizeof(arn.text),
			 "arn:aws:" SERVICE ":%s:%s:", call->options->region, call->caller.account);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(arn.text + len, sizeof(arn.text) - (size_t)len, fmt, args);
	va_end(args);
	return arn;
}

struct ecs_arn ecs_cluster_arn(const struct call *call, const char *cluster)
{
	return make_arn(call, "cluster/%s", cluster);
}

struct ecs_arn ecs_task_arn(const struct call *call, const char *cluster, const char *id)
{
	return make_arn(call, "task/%s/%s", cluster, id);
}

struct ecs_arn ecs_container_arn(const struct call *call, const char *cluster, const char *task,
				 const char *id)
{
	return make_arn(call, "container/%s/%s/%s", cluster, task, id);
}

struct ecs_arn ecs_service_arn(const struct call *call, const char *cluster, const char *name)
{
	return make_arn(call, "service/%s/%s", cluster, name);
}

struct ecs_arn ecs_provider_arn(const struct call *call, const char *name)
{
	return make_arn(call, "capacity-provider/%s", name);
}

struct ecs_arn ecs_definition_arn(const struct call *call, const char *family, int64_t revision)
{
	return make_arn(call, "task-definition/%s:%" PRId64, family, revision);
}
