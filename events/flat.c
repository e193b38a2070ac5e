/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event is copied with zeros behind it. No byte of JSON is zero, so every loop ends there
 * without asking for the end, and eight bytes can be looked at at once: a string ends at the
 * first quote, backslash or control character. Escapes are taken out in the copy itself.
 */
#include "events/flat.h"

#include <endian.h>

#include "events/hash.h"
#include "events/json_escape.h"

#define PADDING 16
#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	(ONES * 0x80)

struct parse {
	char *at;
	const struct event_path_tree *tree;
	struct event_flat *flat;
	uint32_t scope;
	uint32_t depth;
};

static bool read_value(struct parse *parse, uint32_t node);

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline void skip_space(struct parse *parse)
{
	while (is_space(*parse->at))
		parse->at++;
}

/* A high bit for each byte of @word that ends a run of a string; those above the first may be
 * wrong. */
static inline uint64_t string_stops(uint64_t word)
{
	uint64_t quote = word ^ (ONES * '"');
	uint64_t backslash = word ^ (ONES * '\\');

	return (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) |
		((word - ONES * 0x20) & ~word)) &
	       HIGHS;
}

/* From behind the opening quote to the closing one, NULL if there is none. */
static inline char *string_end(char *at, bool *ret_escaped)
{
	*ret_escaped = false;
	for (;;) {
		uint64_t stops = string_stops(le64toh(event_load(at, 8)));

		if (!stops) {
			at += 8;
			continue;
		}
		at += (unsigned int)__builtin_ctzll(stops) / 8;
		if (*at == '"')
			return at;
		if (*at != '\\' || !at[1])
			return NULL;
		*ret_escaped = true;
		at += 2;
	}
}

/* Take a string, on whose opening quote the reading stands. */
static inline bool take_string(struct parse *parse, const char **ret_text, size_t *ret_len)
{
	char *begin = parse->at + 1;
	bool escaped;
	char *end = string_end(begin, &escaped);

	if (!end)
		return false;
	parse->at = end + 1;
	*ret_text = begin;
	*ret_len = (size_t)(end - begin);
	if (escaped)
		*ret_len = event_json_unescape(begin, *ret_len, begin);
	return *ret_len != SIZE_MAX;
}

/* Numbers and words end at what may follow a value. */
static inline bool is_word_end(char c)
{
	return c == ',' || c == '}' || c == ']' || is_space(c) || c == '\0';
}

/* From behind the opening bracket of an object or array to behind its end. */
static bool skip_nested(struct parse *parse)
{
	char *at = parse->at;
	size_t depth = 1;
	bool escaped;

	while (depth > 0) {
		switch (*at++) {
		case '"':
			at = string_end(at, &escaped);
			if (!at)
				return false;
			at++;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			depth--;
			break;
		case '\0':
			return false;
		default:
			break;
		}
	}
	parse->at = at;
	return true;
}

static bool skip_value(struct parse *parse)
{
	bool escaped;
	char *begin = parse->at;

	if (*begin == '"') {
		char *end = string_end(begin + 1, &escaped);

		parse->at = end ? end + 1 : begin;
		return end != NULL;
	}
	if (*begin == '{' || *begin == '[') {
		parse->at++;
		return skip_nested(parse);
	}
	while (!is_word_end(*parse->at))
		parse->at++;
	return parse->at > begin;
}

static void add_leaf(struct parse *parse, uint32_t path, enum event_leaf_type type,
		     const char *text, size_t len)
{
	struct event_leaf leaf = {text, (uint32_t)len, path, parse->scope, type};

	EVENT_APPEND(&parse->flat->leaves, leaf);
}

static bool is_word(const char *text, size_t len)
{
	return (len == 4 && (memcmp(text, "true", 4) == 0 || memcmp(text, "null", 4) == 0)) ||
	       (len == 5 && memcmp(text, "false", 5) == 0);
}

static bool is_number(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((text[i] < '0' || text[i] > '9') && !strchr("-+.eE", text[i]))
			return false;
	}
	return len > 0 && text[0] != '+' && text[0] != '.';
}

static bool read_word(struct parse *parse, uint32_t path)
{
	const char *begin = parse->at;
	enum event_leaf_type type;
	size_t len;

	while (!is_word_end(*parse->at))
		parse->at++;
	len = (size_t)(parse->at - begin);
	type = is_word(begin, len) ? EVENT_LEAF_WORD : EVENT_LEAF_NUMBER;
	if (type == EVENT_LEAF_NUMBER && !is_number(begin, len))
		return false;
	if (path != EVENT_NONE)
		add_leaf(parse, path, type, begin, len);
	return true;
}

static bool read_string(struct parse *parse, uint32_t path)
{
	const char *text;
	size_t len;

	if (path == EVENT_NONE)
		return skip_value(parse);
	if (!take_string(parse, &text, &len))
		return false;
	add_leaf(parse, path, EVENT_LEAF_STRING, text, len);
	return true;
}

