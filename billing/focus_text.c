/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A month has millions of rows, so texts are put together by hand here and not by printf().
 */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "billing/focus_private.h"
#include "store/record.h"

void focus_text_init(struct focus_text *text, size_t max)
{
	*text = (struct focus_text){.bytes = xcalloc(1, max + FOCUS_COPY_SLACK), .max = max};
}

void focus_text_done(struct focus_text *text)
{
	free(text->bytes);
	*text = (struct focus_text){0};
}

void focus_text_clear(struct focus_text *text)
{
	text->len = 0;
	text->full = false;
}

void focus_text_add(struct focus_text *text, const char *bytes, size_t len)
{
	if (len > text->max - text->len) {
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

const char *focus_text_end(struct focus_text *text)
{
	text->bytes[text->len] = '\0';
	return text->bytes;
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

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte != '"' && byte != '\\';
}

void focus_text_json(struct focus_text *text, const char *string)
{
	static const char digits[] = "0123456789abcdef";

	focus_text_put(text, "\"");
	while (*string) {
		uint8_t byte = (uint8_t)*string;
		const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
		size_t plain = 0;

		while (is_plain((uint8_t)string[plain]))
			plain++;
		focus_text_add(text, string, plain);
		string += plain;
		if (plain > 0 || byte == '\0')
			continue;
		if (byte < 0x20)
			focus_text_add(text, escape, sizeof(escape));
		else
			focus_text_add(text, (const char[]){'\\', (char)byte}, 2);
		string++;
	}
	focus_text_put(text, "\"");
}

/* --- numbers --- */

#define DIGITS_OF_U64 19 /* that any of so many fit into */
#define DIGITS_WHOLE  10000000000000000000ULL

/* The digits of @value, ending at @end, at least @count of them; returns the first. */
static char *write_digits(uint64_t value, int count, char *end)
{
	for (; value > 0 || count > 0; count--) {
		*--end = (char)('0' + value % 10);
		value /= 10;
	}
	return end;
}

size_t focus_number(__int128 value, int decimals, char ret[FOCUS_NUMBER_SIZE])
{
	unsigned __int128 size = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
	char digits[FOCUS_NUMBER_SIZE] = "";
	char *end = digits + sizeof(digits);
	char *first = end;
	size_t len = 0;

	if (size >= DIGITS_WHOLE) {
		first = write_digits((uint64_t)(size % DIGITS_WHOLE), DIGITS_OF_U64, first);
		size /= DIGITS_WHOLE;
	}
	first = write_digits((uint64_t)size, decimals + 1 - (int)(end - first), first);
	if (value < 0)
		ret[len++] = '-';
	for (; first < end - decimals; first++)
		ret[len++] = *first;
	while (end > first && end[-1] == '0')
		end--;
	if (end > first)
		ret[len++] = '.';
	while (first < end)
		ret[len++] = *first++;
	ret[len] = '\0';
	return len;
}

void focus_text_number(struct focus_text *text, __int128 value, int decimals)
{
	char number[FOCUS_NUMBER_SIZE];
	size_t len = focus_number(value, decimals, number);

	focus_text_add(text, number, len);
}

void focus_text_double(struct focus_text *text, double value)
{
	char number[FOCUS_NUMBER_SIZE];

	for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
		(void)snprintf(number, sizeof(number), "%.*G", digits, value);
		if (strtod(number, NULL) == value)
			break;
	}
	focus_text_put(text, number);
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
	AUTO(arena_freep) struct arena *arena = arena_new((size_t)FOCUS_TAGS_MAX * 4);
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
