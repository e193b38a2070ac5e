/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shape cannot hold itself, so each level of the tree is filled by one and its operands are
 * taken from the JSON again, one level deeper. Depth, parts and values have limits, so
 * the work for a charge has one.
 */
#include "gateway/ce/ce_expression.h"

#include <string.h>
#include <strings.h>

#include "core/shape.h"
#include "store/record.h"

enum kind { KIND_AND, KIND_OR, KIND_NOT, KIND_DIMENSION, KIND_TAG };

#define MATCHES(X)	      X(EQUALS) X(ABSENT) X(STARTS_WITH) X(ENDS_WITH) X(CONTAINS)
#define MATCH_AS_NUMBER(name) MATCH_NUMBER_##name,
enum { MATCHES(MATCH_AS_NUMBER) MATCH_COUNT };
#define MATCH(name)	    (1u << MATCH_NUMBER_##name)
#define MATCH_AS_NAME(name) #name,
static const char *const match_names[] = {MATCHES(MATCH_AS_NAME)};

struct ce_expression {
	enum kind kind;
	const struct ce_expression **parts; /* AND, OR, NOT */
	size_t part_count;
	const struct ce_dimension *dimension; /* DIMENSION */
	const char *tag;		      /* TAG: its key */
	const char *const *values;
	size_t value_count;
	unsigned matches; /* MATCH() */
	bool any_case;
};

/* --- the shapes of one level --- */

struct leaf_input {
	const char *key;
	struct shape_list values, options;
};

static const struct shape_field leaf_fields[] = {
	TEXT(struct leaf_input, key, "Key", 1, CE_TEXT_MAX, SHAPE_REQUIRED),
	TEXTS(struct leaf_input, values, "Values", 0, CE_VALUES_MAX, 0),
	TEXTS(struct leaf_input, options, "MatchOptions", 0, MATCH_COUNT + 2, 0),
};
static const struct shape leaf_shape = SHAPE_OF(struct leaf_input, leaf_fields);

struct input {
	json_t *all, *any, *negated;
	struct leaf_input dimensions, tags;
	bool has_dimensions, has_tags;
};

