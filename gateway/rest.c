/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path and template are walked side by side, a segment at a time; the path is still encoded then,
 * so a slash in a name (%2F) ends no segment. Parameters that no route knows are ignored, as
 * members of bodies are.
 */
#include "gateway/rest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/query_form.h"

#define PARAMETERS_MAX QUERY_FORM_MAX

/* A part of a path or a query. */
struct slice {
	const char *text;
	size_t len;
};

static struct slice next_segment(const char **at)
{
	struct slice segment = {*at, strcspn(*at, "/")};

	*at += segment.len + ((*at)[segment.len] == '/');
	return segment;
}

static bool is_label(struct slice segment)
{
	return segment.len > 2 && segment.text[0] == '{';
}

bool rest_path_fits(const struct rest_route *route, const char *path)
{
	const char *template = route->path;

	while (*template && *path) {
		struct slice wanted = next_segment(&template);
		struct slice given = next_segment(&path);

		if (is_label(wanted) ? given.len == 0
				     : given.len != wanted.len ||
					       memcmp(given.text, wanted.text, given.len) != 0)
			return false;
	}
	return *template == '\0' && *path == '\0';
}

/* A new string of JSON. */
static int decode(struct slice text, bool plus, json_t **ret_value, struct err *err)
{
	AUTO(freep) char *room = xcalloc(1, text.len + 1);

	if (query_form_decode(text.text, text.len, plus, room, err) < 0)
		return -1;
	*ret_value = json_string(room);
	return *ret_value ? 0 : err_set(err, ERR_INVALID, "a parameter is not UTF-8");
}

static int put_labels(const struct rest_route *route, const char *path, json_t *body,
		      struct err *err)
{
	const char *template = route->path;

	while (*template) {
		struct slice wanted = next_segment(&template);
		struct slice given = next_segment(&path);
		json_t *value;

		if (!is_label(wanted))
			continue;
		AUTO(freep) char *member = xstrndup(wanted.text + 1, wanted.len - 2);

		if (decode(given, false, &value, err) < 0)
			return -1;
		if (json_object_set_new(body, member, value) < 0)
			abort();
	}
	return 0;
}

/* The number that a text is, in its place; what is none stays. */
static void make_int(json_t **value)
{
	const char *text = json_string_value(*value);
	long long number;
	char *end;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return;
	json_decref(*value);
	*value = json_integer(number);
}

static int put_parameter(const struct rest_parameter *parameter, struct slice text, json_t *found,
			 struct err *err)
{
	json_t *before = json_object_get(found, parameter->member);
	json_t *value;

	if (before && parameter->kind != REST_TEXTS)
		return err_set(err, ERR_INVALID, "parameter %s is given twice", parameter->name);
	if (decode(text, true, &value, err) < 0)
		return -1;
	if (parameter->kind == REST_INT)
		make_int(&value);
	if (parameter->kind == REST_TEXTS) {
		json_t *list = before ? json_incref(before) : json_array();

		if (json_array_append_new(list, value) < 0)
			abort();
		value = list;
	}
	if (json_object_set_new(found, parameter->member, value) < 0)
		abort();
	return 0;
}

static int put_pair(const struct rest_route *route, struct slice pair, json_t *found,
		    struct err *err)
{
	const char *equals = memchr(pair.text, '=', pair.len);
	size_t name_len = equals ? (size_t)(equals - pair.text) : pair.len;
	struct slice value = {equals ? equals + 1 : "", equals ? pair.len - name_len - 1 : 0};
	AUTO(freep) char *name = xcalloc(1, name_len + 1);

	if (query_form_decode(pair.text, name_len, true, name, err) < 0)
		return -1;
	for (size_t i = 0; i < route->parameter_count; i++) {
		if (strcmp(route->parameters[i].name, name) == 0)
			return put_parameter(&route->parameters[i], value, found, err);
	}
	return 0;
}

static int put_query(const struct rest_route *route, const char *query, json_t *body,
		     struct err *err)
{
	AUTO(json_decrefp) json_t *found = json_object();
	size_t count = 0;

	while (*query) {
		struct slice pair = {query, strcspn(query, "&")};

		if (count++ == PARAMETERS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d parameters", PARAMETERS_MAX);
		if (pair.len > 0 && put_pair(route, pair, found, err) < 0)
			return -1;
		query += pair.len + (query[pair.len] == '&');
	}
	if (json_object_update(body, found) < 0)
		abort();
	return 0;
}

int rest_input(const struct rest_route *route, const struct request *request, json_t *body,
	       struct err *err)
{
	if (put_labels(route, request->path, body, err) < 0)
		return -1;
	return put_query(route, request->query, body, err);
}
