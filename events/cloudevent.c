/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of a CloudEvent, wherever they come from: every reader sets them here one by one, so
 * the rules of the specification (names, types, what is required, nothing twice) are in one place.
 */
#include "events/cloudevent.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "events/cloudevent_private.h"
#include "events/event_time.h"

static const struct {
	const char *name;
	size_t offset;
	bool required;
} core[] = {
#define AS_ROW(name, required) {#name, offsetof(struct cloudevent, name), required},
	CLOUDEVENT_ATTRIBUTES(AS_ROW)};

static const char *const *member(const struct cloudevent *event, size_t row)
{
	return (const char *const *)((const char *)event + core[row].offset);
}

const char *const *cloudevent_core(const struct cloudevent *event, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(core); i++) {
		if (strcmp(core[i].name, name) == 0)
			return member(event, i);
	}
	return NULL;
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len < 1 || len > CLOUDEVENT_NAME_MAX)
		return err_set(err, ERR_INVALID,
			       "a name of an attribute has from 1 to %d characters",
			       CLOUDEVENT_NAME_MAX);
	for (size_t i = 0; i < len; i++) {
		if (!is_alphanumeric(name[i]))
			return err_set(
				err, ERR_INVALID,
				"%s is no name of an attribute: only a-z and 0-9 are allowed",
				name);
	}
	if (strcmp(name, "data") == 0)
		return err_set(err, ERR_INVALID, "data is no attribute");
	return 0;
}

/* The code point of the character of @len bytes at @text. */
static uint32_t point_of(const char *text, size_t len)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = (uint8_t)text[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		point = point << 6 | ((uint8_t)text[i] & 0x3f);
	return point;
}

/* What a String may hold: UTF-8 without control characters and noncharacters. */
static bool is_string(const char *value)
{
	size_t left = strlen(value);

	while (left > 0) {
		size_t len = utf8_character(value, left);
		uint32_t point;

		if (len == 0)
			return false;
		point = point_of(value, len);
		if (point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
		    (point >= 0xfdd0 && point <= 0xfdef) || (point & 0xfffe) == 0xfffe)
			return false;
		value += len;
		left -= len;
	}
	return true;
}

/* Only characters that RFC 3986 has, and of '%' those with two digits. */
static bool is_uri_reference(const char *value)
{
	for (; *value; value++) {
		if (*value == '%' && strspn(value + 1, "0123456789abcdefABCDEF") < 2)
			return false;
		if (*value <= ' ' || *value == 0x7f || strchr("\"<>\\^`{|}", *value))
			return false;
	}
	return true;
}

static bool is_absolute_uri(const char *value)
{
	size_t scheme = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+-.");

	return scheme > 0 && !strchr("0123456789+-.", value[0]) && value[scheme] == ':' &&
	       is_uri_reference(value);
}

#define TOKEN "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* It goes into a header as it is, so its parameters are printable ASCII as well. */
static bool is_media_type(const char *value)
{
	size_t type = strspn(value, TOKEN);
	size_t subtype;

	for (const char *at = value; *at; at++) {
		if (*at < ' ' || *at > '~')
			return false;
	}
	if (type == 0 || value[type] != '/')
		return false;
	value += type + 1;
	subtype = strspn(value, TOKEN);
	value += subtype;
	return subtype > 0 && value[strspn(value, " \t")] == (*value ? ';' : '\0');
}

static int check_core(const char *name, enum cloudevent_kind kind, const char *value,
		      struct err *err)
{
	int64_t ignored;

	if (kind != CLOUDEVENT_STRING)
		return err_set(err, ERR_INVALID, "%s must be a string", name);
	if (value[0] == '\0')
		return err_set(err, ERR_INVALID, "%s must not be empty", name);
	if (strcmp(name, "specversion") == 0 && strcmp(value, "1.0") != 0)
		return err_set(err, ERR_INVALID, "specversion must be 1.0");
	if (strcmp(name, "source") == 0 && !is_uri_reference(value))
		return err_set(err, ERR_INVALID, "source must be a URI-reference");
	if (strcmp(name, "dataschema") == 0 && !is_absolute_uri(value))
		return err_set(err, ERR_INVALID, "dataschema must be an absolute URI");
	if (strcmp(name, "datacontenttype") == 0 && !is_media_type(value))
		return err_set(err, ERR_INVALID, "datacontenttype must be a media type");
	if (strcmp(name, "time") == 0 && event_time_read(value, &ignored, err) < 0)
		return err_wrap(err, "time");
	return 0;
}

