/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each service says what:
 *
 *     bearer     nothing is fixed: webhook-id or idempotency-key, if there is one
 *     github     x-github-delivery, x-github-event
 *     gitlab     idempotency-key, or of older versions x-gitlab-event-uuid; x-gitlab-event
 *     stripe     "id" and "type" of the body
 *     standard   webhook-id, and "type" of the body
 *
 * Headers are not signed by all of them. Whoever has seen a message could send it again with
 * another id; TLS is what keeps others from seeing it.
 */
#include "events/webhook_event.h"

#include <string.h>
#include <strings.h>

#include "core/ident.h"
#include "events/cloudevent_private.h"
#include "events/event.h"
#include "events/json_text.h"

#define ID_HEADERS_MAX 2

static const struct {
	const char *id_headers[ID_HEADERS_MAX]; /* the first that is there counts */
	const char *id_member, *type_header, *type_member;
	bool may_lack_id;
} services[WEBHOOK_STYLE_COUNT] = {
	[WEBHOOK_BEARER] = {.id_headers = {"webhook-id", "idempotency-key"}, .may_lack_id = true},
	[WEBHOOK_GITHUB] = {.id_headers = {"x-github-delivery"}, .type_header = "x-github-event"},
	[WEBHOOK_GITLAB] = {.id_headers = {"idempotency-key", "x-gitlab-event-uuid"},
			    .type_header = "x-gitlab-event"},
	[WEBHOOK_STRIPE] = {.id_member = "id", .type_member = "type"},
	[WEBHOOK_STANDARD] = {.id_headers = {"webhook-id"}, .type_member = "type"},
};

bool webhook_source_ok(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= WEBHOOK_WORD_MAX && !event_source_is_reserved(text) &&
	       text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "-._~:/?#@!$&'()*+,;=")] == '\0';
}

bool webhook_is_cloudevent(const struct header *headers, size_t header_count)
{
	static const char family[] = "application/cloudevents";

	for (size_t i = 0; i < header_count; i++) {
		const char *value = headers[i].value;

		if (strncmp(headers[i].name, "ce-", 3) == 0)
			return true;
		value += strspn(value, " \t");
		if (strcmp(headers[i].name, "content-type") == 0 &&
		    strncasecmp(value, family, strlen(family)) == 0)
			return true;
	}
	return false;
}

/* NULL: there is none. ERR_INVALID if there are two, or it is empty. */
static int find_header(const struct webhook_message *message, const char *name,
		       const char **ret_value, struct err *err)
{
	*ret_value = NULL;
	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(message->headers[i].name, name) != 0)
			continue;
		if (*ret_value)
			return err_set(err, ERR_INVALID, "header %s is given twice", name);
		*ret_value = message->headers[i].value;
	}
	return 0;
}

static int check_type(const struct webhook_message *message, struct err *err)
{
	const char *type;

	if (find_header(message, "content-type", &type, err) < 0)
		return -1;
	if (!type || !media_type_is_json(type) || !media_type_is_utf8(type))
		return err_set(err, ERR_UNSUPPORTED,
			       "content-type must be application/json: choose it where the "
			       "webhook is set up");
	return 0;
}

static int read_body(const struct webhook_message *message, struct arena *arena,
		     struct cloudevent *event, struct err *err)
{
	AUTO(buf_done) struct buf minified = {0};

	if (message->body_len > CLOUDEVENT_SIZE_MAX)
		return err_set(err, ERR_LIMIT, "the body has more than %u bytes",
			       CLOUDEVENT_SIZE_MAX);
	buf_init(&minified, message->body_len + 1);
	if (json_text_minify((const char *)message->body, message->body_len, &minified, err) < 0)
		return err_wrap(err, "the body");
	event->data_kind = CLOUDEVENT_JSON;
	event->data = arena_strndup(arena, (const char *)minified.data, minified.len);
	event->data_len = minified.len;
	return event->data ? 0 : err_set(err, ERR_LIMIT, "the body is too large");
}

/* A text of the body's; NULL if there is none. */
static int find_member(const struct cloudevent *event, const char *name, struct arena *arena,
		       const char **ret_value, struct err *err)
{
	const struct json_slice body = {event->data, event->data_len};
	struct json_slice value;
	size_t len;

	*ret_value = NULL;
	if (json_slice_kind(body) != '{' || !json_slice_member(body, name, &value) ||
	    json_slice_kind(value) != '"')
		return 0;
	if (json_slice_string(value, arena, ret_value, &len, err) < 0)
		return err_wrap(err, "%s", name);
	if (strlen(*ret_value) != len)
		return err_set(err, ERR_INVALID, "%s has a NUL character", name);
	return 0;
}

static int missing(const char *header, const char *member, struct err *err)
{
	if (header)
		return err_set(err, ERR_INVALID, "header %s is missing", header);
	return err_set(err, ERR_INVALID, "the body has no text \"%s\"", member);
}

static int find_id(const struct webhook_origin *origin, const struct webhook_message *message,
		   const struct cloudevent *event, struct arena *arena, const char **ret_id,
		   struct err *err)
{
	const char *const *headers = services[origin->style].id_headers;
	const char *member = services[origin->style].id_member;
	const char *id = NULL;
	char *made;

	for (size_t i = 0; i < ID_HEADERS_MAX && headers[i] && !id; i++) {
		if (find_header(message, headers[i], &id, err) < 0)
			return -1;
	}
	if (member && find_member(event, member, arena, &id, err) < 0)
		return -1;
	if (!id && !services[origin->style].may_lack_id)
		return ERR_FAILED(missing(headers[0], member, err));
	if (!id) {
		made = arena_alloc(arena, IDENT_UUID_SIZE);
		if (!made)
			return err_set(err, ERR_LIMIT, "the request is too large");
		ident_uuid(made);
		id = made;
	}
	*ret_id = id;
	return 0;
}

static int find_type(const struct webhook_origin *origin, const struct webhook_message *message,
		     const struct cloudevent *event, struct arena *arena, const char **ret_type,
		     struct err *err)
{
	const char *header = services[origin->style].type_header;
	const char *member = services[origin->style].type_member;
	const char *type = NULL;

	if (header && find_header(message, header, &type, err) < 0)
		return -1;
	if (member && find_member(event, member, arena, &type, err) < 0)
		return -1;
	if (!type)
		type = origin->type;
	if (!type)
		return ERR_FAILED(missing(header, member, err));
	*ret_type = type;
	return 0;
}

int webhook_event_read(const struct webhook_origin *origin, const struct webhook_message *message,
		       struct arena *arena, struct cloudevent *ret_event, struct err *err)
{
	struct cloudevent event = {0};
	const char *type;
	const char *id;

	if (check_type(message, err) < 0 || read_body(message, arena, &event, err) < 0 ||
	    find_id(origin, message, &event, arena, &id, err) < 0 ||
	    find_type(origin, message, &event, arena, &type, err) < 0)
		return -1;
	if (cloudevent_set(&event, arena, "specversion", CLOUDEVENT_STRING, "1.0", err) < 0 ||
	    cloudevent_set(&event, arena, "id", CLOUDEVENT_STRING, id, err) < 0 ||
	    cloudevent_set(&event, arena, "source", CLOUDEVENT_STRING, origin->source, err) < 0 ||
	    cloudevent_set(&event, arena, "type", CLOUDEVENT_STRING, type, err) < 0 ||
	    cloudevent_set(&event, arena, "datacontenttype", CLOUDEVENT_STRING, "application/json",
			   err) < 0 ||
	    cloudevent_complete(&event, err) < 0)
		return -1;
	*ret_event = event;
	return 0;
}
