/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "$or" is multiplied out while reading: each object in its list goes on with a copy of all
 * branches that there were, so a pattern becomes a list of branches whose fields must all match.
 * The number of branches and of what stands in them is bounded.
 *
 * A "$or" that is none (its value no list of two objects or more, an operator's name inside) is
 * an ordinary field. So a text that does not parse with "$or" as a relation is parsed once more
 * with it as a name; if that fails, too, the first message is the answer.
 */
#include "events/pattern_private.h"

#include <string.h>

#define ARENA_MAX (64u << 20) /* reached only by what VALUES_MAX refuses first */

struct event_pattern {
	struct arena *arena;
	struct event_branch *branches;
	size_t count;
};

/* Branches while they are read. */
struct branches {
	struct event_branch *all;
	size_t count;
};

struct parse {
	struct event_reader reader;
	bool or_is_name;
	size_t values; /* in all branches that were made, those given up included */
	char path[EVENT_PATTERN_MAX];
};

int event_pattern_too_complex(struct err *err)
{
	return err_set(
		err, ERR_INVALID,
		"Event pattern is not valid. Reason: Rule is too complex - try using fewer "
		"wildcard characters or fewer repeating character sequences after a wildcard "
		"character");
}

static int too_many_branches(struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "Event pattern is not valid. Reason: Rule is too complex - try using fewer "
		       "combinations of $or");
}

static int branch_copy(struct parse *parse, const struct event_branch *from,
		       struct event_branch *ret, struct err *err)
{
	struct event_branch copy = {.count = from->count, .room = from->count + 4};

	copy.fields = arena_alloc(parse->reader.arena, copy.room * sizeof(void *));
	if (!copy.fields)
		return too_many_branches(err);
	for (size_t i = 0; i < from->count; i++) {
		copy.fields[i] = from->fields[i];
		parse->values += 1 + from->fields[i]->count;
	}
	if (parse->values > EVENT_PATTERN_VALUES_MAX)
		return too_many_branches(err);
	*ret = copy;
	return 0;
}

/* Append copies of @from to @to. */
static int branches_add(struct parse *parse, struct branches *to, const struct branches *from,
			struct err *err)
{
	struct event_branch *all;

	if (to->count + from->count > EVENT_PATTERN_BRANCHES_MAX)
		return too_many_branches(err);
	all = arena_alloc(parse->reader.arena, (to->count + from->count) * sizeof(*all));
	if (!all)
		return too_many_branches(err);
	if (to->count)
		memcpy(all, to->all, to->count * sizeof(*all));
	for (size_t i = 0; i < from->count; i++) {
		if (branch_copy(parse, &from->all[i], &all[to->count + i], err) < 0)
			return -1;
	}
	to->all = all;
	to->count += from->count;
	return 0;
}

/* Set @field in @branch, in the place of one with the same path. */
static int branch_put(struct parse *parse, struct event_branch *branch,
		      const struct event_field *field, struct err *err)
{
	const struct event_field **fields;

	parse->values += 1 + field->count;
	if (parse->values > EVENT_PATTERN_VALUES_MAX)
		return too_many_branches(err);
	for (size_t i = 0; i < branch->count; i++) {
		if (branch->fields[i]->path_len == field->path_len &&
		    memcmp(branch->fields[i]->path, field->path, field->path_len) == 0) {
			branch->fields[i] = field;
			return 0;
		}
	}
	if (branch->count == branch->room) {
		fields = arena_alloc(parse->reader.arena, (2 * branch->room + 8) * sizeof(void *));
		if (!fields)
			return too_many_branches(err);
		if (branch->count)
			memcpy(fields, branch->fields, branch->count * sizeof(void *));
		branch->fields = fields;
		branch->room = 2 * branch->room + 8;
	}
	branch->fields[branch->count++] = field;
	return 0;
}

/* A field whose list begins here, into all branches. */
static int read_field(struct parse *parse, struct branches *branches, size_t path_len,
		      struct err *err)
{
	struct arena *arena = parse->reader.arena;
	struct event_field *field = arena_alloc(arena, sizeof(*field));
	char *path = arena_strndup(arena, parse->path, path_len);

	if (!field || !path)
		return too_many_branches(err);
	memcpy(path, parse->path, path_len); /* with the zeros that a name may have */
	field->path = path;
	field->path_len = path_len;
	if (event_tests_read(&parse->reader, field, err) < 0)
		return -1;
	if (branches->count == 0) {
		branches->all = arena_alloc(arena, sizeof(*branches->all));
		if (!branches->all)
			return too_many_branches(err);
		branches->count = 1;
	}
	for (size_t i = 0; i < branches->count; i++) {
		if (branch_put(parse, &branches->all[i], field, err) < 0)
			return -1;
	}
	return 0;
}

static int read_object(struct parse *parse, struct branches *branches, size_t path_len, bool in_or,
		       struct err *err);

