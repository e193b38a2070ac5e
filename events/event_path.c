/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path is a row of steps. One without a wildcard leads to at most one value, and nothing is
 * copied. With wildcards what is found is gathered in a list; each step goes on below what the one
 * before found, so the values are disjoint parts of the event and the list is never longer than it.
 */
#include "events/event_path.h"

#include <string.h>

#include "core/buf.h"

enum step_kind { STEP_MEMBER, STEP_INDEX, STEP_ALL };

struct step {
	enum step_kind kind;
	size_t len; /* of name */
	const char *name;
	size_t index;
};

struct event_path {
	size_t count;
	bool wild;
	struct step steps[];
};

#define STEPS_MAX (EVENT_PATH_SIZE_MAX / 2) /* a step has two characters or more */
#define INDEX_MAX 1000000		    /* no event has as many elements */

/* What may stand in a name; the rest is other notations' or of nobody. */
static bool is_name_character(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && !strchr(".[]*'\"(),?@<>", c);
}

static bool read_index(const char **at, size_t *ret_index)
{
	size_t index = 0;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		index = index * 10 + (size_t)(**at - '0');
		if (index > INDEX_MAX)
			return false;
	}
	*ret_index = index;
	return true;
}

/* Behind '['. */
static bool read_bracket(const char **at, struct step *step)
{
	step->kind = STEP_INDEX;
	if (**at == '*') {
		step->kind = STEP_ALL;
		(*at)++;
	} else if (!read_index(at, &step->index)) {
		return false;
	}
	return *(*at)++ == ']';
}

/* Behind '.'. */
static bool read_name(const char **at, struct step *step)
{
	step->kind = STEP_MEMBER;
	step->name = *at;
	if (**at == '*') {
		step->kind = STEP_ALL;
		(*at)++;
		return true;
	}
	while (**at != '\0' && is_name_character(**at))
		(*at)++;
	step->len = (size_t)(*at - step->name);
	return step->len > 0;
}

static bool read_steps(const char *at, struct step steps[STEPS_MAX], size_t *ret_count)
{
	size_t count = 0;

	while (*at != '\0') {
		struct step *step = &steps[count++];
		char c = *at++;

		if (c != '.' && c != '[')
			return false;
		if (!(c == '.' ? read_name(&at, step) : read_bracket(&at, step)))
			return false;
	}
	*ret_count = count;
	return true;
}

int event_path_parse(const char *text, struct arena *arena, struct event_path **ret_path,
		     struct err *err)
{
	struct step steps[STEPS_MAX] = {0};
	struct event_path *path;
	const char *kept;
	size_t count = 0;

	if (strlen(text) > EVENT_PATH_SIZE_MAX)
		return err_set(err, ERR_INVALID, "a path has at most %d characters",
			       EVENT_PATH_SIZE_MAX);
	kept = arena_strdup(arena, text);
	if (!kept)
		return err_set(err, ERR_LIMIT, "too many paths");
	if (kept[0] != '$' || !read_steps(kept + 1, steps, &count))
		return err_set(err, ERR_INVALID,
			       "%s is not a path in dot notation ($.detail.x, "
			       "$.detail.list[0], $.detail.list[*])",
			       text);
	path = arena_alloc(arena, sizeof(*path) + count * sizeof(steps[0]));
	if (!path)
		return err_set(err, ERR_LIMIT, "too many paths");
	path->count = count;
	for (size_t i = 0; i < count; i++) {
		path->steps[i] = steps[i];
		path->wild |= steps[i].kind == STEP_ALL;
	}
	*ret_path = path;
	return 0;
}

static bool element(struct json_slice list, size_t index, struct json_slice *ret_value)
{
	struct json_walk walk = json_walk_of(list);
	struct json_slice name;

	if (json_slice_kind(list) != '[')
		return false;
	while (json_walk_next(&walk, &name, ret_value)) {
		if (index-- == 0)
			return true;
	}
	return false;
}

/* Go on as long as there is one way. Returns the steps gone; *at is of length 0 where it ends. */
static size_t go(const struct event_path *path, size_t from, struct json_slice *at)
{
	for (; from < path->count && path->steps[from].kind != STEP_ALL; from++) {
		const struct step *step = &path->steps[from];
		struct json_slice next = {NULL, 0};
		bool there = step->kind == STEP_INDEX
				     ? element(*at, step->index, &next)
				     : json_slice_member_n(*at, step->name, step->len, &next);

		if (!there) {
			*at = (struct json_slice){NULL, 0};
			return path->count;
		}
		*at = next;
	}
	return from;
}

/* Append to the list in @out what lies below @at from step @from on. Recursion ends with the steps.
 */
static int gather(const struct event_path *path, size_t from, struct json_slice at, struct buf *out,
		  struct err *err)
{
	struct json_walk walk;
	struct json_slice name;
	struct json_slice value;

	from = go(path, from, &at);
	if (at.len == 0)
		return 0;
	if (from == path->count) {
		if (out->len > 1 && buf_append(out, ",", 1, err) < 0)
			return -1;
		return buf_append(out, at.text, at.len, err);
	}
	walk = json_walk_of(at);
	while (json_walk_next(&walk, &name, &value)) {
		if (gather(path, from + 1, value, out, err) < 0)
			return -1;
	}
	return 0;
}

int event_path_value(const struct event_path *path, struct json_slice event, struct arena *arena,
		     struct json_slice *ret_value, struct err *err)
{
	AUTO(buf_done) struct buf list = {0};
	const char *text;

	if (!path->wild) {
		(void)go(path, 0, &event);
		*ret_value = event;
		return 0;
	}
	buf_init(&list, event.len + 2);
	if (buf_append(&list, "[", 1, err) < 0 || gather(path, 0, event, &list, err) < 0 ||
	    buf_append(&list, "]", 1, err) < 0)
		return -1;
	text = arena_strndup(arena, (const char *)list.data, list.len);
	if (!text)
		return err_set(err, ERR_LIMIT, "the values of a wildcard are too many");
	*ret_value = (struct json_slice){text, list.len};
	return 0;
}