static const struct shape_field fields[] = {
	JSON(struct input, all, "And", 0),
	JSON(struct input, any, "Or", 0),
	JSON(struct input, negated, "Not", 0),
	OBJECT_SEEN(struct input, dimensions, has_dimensions, "Dimensions", &leaf_shape),
	OBJECT_SEEN(struct input, tags, has_tags, "Tags", &leaf_shape),
	REFUSED("CostCategories"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* --- parsing --- */

struct parse {
	struct arena *arena;
	size_t parts, values;
	struct err *err;
};

static int parse_level(struct parse *parse, const json_t *json, const char *path, unsigned depth,
		       const struct ce_expression **ret_expression);

static int breach(struct parse *parse, const char *path, const char *text)
{
	return err_set(parse->err, ERR_INVALID, "%s %s", path, text);
}

static int read_option(struct parse *parse, const char *path, const char *option,
		       struct ce_expression *leaf)
{
	for (size_t i = 0; i < MATCH_COUNT; i++) {
		if (strcmp(option, match_names[i]) == 0) {
			leaf->matches |= 1u << i;
			return 0;
		}
	}
	if (strcmp(option, "CASE_INSENSITIVE") == 0)
		leaf->any_case = true;
	else if (strcmp(option, "CASE_SENSITIVE") != 0)
		return err_set(
			parse->err, ERR_INVALID,
			"%s.MatchOptions: %.100s is not one of [EQUALS, ABSENT, STARTS_WITH, "
			"ENDS_WITH, CONTAINS, CASE_SENSITIVE, CASE_INSENSITIVE]",
			path, option);
	return 0;
}

static int read_options(struct parse *parse, const char *path, const struct leaf_input *input,
			struct ce_expression *leaf)
{
	const char *const *options = input->options.items;
	bool sensitive = false;

	for (size_t i = 0; i < input->options.count; i++) {
		if (read_option(parse, path, options[i], leaf) < 0)
			return -1;
		sensitive = sensitive || strcmp(options[i], "CASE_SENSITIVE") == 0;
	}
	if (sensitive && leaf->any_case)
		return breach(parse, path,
			      "cannot be CASE_SENSITIVE and CASE_INSENSITIVE at the same time");
	if (leaf->matches == 0)
		leaf->matches = MATCH(EQUALS);
	return 0;
}

static int parse_leaf(struct parse *parse, const char *path, const struct leaf_input *input,
		      struct ce_expression *leaf)
{
	const char *const *values = input->values.items;

	leaf->values = values;
	leaf->value_count = input->values.count;
	if (read_options(parse, path, input, leaf) < 0)
		return -1;
	if (leaf->value_count == 0 && leaf->matches != MATCH(ABSENT))
		return breach(parse, path, "must have Values");
	for (size_t i = 0; i < leaf->value_count; i++) {
		if (strlen(values[i]) > CE_TEXT_MAX)
			return err_set(parse->err, ERR_INVALID,
				       "%s.Values[%zu] must have at most %d bytes", path, i,
				       CE_TEXT_MAX);
	}
	parse->values += leaf->value_count;
	if (parse->values > CE_VALUES_MAX)
		return err_set(parse->err, ERR_LIMIT, "%s: a filter has at most %d values", path,
			       CE_VALUES_MAX);
	return 0;
}

static int parse_dimension(struct parse *parse, const char *path, const struct leaf_input *input,
			   struct ce_expression *leaf)
{
	struct err found = ERR_INIT;
	const char *inner = arena_printf(parse->arena, "%s.Dimensions", path);

	if (!inner)
		return record_full(parse->err);
	leaf->kind = KIND_DIMENSION;
	if (ce_dimension_find(input->key, &leaf->dimension, &found) < 0)
		return err_set(parse->err, found.code, "%s.Key: %s", inner, found.text);
	return parse_leaf(parse, inner, input, leaf);
}

static int parse_tag(struct parse *parse, const char *path, const struct leaf_input *input,
		     struct ce_expression *leaf)
{
	const char *inner = arena_printf(parse->arena, "%s.Tags", path);

	if (!inner)
		return record_full(parse->err);
	leaf->kind = KIND_TAG;
	leaf->tag = input->key;
	return parse_leaf(parse, inner, input, leaf);
}

static int parse_list(struct parse *parse, const json_t *list, const char *path, unsigned depth,
		      struct ce_expression *expression)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list))
		return breach(parse, path, "must be a list");
	if (count == 0)
		return breach(parse, path, "must not be empty");
	if (count > CE_PARTS_MAX)
		return err_set(parse->err, ERR_LIMIT, "%s: a filter has at most %d parts", path,
			       CE_PARTS_MAX);
	expression->parts = arena_alloc(parse->arena, count * sizeof(const void *));
	if (!expression->parts)
		return record_full(parse->err);
	for (size_t i = 0; i < count; i++) {
		const char *inner = arena_printf(parse->arena, "%s[%zu]", path, i);

		if (!inner)
			return record_full(parse->err);
		if (parse_level(parse, json_array_get(list, i), inner, depth + 1,
				&expression->parts[i]) < 0)
			return -1;
	}
	expression->part_count = count;
	return 0;
}

static int parse_not(struct parse *parse, const json_t *json, const char *path, unsigned depth,
		     struct ce_expression *expression)
{
	expression->parts = arena_alloc(parse->arena, sizeof(const void *));
	if (!expression->parts)
		return record_full(parse->err);
	expression->part_count = 1;
	return parse_level(parse, json, path, depth + 1, &expression->parts[0]);
}

static bool is_given(const json_t *json)
{
	return json && !json_is_null(json);
}

/* The one thing that an expression is. */
static int parse_kind(struct parse *parse, const struct input *input, const char *path,
		      unsigned depth, struct ce_expression *expression)
{
	const struct {
		enum kind kind;
		const char *name;
		const json_t *json;
	} operators[] = {
		{KIND_AND, "And", input->all},
		{KIND_OR, "Or", input->any},
		{KIND_NOT, "Not", input->negated},
	};

	if (input->has_dimensions)
		return parse_dimension(parse, path, &input->dimensions, expression);
	if (input->has_tags)
		return parse_tag(parse, path, &input->tags, expression);
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		const char *inner;

		if (!is_given(operators[i].json))
			continue;
		inner = arena_printf(parse->arena, "%s.%s", path, operators[i].name);
		if (!inner)
			return record_full(parse->err);
		expression->kind = operators[i].kind;
		return operators[i].kind == KIND_NOT
			       ? parse_not(parse, operators[i].json, inner, depth, expression)
			       : parse_list(parse, operators[i].json, inner, depth, expression);
	}
	return breach(parse, path, "must not be empty");
}