static int read_or(struct parse *parse, struct branches *branches, size_t path_len, struct err *err)
{
	struct event_reader *reader = &parse->reader;
	struct branches before = *branches;
	struct branches after = {0};
	int objects = 0;

	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_ARRAY_BEGIN)
		return event_reader_fail(reader, err, "It must be an Array followed with $or.");
	for (;;) {
		struct branches one = {0};

		if (event_reader_next(reader, err) < 0)
			return -1;
		if (reader->token == EVENT_ARRAY_END)
			break;
		if (reader->token != EVENT_OBJECT_BEGIN)
			return event_reader_fail(
				reader, err,
				"Only JSON object is allowed in array of $or relationship.");
		objects++;
		if (branches_add(parse, &one, &before, err) < 0 ||
		    read_object(parse, &one, path_len, true, err) < 0 ||
		    branches_add(parse, &after, &one, err) < 0)
			return -1;
	}
	if (objects < 2)
		return event_reader_fail(reader, err,
					 "There must have at least 2 Objects in $or relationship.");
	*branches = after;
	return 0;
}

/* One member, on whose name the reader stands. */
static int read_member(struct parse *parse, struct branches *branches, size_t path_len, bool in_or,
		       struct err *err)
{
	struct event_reader *reader = &parse->reader;
	const char *name = reader->text;
	size_t len = reader->text_len;

	if (!parse->or_is_name && strcmp(name, "$or") == 0)
		return read_or(parse, branches, path_len, err);
	if (in_or && event_name_is_reserved(name))
		return event_reader_fail(reader, err,
					 "%s is Ruler reserved fieldName which cannot be used "
					 "inside $or.",
					 name);
	if (path_len > 0)
		parse->path[path_len - 1] = '.';
	memcpy(parse->path + path_len, name, len);
	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token == EVENT_OBJECT_BEGIN)
		return read_object(parse, branches, path_len + len + 1, in_or, err);
	if (reader->token == EVENT_ARRAY_BEGIN)
		return read_field(parse, branches, path_len + len, err);
	return event_reader_fail(reader, err, "\"%.*s\" must be an object or an array",
				 len > 400 ? 400 : (int)len, name);
}

/* The members of an object. @path_len: of the names around it and a dot for each; what stands
 * in the path is shorter than the text that was read. */
static int read_object(struct parse *parse, struct branches *branches, size_t path_len, bool in_or,
		       struct err *err)
{
	bool empty = true;

	for (;; empty = false) {
		if (event_reader_next(&parse->reader, err) < 0)
			return -1;
		if (parse->reader.token == EVENT_OBJECT_END)
			break;
		if (read_member(parse, branches, path_len, in_or, err) < 0)
			return -1;
	}
	return empty ? event_reader_fail(&parse->reader, err, "Empty objects are not allowed") : 0;
}

static int read_pattern(struct parse *parse, struct branches *branches, struct err *err)
{
	struct event_reader *reader = &parse->reader;

	if (event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_OBJECT_BEGIN)
		return event_reader_fail(reader, err, "Filter is not an object");
	if (read_object(parse, branches, 0, false, err) < 0 || event_reader_next(reader, err) < 0)
		return -1;
	if (reader->token != EVENT_END)
		return event_reader_fail(reader, err, "Unexpected content after the object");
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct event_field *one = *(const struct event_field *const *)a;
	const struct event_field *two = *(const struct event_field *const *)b;
	size_t len = one->path_len < two->path_len ? one->path_len : two->path_len;
	int order = memcmp(one->path, two->path, len);

	return order ? order : (one->path_len > two->path_len) - (one->path_len < two->path_len);
}

static int pattern_parse(const char *text, size_t len, bool or_is_name,
			 struct event_pattern **ret_pattern, struct err *err)
{
	AUTO(event_pattern_freep) struct event_pattern *pattern = xcalloc(1, sizeof(*pattern));
	AUTO(freep) struct parse *parse = xcalloc(1, sizeof(*parse));
	struct branches branches = {0};

	pattern->arena = arena_new(ARENA_MAX);
	event_reader_init(&parse->reader, pattern->arena, text, len);
	parse->or_is_name = or_is_name;
	if (read_pattern(parse, &branches, err) < 0)
		return -1;
	for (size_t i = 0; i < branches.count; i++)
		qsort(branches.all[i].fields, branches.all[i].count, sizeof(void *), by_path);
	pattern->branches = branches.all;
	pattern->count = branches.count;
	*ret_pattern = STEAL(pattern, NULL);
	return 0;
}

int event_pattern_new(const char *text, size_t len, struct event_pattern **ret_pattern,
		      struct err *err)
{
	struct err other = ERR_INIT;

	if (len > EVENT_PATTERN_MAX)
		return err_set(err, ERR_INVALID,
			       "Event pattern is not valid. Reason: it has more than %u bytes",
			       EVENT_PATTERN_MAX);
	if (pattern_parse(text, len, false, ret_pattern, err) == 0)
		return 0;
	if (!memmem(text, len, "$or", 3) || pattern_parse(text, len, true, ret_pattern, &other) < 0)
		return -1;
	err_clear(err);
	return 0;
}

void event_pattern_free(struct event_pattern *pattern)
{
	if (!pattern)
		return;
	arena_free(pattern->arena);
	free(pattern);
}

void event_pattern_freep(struct event_pattern **pattern)
{
	event_pattern_free(*pattern);
	*pattern = NULL;
}

const struct event_branch *event_pattern_branches(const struct event_pattern *pattern,
						  size_t *ret_count)
{
	*ret_count = pattern->count;
	return pattern->branches;
}