/* The node of a member's name, which may have dots. */
static inline uint32_t step(const struct parse *parse, uint32_t node, const char *name, size_t len)
{
	uint32_t child = event_path_tree_step(parse->tree, node, name, len);
	const char *dot = child == EVENT_NONE ? memchr(name, '.', len) : NULL;

	while (dot) {
		node = event_path_tree_step(parse->tree, node, name, (size_t)(dot - name));
		if (node == EVENT_NONE)
			return EVENT_NONE;
		len -= (size_t)(dot + 1 - name);
		name = dot + 1;
		dot = memchr(name, '.', len);
		if (!dot)
			return event_path_tree_step(parse->tree, node, name, len);
	}
	return child;
}

static inline bool read_member(struct parse *parse, uint32_t node)
{
	const char *name;
	uint32_t child;
	size_t len;

	if (*parse->at != '"' || !take_string(parse, &name, &len))
		return false;
	skip_space(parse);
	if (*parse->at != ':')
		return false;
	parse->at++;
	skip_space(parse);
	child = step(parse, node, name, len);
	return child == EVENT_NONE ? skip_value(parse) : read_value(parse, child);
}

/* From behind an object's bracket to behind its end. */
static bool read_object(struct parse *parse, uint32_t node)
{
	skip_space(parse);
	if (*parse->at == '}') {
		parse->at++;
		return true;
	}
	for (;;) {
		if (!read_member(parse, node))
			return false;
		skip_space(parse);
		if (*parse->at == '}') {
			parse->at++;
			return true;
		}
		if (*parse->at != ',')
			return false;
		parse->at++;
		skip_space(parse);
	}
}

/* An element that is an object or array: what stands in it is in a scope of its own. */
static bool read_element(struct parse *parse, uint32_t node, uint32_t array)
{
	struct event_flat *flat = parse->flat;
	uint32_t outer = parse->scope;
	uint32_t own = (uint32_t)flat->scopes.count;
	struct event_scope scope = {.parent = outer,
				    .depth = flat->scopes.items[outer].depth + 1,
				    .array = array,
				    .leaf_begin = (uint32_t)flat->leaves.count};
	bool fine;

	EVENT_APPEND(&flat->scopes, scope);
	parse->scope = own;
	fine = read_value(parse, node);
	parse->scope = outer;
	flat->scopes.items[own].leaf_end = (uint32_t)flat->leaves.count;
	if (scope.leaf_begin == flat->leaves.count)
		flat->scopes.count = own; /* nobody is in it */
	return fine;
}

/* From behind an array's bracket to behind its end. */
static bool read_array(struct parse *parse, uint32_t node)
{
	uint32_t array = (uint32_t)parse->flat->arrays.count;
	struct event_array one = {.node = node};
	bool fine;

	EVENT_APPEND(&parse->flat->arrays, one);
	skip_space(parse);
	if (*parse->at == ']') {
		parse->at++;
		return true;
	}
	for (;;) {
		if (*parse->at == '{' || *parse->at == '[') {
			fine = read_element(parse, node, array);
		} else {
			parse->flat->arrays.items[array].mixed = true;
			fine = read_value(parse, node);
		}
		if (!fine)
			return false;
		skip_space(parse);
		if (*parse->at != ',')
			break;
		parse->at++;
		skip_space(parse);
	}
	parse->flat->arrays.items[array].leaf_end = (uint32_t)parse->flat->leaves.count;
	return *parse->at++ == ']';
}

static bool read_value(struct parse *parse, uint32_t node)
{
	const struct event_path_node *there = &parse->tree->nodes.items[node];
	bool fine;

	if (*parse->at == '"')
		return read_string(parse, there->path);
	if (*parse->at != '{' && *parse->at != '[')
		return read_word(parse, there->path);
	if (*parse->at++ == '[') {
		if (parse->depth == EVENT_FLAT_DEPTH_MAX)
			return false;
		parse->depth++;
		fine = read_array(parse, node);
		parse->depth--;
		return fine;
	}
	if (!there->parent)
		return skip_nested(parse);
	if (parse->depth == EVENT_FLAT_DEPTH_MAX)
		return false;
	parse->depth++;
	fine = read_object(parse, node);
	parse->depth--;
	return fine;
}

int event_flat_read(struct event_flat *flat, const struct event_path_tree *tree, const char *json,
		    size_t len, struct err *err)
{
	struct parse parse = {.tree = tree, .flat = flat};
	struct event_scope none = {0};

	if (len > EVENT_FLAT_MAX)
		return err_set(err, ERR_LIMIT, "event has more than %u bytes", EVENT_FLAT_MAX);
	flat->leaves.count = 0;
	flat->arrays.count = 0;
	flat->scopes.count = 0;
	EVENT_APPEND(&flat->scopes, none);
	flat->bytes.count = 0;
	EVENT_GROW(&flat->bytes, len + PADDING);
	memcpy(flat->bytes.items, json, len);
	memset(flat->bytes.items + len, 0, PADDING);
	parse.at = flat->bytes.items;
	skip_space(&parse);
	if (*parse.at != '{')
		return err_set(err, ERR_INVALID, "event is not a JSON object");
	if (!tree->nodes.items[0].parent)
		return 0;
	if (!read_value(&parse, 0))
		return err_set(err, ERR_INVALID, "event is not JSON, or too deep, at byte %td",
			       parse.at - flat->bytes.items);
	return 0;
}

void event_flat_done(struct event_flat *flat)
{
	free(flat->bytes.items);
	free(flat->leaves.items);
	free(flat->scopes.items);
	free(flat->arrays.items);
	*flat = (struct event_flat){0};
}
