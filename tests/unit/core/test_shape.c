/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/shape.h"

struct inner {
	const char *name;
	int64_t size;
	int kind;
};
static const char *const kinds[] = {"EC2", "FARGATE", NULL};
static const struct shape_field inner_fields[] = {
	TEXT(struct inner, name, "name", 1, 5, SHAPE_REQUIRED),
	INT(struct inner, size, "size", 256, 16384, 0),
	WORD(struct inner, kind, "kind", kinds, 0),
};
static const struct shape inner_shape = SHAPE_OF(struct inner, inner_fields);

struct outer {
	const char *text;
	int64_t count, maybe, least, most;
	bool maybe_seen, flag, flag_seen, object_seen;
	double real;
	int word;
	struct inner object, plain;
	struct shape_list list, texts, ints, map;
	json_t *json;
};
static const struct shape_field outer_fields[] = {
	TEXT(struct outer, text, "text", 0, 0, 0),
	INT(struct outer, count, "count", 1, 10, 0),
	INT_SEEN(struct outer, maybe, maybe_seen, "maybe", 0, 0),
	INT(struct outer, least, "least", 5, INT64_MAX, 0),
	INT(struct outer, most, "most", INT64_MIN, 5, 0),
	{.name = "real", .type = SHAPE_REAL, .offset = offsetof(struct outer, real), .max = 1},
	BOOL_SEEN(struct outer, flag, flag_seen, "flag"),
	WORD(struct outer, word, "word", kinds, 0),
	OBJECT_SEEN(struct outer, object, object_seen, "object", &inner_shape),
	OBJECT(struct outer, plain, "plain", &inner_shape, 0),
	LIST(struct outer, list, "list", &inner_shape, 0, 2, 0),
	TEXTS(struct outer, texts, "texts", 1, 3, 0),
	INTS(struct outer, ints, "ints", 0, 2, 0),
	MAP(struct outer, map, "map", 0, 2, 0),
	JSON(struct outer, json, "json", 0),
	REFUSED("refused"),
};
static const struct shape outer_shape = SHAPE_OF(struct outer, outer_fields);

struct node {
	struct shape_list children;
};
static const struct shape node_shape;
static const struct shape_field node_fields[] = {
	LIST(struct node, children, "c", &node_shape, 0, 0, 0),
};
static const struct shape node_shape = SHAPE_OF(struct node, node_fields);

/* The document and what was filled from it; texts live as long as both. */
struct filled {
	json_t *json;
	struct arena *arena;
	struct outer outer;
	struct err err;
};

static void filled_done(struct filled *filled)
{
	json_decref(filled->json);
	arena_free(filled->arena);
}

static int fill(struct filled *filled, const char *text)
{
	*filled = (struct filled){.arena = arena_new(65536)};
	memset(&filled->outer, 0xaa, sizeof(filled->outer));
	ASSERT_OK(shape_parse(text, strlen(text), &filled->json, &filled->err), &filled->err);
	return shape_fill(&outer_shape, filled->json, filled->arena, &filled->outer, &filled->err);
}

START_TEST(an_empty_object_leaves_zeros_and_words_that_are_minus_one)
{
	AUTO(filled_done) struct filled f;

	ASSERT_OK(fill(&f, "{}"), &f.err);
	ck_assert_ptr_null(f.outer.text);
	ck_assert_int_eq(f.outer.count, 0);
	ck_assert(!f.outer.maybe_seen && !f.outer.flag_seen && !f.outer.object_seen);
	ck_assert_int_eq(f.outer.word, -1);
	ck_assert_int_eq(f.outer.object.kind, -1);
	ck_assert_int_eq(f.outer.plain.kind, -1);
	ck_assert(!f.outer.list.present && !f.outer.texts.present);
	ck_assert_ptr_null(f.outer.json);
}
END_TEST

