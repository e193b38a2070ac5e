/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same JSON as PutTargets checked; here only what a request is made of is read.
 */
#include "events/webhook_target.h"

#include <string.h>

#include "events/connection.h"
#include "events/event_path.h"

static const struct shape_field http_fields[] = {
	TEXTS(struct webhook_http, path, "PathParameterValues", 0, WEBHOOK_PARAMETERS_MAX, 0),
	MAP(struct webhook_http, headers, "HeaderParameters", 0, WEBHOOK_PARAMETERS_MAX, 0),
	MAP(struct webhook_http, query, "QueryStringParameters", 0, WEBHOOK_PARAMETERS_MAX, 0),
};
const struct shape webhook_http_shape = SHAPE_OF(struct webhook_http, http_fields);

struct transformer {
	struct shape_list paths;
	const char *template;
};
static const struct shape_field transformer_fields[] = {
	MAP(struct transformer, paths, "InputPathsMap", 0, INPUT_PATHS_MAX, 0),
	TEXT(struct transformer, template, "InputTemplate", 0, 0, 0),
};
static const struct shape transformer_shape = SHAPE_OF(struct transformer, transformer_fields);

struct body {
	struct webhook_target target;
	struct transformer transformer;
};
static const struct shape_field fields[] = {
	TEXT(struct body, target.id, "Id", 0, 0, SHAPE_REQUIRED),
	TEXT(struct body, target.input, "Input", 0, 0, 0),
	TEXT(struct body, target.input_path, "InputPath", 0, 0, 0),
	OBJECT(struct body, transformer, "InputTransformer", &transformer_shape, 0),
	OBJECT(struct body, target.http, "HttpParameters", &webhook_http_shape, 0),
	OBJECT(struct body, target.retry, "RetryPolicy", &event_retry_shape, 0),
};
static const struct shape shape = SHAPE_OF(struct body, fields);

int webhook_target_read(const json_t *body, struct arena *arena, struct webhook_target *ret_target,
			struct err *err)
{
	struct body filled;

	if (shape_fill(&shape, body, arena, &filled, err) < 0)
		return -1;
	filled.target.template = filled.transformer.template;
	filled.target.paths = filled.transformer.paths;
	*ret_target = filled.target;
	return 0;
}

/* --- before it is kept --- */

static int check_value(const char *member, const char *value, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64 * 1024);
	struct err why = ERR_INIT;
	struct event_path *path;

	if (strncmp(value, "$.", 2) == 0 && event_path_parse(value, arena, &path, &why) < 0)
		return err_set(err, ERR_INVALID, "HttpParameters.%s: %.512s", member, why.text);
	for (const char *at = value; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return err_set(err, ERR_INVALID,
				       "HttpParameters.%s: a value has a control character",
				       member);
	}
	return 0;
}

static int check_pairs(const char *member, const struct shape_list *list, bool headers,
		       struct err *err)
{
	const struct shape_pair *pairs = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (headers && !connection_header_name_ok(pairs[i].key))
			return err_set(err, ERR_INVALID,
				       "HttpParameters.%s: %.128s is no header that may be set",
				       member, pairs[i].key);
		if (headers && !connection_header_value_ok(pairs[i].value))
			return err_set(err, ERR_INVALID,
				       "HttpParameters.%s: the value of %.128s has characters that "
				       "are not printable",
				       member, pairs[i].key);
		if (check_value(member, pairs[i].value, err) < 0)
			return -1;
	}
	return 0;
}

int webhook_http_check(const struct webhook_http *http, const char *endpoint, struct err *err)
{
	const char *const *values = http->path.items;
	size_t wildcards = 0;

	for (const char *at = endpoint; *at; at++)
		wildcards += *at == '*';
	if (wildcards != http->path.count)
		return err_set(err, ERR_INVALID,
			       "HttpParameters.PathParameterValues must have %zu values, one for "
			       "each * of the endpoint",
			       wildcards);
	for (size_t i = 0; i < http->path.count; i++) {
		if (check_value("PathParameterValues", values[i], err) < 0)
			return -1;
	}
	if (check_pairs("HeaderParameters", &http->headers, true, err) < 0)
		return -1;
	return check_pairs("QueryStringParameters", &http->query, false, err);
}
