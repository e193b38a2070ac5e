/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A month has millions of rows, so texts are put together by hand here and not by printf().
 */
#include <string.h>

#include "billing/focus_private.h"
#include "store/record.h"

void focus_text_add(struct focus_text *text, const char *bytes, size_t len)
{
	if (len > sizeof(text->bytes) - text->len) {
		text->full = true;
		return;
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

void focus_text_put(struct focus_text *text, const char *more)
{
	focus_text_add(text, more, strlen(more));
}

void focus_text_field(struct focus_text *text, const char *field)
{
	size_t plain = strcspn(field, ",\"\r\n");

	if (field[plain] == '\0') {
		focus_text_add(text, field, plain);
		return;
	}
	focus_text_put(text, "\"");
	for (const char *quote; (quote = strchr(field, '"')); field = quote + 1) {
		focus_text_add(text, field, (size_t)(quote - field) + 1);
		focus_text_put(text, "\"");
	}
	focus_text_put(text, field);
	focus_text_put(text, "\"");
}

void focus_text_json(struct focus_text *text, const char *string)
{
	static const char digits[] = "0123456789abcdef";

	focus_text_put(text, "\"");
	for (; *string; string++) {
		uint8_t byte = (uint8_t)*string;
		const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};

		if (byte == '"' || byte == '\\')
			focus_text_put(text, "\\");
		if (byte < 0x20)
			focus_text_add(text, escape, sizeof(escape));
		else
			focus_text_add(text, string, 1);
	}
	focus_text_put(text, "\"");
}

size_t focus_number(__int128 value, int decimals, char ret[FOCUS_NUMBER_SIZE])
{
	unsigned __int128 size = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
	char reversed[FOCUS_NUMBER_SIZE] = "";
	size_t count = 0;
	size_t len = 0;

	while (decimals > 0 && size % 10 == 0) {
		size /= 10;
		decimals--;
	}
	while (size > 0 || count <= (size_t)decimals) {
		reversed[count++] = (char)('0' + (int)(size % 10));
		size /= 10;
	}
	if (value < 0)
		ret[len++] = '-';
	while (count > 0) {
		if (count == (size_t)decimals)
			ret[len++] = '.';
		ret[len++] = reversed[--count];
	}
	ret[len] = '\0';
	return len;
}

/* --- tags --- */

static void add_tag(struct focus_text *text, const char *key, const char *value, bool *first)
{
	if (value[0] == '\0')
		return;
	focus_text_put(text, *first ? "" : ",");
	focus_text_json(text, key);
	focus_text_put(text, ":");
	focus_text_json(text, value);
	*first = false;
}

/* Keys that look like the provider's may be there twice: who is right is charge_tags()' to say. */
static int add_merged(const struct charge *charge, struct focus_text *text, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(FOCUS_TEXT_MAX * 4);
	struct charge_tag *tags;
	bool first = true;
	size_t count;

	if (charge_tags(charge, arena, &tags, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(tags[i].key, tags[i - 1].key) != 0)
			add_tag(text, tags[i].key, tags[i].value, &first);
	}
	return 0;
}

int focus_tags(const struct charge *charge, struct focus_text *text, struct err *err)
{
	const char *own = charge->task.tags_json;
	size_t own_len = strlen(own);
	bool first = true;

	focus_text_put(text, "{");
	if (own_len < 2 || strstr(own, "\"slipway:") || strstr(own, "\"aws:")) {
		if (add_merged(charge, text, err) < 0)
			return -1;
	} else {
		add_tag(text, "aws:ecs:clusterName", charge->task.cluster, &first);
		add_tag(text, "aws:ecs:serviceName", charge_service(charge), &first);
		add_tag(text, "slipway:eventRule", charge_rule(charge), &first);
		add_tag(text, "slipway:startedBy", charge->task.started_by, &first);
		add_tag(text, "slipway:taskFamily", charge->task.family, &first);
		focus_text_put(text, own_len > 2 && !first ? "," : "");
		focus_text_add(text, own + 1, own_len - 2);
	}
	focus_text_put(text, "}");
	if (text->full)
		return err_set(err, ERR_LIMIT, "the tags of task %s are too long",
			       charge->task.task);
	return 0;
}