START_TEST(every_type_is_filled)
{
	AUTO(filled_done) struct filled f;
	const struct inner *items;
	const struct shape_pair *pair;

	ASSERT_OK(fill(&f,
		       "{\"text\":\"t\",\"count\":10,\"maybe\":0,\"least\":5,\"most\":-9,"
		       "\"real\":1,\"flag\":false,\"word\":\"FARGATE\","
		       "\"object\":{\"name\":\"n\",\"size\":256,\"kind\":\"EC2\"},"
		       "\"list\":[{\"name\":\"a\"},{\"name\":\"b\",\"kind\":\"FARGATE\"}],"
		       "\"texts\":[\"x\",\"\"],\"ints\":[7,-7],\"map\":{\"k\":\"v\"},\"json\":[1],"
		       "\"unknown\":{\"x\":[]},\"refused\":null}"),
		  &f.err);
	ck_assert_str_eq(f.outer.text, "t");
	ck_assert_int_eq(f.outer.count, 10);
	ck_assert(f.outer.maybe_seen && f.outer.flag_seen && f.outer.object_seen);
	ck_assert(!f.outer.flag);
	ck_assert(f.outer.real == 1.0);
	ck_assert_int_eq(f.outer.word, 1);
	ck_assert_str_eq(f.outer.object.name, "n");
	ck_assert_int_eq(f.outer.object.kind, 0);
	ck_assert_uint_eq(f.outer.list.count, 2);
	items = f.outer.list.items;
	ck_assert_str_eq(items[0].name, "a");
	ck_assert_int_eq(items[0].kind, -1);
	ck_assert_int_eq(items[1].kind, 1);
	ck_assert_uint_eq(f.outer.texts.count, 2);
	ck_assert_str_eq(((const char **)f.outer.texts.items)[0], "x");
	ck_assert_uint_eq(f.outer.ints.count, 2);
	ck_assert_int_eq(((const int64_t *)f.outer.ints.items)[1], -7);
	pair = f.outer.map.items;
	ck_assert_str_eq(pair->key, "k");
	ck_assert_str_eq(pair->value, "v");
	ck_assert(json_is_array(f.outer.json));
}
END_TEST

struct holder {
	struct {
		bool present;
		int64_t size;
	} held;
};
static const struct shape_field held_fields[] = {
	{.name = "size", .type = SHAPE_INT, .offset = offsetof(struct holder, held.size)},
};
static const struct shape held_shape = SHAPE_OF(struct holder, held_fields);
static const struct shape_field holder_fields[] = {
	OBJECT_SEEN(struct holder, held, held.present, "held", &held_shape),
};
static const struct shape holder_shape = SHAPE_OF(struct holder, holder_fields);

START_TEST(the_flag_of_an_object_may_lie_inside_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1024);
	AUTO(json_decrefp) json_t *json = json_pack("{s:{s:i}}", "held", "size", 3);
	struct holder holder;
	struct err err = ERR_INIT;

	ASSERT_OK(shape_fill(&holder_shape, json, arena, &holder, &err), &err);
	ck_assert(holder.held.present);
	ck_assert_int_eq(holder.held.size, 3);
}
END_TEST

START_TEST(null_counts_as_absent)
{
	AUTO(filled_done) struct filled f;

	ASSERT_OK(fill(&f, "{\"text\":null,\"count\":null,\"flag\":null,\"object\":null,"
			   "\"list\":null,\"map\":null,\"word\":null,\"json\":null}"),
		  &f.err);
	ck_assert(!f.outer.flag_seen && !f.outer.object_seen && !f.outer.list.present);
	ck_assert_int_eq(f.outer.word, -1);
}
END_TEST

START_TEST(present_and_empty_differs_from_absent_in_lists)
{
	AUTO(filled_done) struct filled f;

	ASSERT_OK(fill(&f, "{\"list\":[]}"), &f.err);
	ck_assert(f.outer.list.present);
	ck_assert_uint_eq(f.outer.list.count, 0);
}
END_TEST