static int add_extension(struct cloudevent *event, struct arena *arena,
			 const struct cloudevent_extension *extension, struct err *err)
{
	for (size_t i = 0; i < event->extension_count; i++) {
		if (strcmp(event->extensions[i].name, extension->name) == 0)
			return err_set(err, ERR_INVALID, "%s is given twice", extension->name);
	}
	if (event->extension_count == CLOUDEVENT_EXTENSIONS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d extensions",
			       CLOUDEVENT_EXTENSIONS_MAX);
	if (!event->extensions)
		event->extensions = arena_alloc(arena, CLOUDEVENT_EXTENSIONS_MAX *
							       sizeof(event->extensions[0]));
	if (!event->extensions)
		return err_set(err, ERR_LIMIT, "too many events");
	event->extensions[event->extension_count++] = *extension;
	return 0;
}

int cloudevent_set(struct cloudevent *event, struct arena *arena, const char *name,
		   enum cloudevent_kind kind, const char *value, struct err *err)
{
	struct cloudevent_extension extension = {name, value, kind};
	const char **place;

	if (check_name(name, err) < 0)
		return -1;
	if (strlen(value) > CLOUDEVENT_VALUE_MAX)
		return err_set(err, ERR_LIMIT, "%s has more than %u bytes", name,
			       CLOUDEVENT_VALUE_MAX);
	if (!is_string(value))
		return err_set(err, ERR_INVALID,
			       "%s is not UTF-8 or has a character that attributes may not have",
			       name);
	place = (const char **)(uintptr_t)cloudevent_core(event, name);
	if (!place)
		return add_extension(event, arena, &extension, err);
	if (*place)
		return err_set(err, ERR_INVALID, "%s is given twice", name);
	if (check_core(name, kind, value, err) < 0)
		return -1;
	*place = value;
	return 0;
}

int cloudevent_complete(const struct cloudevent *event, struct err *err)
{
	size_t size = event->data_len;

	for (size_t i = 0; i < ARRAY_LEN(core); i++) {
		const char *value = *member(event, i);

		if (core[i].required && !value)
			return err_set(err, ERR_INVALID, "%s is required", core[i].name);
		size += value ? strlen(value) : 0;
	}
	for (size_t i = 0; i < event->extension_count; i++)
		size += strlen(event->extensions[i].name) + strlen(event->extensions[i].value);
	if (size > CLOUDEVENT_SIZE_MAX)
		return err_set(err, ERR_LIMIT, "an event has more than %u bytes",
			       CLOUDEVENT_SIZE_MAX);
	return 0;
}

/* Characters before the parameters. */
static size_t bare_len(const char *type)
{
	return strcspn(type, "; \t");
}

bool media_type_is(const char *type, const char *name)
{
	return bare_len(type) == strlen(name) && strncasecmp(type, name, strlen(name)) == 0;
}

/* Whether the media type without parameters ends so. */
static bool ends(const char *type, const char *end)
{
	size_t len = bare_len(type);

	return len >= strlen(end) && strncasecmp(type + len - strlen(end), end, strlen(end)) == 0;
}

bool media_type_is_json(const char *type)
{
	return ends(type, "/json") || ends(type, "+json");
}

bool media_type_is_utf8(const char *type)
{
	const char *at = type + bare_len(type);

	for (at = strchr(at, ';'); at; at = strchr(at, ';')) {
		at++;
		at += strspn(at, " \t");
		if (strncasecmp(at, "charset=", 8) != 0)
			continue;
		at += 8;
		at += *at == '"';
		return strncasecmp(at, "utf-8", 5) == 0 || strncasecmp(at, "utf8", 4) == 0 ||
		       strncasecmp(at, "us-ascii", 8) == 0;
	}
	return true;
}

bool media_type_is_text(const char *type)
{
	static const char *const endings[] = {"/xml", "+xml", "/x-www-form-urlencoded", "/yaml",
					      "+yaml"};

	if (!media_type_is_utf8(type))
		return false;
	if (strncasecmp(type, "text/", 5) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (ends(type, endings[i]))
			return true;
	}
	return false;
}
