/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign JSON through shape_parse() and shape_fill(), by a shape that has every
 * type of field. What was filled is walked, so that a bad pointer or count is
 * touched here; and an error must be valid UTF-8, because it is sent back as JSON.
 */
#include <stdint.h>
#include <string.h>

#include "core/shape.h"

#define FUZZ_ARENA_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {"A", "B", NULL};

struct sub {
	const char *text;
	struct shape_list subs;
};
static const struct shape sub_shape;
static const struct shape_field sub_fields[] = {
	TEXT(struct sub, text, "t", 1, 8, SHAPE_REQUIRED),
	LIST(struct sub, subs, "s", &sub_shape, 0, 0, 0),
};
static const struct shape sub_shape = SHAPE_OF(struct sub, sub_fields);

struct all {
	const char *text;
	int64_t number, maybe;
	double real;
	bool truth, maybe_seen, truth_seen, object_seen;
	int word;
	struct sub object;
	struct shape_list list, texts, map;
	json_t *json;
};
static const struct shape_field all_fields[] = {
	TEXT(struct all, text, "t", 0, 0, 0),
	INT(struct all, number, "i", -5, 5, 0),
	INT_SEEN(struct all, maybe, maybe_seen, "I", 0, INT64_MAX),
	{.name = "r", .type = SHAPE_REAL, .offset = offsetof(struct all, real)},
	BOOL_SEEN(struct all, truth, truth_seen, "b"),
	WORD(struct all, word, "w", words, 0),
	OBJECT_SEEN(struct all, object, object_seen, "o", &sub_shape),
	LIST(struct all, list, "l", &sub_shape, 0, 4, 0),
	TEXTS(struct all, texts, "x", 0, 4, 0),
	MAP(struct all, map, "m", 0, 4, 0),
	JSON(struct all, json, "j", 0),
	REFUSED("no"),
};
static const struct shape all_shape = SHAPE_OF(struct all, all_fields);

static size_t walk_subs(const struct shape_list *list)
{
	const struct sub *subs = list->items;
	size_t sum = 0;

	for (size_t i = 0; i < list->count; i++)
		sum += strlen(subs[i].text) + walk_subs(&subs[i].subs);
	return sum;
}

static void walk(const struct all *all)
{
	const struct shape_pair *pairs = all->map.items;
	const char *const *texts = all->texts.items;
	size_t sum = walk_subs(&all->list) + walk_subs(&all->object.subs);

	for (size_t i = 0; i < all->map.count; i++)
		sum += strlen(pairs[i].key) + strlen(pairs[i].value);
	for (size_t i = 0; i < all->texts.count; i++)
		sum += strlen(texts[i]);
	if (all->text)
		sum += strlen(all->text);
	if (sum > FUZZ_ARENA_MAX * 64u || all->word < -1 || all->word > 1 || all->number < -5 ||
	    all->number > 5 || all->list.count > 4)
		abort();
}

static void check_error(const struct err *err)
{
	AUTO(json_decrefp) json_t *text = json_string(err->text);

	if (err->code == ERR_NONE || err->text[0] == '\0' || !text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(arena_freep) struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct err err = ERR_INIT;
	struct all all;

	if (shape_parse((const char *)data, size, &json, &err) < 0)
		check_error(&err);
	else if (shape_fill(&all_shape, json, arena, &all, &err) < 0)
		check_error(&err);
	else
		walk(&all);
	return 0;
}