START_TEST(each_breach_names_the_member_and_the_rule)
{
	static const struct {
		const char *document, *text;
	} cases[] = {
		{"{\"text\":1}", "text must be a string"},
		{"{\"count\":\"1\"}", "count must be an integer"},
		{"{\"count\":1.0}", "count must be an integer"},
		{"{\"count\":0}", "count must be from 1 to 10"},
		{"{\"count\":11}", "count must be from 1 to 10"},
		{"{\"least\":4}", "least must be at least 5"},
		{"{\"most\":6}", "most must be at most 5"},
		{"{\"real\":1.5}", "real must be from 0 to 1"},
		{"{\"real\":\"1\"}", "real must be a number"},
		{"{\"flag\":\"true\"}", "flag must be true or false"},
		{"{\"flag\":1}", "flag must be true or false"},
		{"{\"word\":\"ec2\"}", "word must be one of [EC2,FARGATE]"},
		{"{\"word\":1}", "word must be one of [EC2,FARGATE]"},
		{"{\"object\":[]}", "object must be an object"},
		{"{\"object\":{}}", "object.name is required"},
		{"{\"object\":{\"name\":null}}", "object.name is required"},
		{"{\"object\":{\"name\":\"\"}}", "object.name must be from 1 to 5 bytes long"},
		{"{\"object\":{\"name\":\"123456\"}}",
		 "object.name must be from 1 to 5 bytes long"},
		{"{\"object\":{\"name\":\"n\",\"size\":1}}",
		 "object.size must be from 256 to 16384"},
		{"{\"list\":{}}", "list must be a list"},
		{"{\"list\":[{\"name\":\"a\"},{}]}", "list[1].name is required"},
		{"{\"list\":[null]}", "list[0] must be an object"},
		{"{\"list\":[{\"name\":\"a\"},{\"name\":\"a\"},{\"name\":\"a\"}]}",
		 "list must be a list of from 0 to 2 items"},
		{"{\"texts\":[]}", "texts must be a list of from 1 to 3 items"},
		{"{\"texts\":\"x\"}", "texts must be a list of strings"},
		{"{\"texts\":[\"x\",2]}", "texts[1] must be a string"},
		{"{\"texts\":[null]}", "texts[0] must be a string"},
		{"{\"ints\":[1,2,3]}", "ints must be a list of from 0 to 2 items"},
		{"{\"ints\":1}", "ints must be a list of integers"},
		{"{\"ints\":[1,\"2\"]}", "ints[1] must be an integer"},
		{"{\"map\":[]}", "map must be an object of strings"},
		{"{\"map\":{\"k\":1}}", "map.k must be a string"},
		{"{\"map\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}",
		 "map must be an object of from 0 to 2 members"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(filled_done) struct filled f;

		ck_assert_msg(fill(&f, cases[i].document) == -1, "%s", cases[i].document);
		ck_assert_str_eq(f.err.text, cases[i].text);
		ck_assert_int_eq(f.err.code, ERR_INVALID);
	}
}
END_TEST

START_TEST(a_refused_member_may_only_ask_for_nothing)
{
	static const struct {
		const char *value;
		bool fine;
	} cases[] = {
		{"null", true},
		{"\"\"", true},
		{"[]", true},
		{"{}", true},
		{"false", true},
		{"0", false},
		{"true", false},
		{"[0]", false},
		{"\"x\"", false},
		{"{\"a\":null}", true},
		{"{\"enabled\":false,\"codes\":[]}", true},
		{"{\"a\":{\"b\":0}}", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(filled_done) struct filled f;
		AUTO(freep) char *document = xasprintf("{\"refused\":%s}", cases[i].value);

		ck_assert_msg((fill(&f, document) == 0) == cases[i].fine, "%s", document);
		if (cases[i].fine)
			continue;
		ck_assert_int_eq(f.err.code, ERR_UNSUPPORTED);
		ck_assert_str_eq(f.err.text, "refused is not supported");
	}
}
END_TEST

START_TEST(what_is_no_document_is_refused_with_a_reason)
{
	static const struct {
		const char *document, *reason;
	} cases[] = {
		{"", "ends too early"},
		{"{", "ends too early"},
		{"{\"a\":1}x", "goes on behind its end"},
		{"{\"a\":1}{}", "goes on behind its end"},
		{"{\"a\":1,\"a\":2}", "names a member twice"},
		{"{\"a\":\"\\u0000\"}", "NUL"},
		{"{\"a\\u0000b\":1}", "NUL"},
		{"{\"a\":\"\xff\"}", "not UTF-8"},
		{"{\"a\":99999999999999999999}", "too large"},
		{"[]", "must be a JSON object"},
		{"{'a':1}", "not JSON"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		json_t *json = NULL;
		struct err err = ERR_INIT;

		ck_assert_int_eq(
			shape_parse(cases[i].document, strlen(cases[i].document), &json, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_msg(strstr(err.text, cases[i].reason), "%s", err.text);
		ck_assert_ptr_null(json);
	}
}
END_TEST

/* {"c":[{"c":[ ... ]}]} with @levels brackets in all. */
static char *nested(size_t levels)
{
	char *text = xcalloc(levels + 1, 8);
	char *at = text;

	for (size_t i = 0; i < levels; i++)
		at = stpcpy(at, i % 2 == 0 ? "{\"c\":" : "[");
	if (levels % 2 != 0)
		at = stpcpy(at, "null");
	for (size_t i = levels; i > 0; i--)
		*at++ = (i - 1) % 2 == 0 ? '}' : ']';
	*at = '\0';
	return text;
}

START_TEST(depth_is_limited_and_brackets_in_strings_do_not_count)
{
	AUTO(freep) char *fits = nested(SHAPE_DEPTH_MAX);
	AUTO(freep) char *deep = nested(SHAPE_DEPTH_MAX + 1);
	AUTO(freep) char *abyss = xcalloc(1, 1000001);
	const char *strings = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\",\"b\":[]}";
	AUTO(arena_freep) struct arena *arena = arena_new(65536);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(json_decrefp) json_t *flat = NULL;
	struct node node;
	struct err err = ERR_INIT;

	ASSERT_OK(shape_parse(fits, strlen(fits), &json, &err), &err);
	ASSERT_OK(shape_fill(&node_shape, json, arena, &node, &err), &err);
	ASSERT_OK(shape_parse(strings, strlen(strings), &flat, &err), &err);
	ck_assert_int_eq(shape_parse(deep, strlen(deep), &json, &err), -1);
	ck_assert_str_eq(err.text, "the document must be nested at most 32 deep");
	memset(abyss, '[', 1000000);
	ck_assert_int_eq(shape_parse(abyss, 1000000, &json, &err), -1);
}
END_TEST

START_TEST(a_tree_that_was_built_too_deep_is_not_followed)
{
	AUTO(json_decrefp) json_t *json = json_object();
	AUTO(arena_freep) struct arena *arena = arena_new(65536);
	struct node node;
	struct err err = ERR_INIT;

	for (int i = 0; i < 100; i++)
		json = json_pack("{s:[o]}", "c", json);
	ck_assert_int_eq(shape_fill(&node_shape, json, arena, &node, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_msg(strstr(err.text, "at most 32 deep"), "%s", err.text);
}
END_TEST

START_TEST(a_list_beyond_the_arena_is_a_limit)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64);
	AUTO(json_decrefp)
	json_t *json =
		json_pack("{s:[sssssssss]}", "t", "a", "b", "c", "d", "e", "f", "g", "h", "i");
	static const struct shape_field fields[] = {TEXTS(struct node, children, "t", 0, 0, 0)};
	static const struct shape shape = SHAPE_OF(struct node, fields);
	struct node node;
	struct err err = ERR_INIT;

	ck_assert_int_eq(shape_fill(&shape, json, arena, &node, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_str_eq(err.text, "t is too large");
}
END_TEST

START_TEST(a_long_key_cannot_overrun_the_path)
{
	AUTO(arena_freep) struct arena *arena = arena_new(65536);
	AUTO(freep) char *key = xcalloc(1, 5001);
	AUTO(json_decrefp) json_t *json = json_object();
	json_t *map = json_object();
	struct outer outer;
	struct err err = ERR_INIT;

	memset(key, 'k', 5000);
	ck_assert_int_eq(json_object_set_new(map, key, json_integer(1)), 0);
	ck_assert_int_eq(json_object_set_new(json, "map", map), 0);
	ck_assert_int_eq(shape_fill(&outer_shape, json, arena, &outer, &err), -1);
	ck_assert_msg(strstr(err.text, "kkk must be a string"), "%s", err.text);
	ck_assert_int_eq(shape_fill(&outer_shape, NULL, arena, &outer, &err), -1);
	ck_assert_str_eq(err.text, "the document must be a JSON object");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_empty_object_leaves_zeros_and_words_that_are_minus_one,
		every_type_is_filled,
		the_flag_of_an_object_may_lie_inside_it,
		null_counts_as_absent,
		present_and_empty_differs_from_absent_in_lists,
		each_breach_names_the_member_and_the_rule,
		a_refused_member_may_only_ask_for_nothing,
		what_is_no_document_is_refused_with_a_reason,
		depth_is_limited_and_brackets_in_strings_do_not_count,
		a_tree_that_was_built_too_deep_is_not_followed,
		a_list_beyond_the_arena_is_a_limit,
		a_long_key_cannot_overrun_the_path,
	};

	return suite_run("core/shape", tests, ARRAY_LEN(tests));
}