static int parse_level(struct parse *parse, const json_t *json, const char *path, unsigned depth,
		       const struct ce_expression **ret_expression)
{
	struct ce_expression *expression = arena_alloc(parse->arena, sizeof(*expression));
	struct input *input = arena_alloc(parse->arena, sizeof(*input));
	struct err found = ERR_INIT;

	if (!expression || !input)
		return record_full(parse->err);
	if (depth > CE_DEPTH_MAX)
		return err_set(parse->err, ERR_LIMIT, "%s is nested more than %d deep", path,
			       CE_DEPTH_MAX);
	if (++parse->parts > CE_PARTS_MAX)
		return err_set(parse->err, ERR_LIMIT, "%s: a filter has at most %d parts", path,
			       CE_PARTS_MAX);
	if (!json_is_object(json))
		return breach(parse, path, "must be an object");
	if (shape_fill(&shape, json, parse->arena, input, &found) < 0)
		return err_set(parse->err, found.code, "%s.%s", path, found.text);
	if (is_given(input->all) + is_given(input->any) + is_given(input->negated) +
		    input->has_dimensions + input->has_tags >
	    1)
		return breach(parse, path,
			      "must have one of And, Or, Not, Dimensions and Tags, not several");
	if (parse_kind(parse, input, path, depth, expression) < 0)
		return -1;
	*ret_expression = expression;
	return 0;
}

int ce_expression_parse(const json_t *json, const char *name, struct arena *arena,
			const struct ce_expression **ret_expression, struct err *err)
{
	struct parse parse = {.arena = arena, .err = err};

	return parse_level(&parse, json, name, 1, ret_expression);
}

/* --- what it asks for --- */

int ce_expression_tag_keys(const struct ce_expression *expression, ce_tag_key_fn *each, void *ctx,
			   struct err *err)
{
	if (expression->kind == KIND_TAG)
		return each(ctx, expression->tag, err);
	for (size_t i = 0; i < expression->part_count; i++) {
		int rc = ce_expression_tag_keys(expression->parts[i], each, ctx, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

bool ce_expression_has_tags(const struct ce_expression *expression)
{
	if (expression->kind == KIND_TAG)
		return true;
	for (size_t i = 0; i < expression->part_count; i++) {
		if (ce_expression_has_tags(expression->parts[i]))
			return true;
	}
	return false;
}

/* --- matching --- */

static bool same(const char *a, const char *b, size_t len, bool any_case)
{
	return any_case ? strncasecmp(a, b, len) == 0 : memcmp(a, b, len) == 0;
}

static bool contains(const char *text, size_t len, const char *part, size_t part_len, bool any_case)
{
	for (size_t i = 0; i + part_len <= len; i++) {
		if (same(text + i, part, part_len, any_case))
			return true;
	}
	return false;
}

static bool value_matches(const struct ce_expression *leaf, const char *text, size_t len,
			  const char *value)
{
	size_t value_len = strlen(value);

	if (value_len > len)
		return false;
	if ((leaf->matches & MATCH(EQUALS)) && value_len == len &&
	    same(text, value, len, leaf->any_case))
		return true;
	if ((leaf->matches & MATCH(STARTS_WITH)) && same(text, value, value_len, leaf->any_case))
		return true;
	if ((leaf->matches & MATCH(ENDS_WITH)) &&
	    same(text + len - value_len, value, value_len, leaf->any_case))
		return true;
	return (leaf->matches & MATCH(CONTAINS)) &&
	       contains(text, len, value, value_len, leaf->any_case);
}

/* @text: NULL where there is none. */
static bool leaf_matches(const struct ce_expression *leaf, const char *text)
{
	size_t len;

	if (!text && (leaf->matches & MATCH(ABSENT)))
		return true;
	text = text ? text : "";
	len = strlen(text);
	for (size_t i = 0; i < leaf->value_count; i++) {
		if (value_matches(leaf, text, len, leaf->values[i]))
			return true;
	}
	return false;
}

static const char *tag_value(const struct ce_subject *subject, const char *key)
{
	for (size_t i = 0; i < subject->tag_count; i++) {
		if (strcmp(subject->tags[i].key, key) == 0)
			return subject->tags[i].value;
	}
	return NULL;
}

static bool any_matches(const struct ce_expression *expression, const struct ce_subject *subject,
			bool wanted)
{
	for (size_t i = 0; i < expression->part_count; i++) {
		if (ce_expression_matches(expression->parts[i], subject) == wanted)
			return true;
	}
	return false;
}

bool ce_expression_matches(const struct ce_expression *expression, const struct ce_subject *subject)
{
	switch (expression->kind) {
	case KIND_AND:
		return !any_matches(expression, subject, false);
	case KIND_OR:
		return any_matches(expression, subject, true);
	case KIND_NOT:
		return !ce_expression_matches(expression->parts[0], subject);
	case KIND_DIMENSION:
		return leaf_matches(expression, ce_dimension_value(expression->dimension,
								   subject->viewer, subject->charge,
								   subject->meter, subject->arena));
	case KIND_TAG:
	default:
		return leaf_matches(expression, tag_value(subject, expression->tag));
	}
}
