/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path is a row of steps. One without a wildcard leads to at most one value, and nothing is
 * copied. With wildcards what is found is gathered in a list; each step goes on below what the one
 * before found, so the values are disjoint parts of the event and the list is never longer than it.
 *
 * The event is gone over once, however long the path is: where a step fits, the next one goes on
 * inside of the value before anybody knows where that ends. Of equal names the last counts, so what
 * was found below an earlier one is forgotten when it comes.
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

/* A path on its way through an event. */
struct search {
	const struct event_path *path;
	const char *end;	 /* of the event */
	struct json_slice value; /* found; of a path without wildcard */
	struct buf *list;	 /* all that was found; of one with wildcards */
	struct err *err;
	bool failed;
};

static void keep(struct search *search, struct json_slice value)
{
	search->value = value;
	if (!search->path->wild || search->failed)
		return;
	search->failed =
		(search->list->len > 1 && buf_append(search->list, ",", 1, search->err) < 0) ||
		buf_append(search->list, value.text, value.len, search->err) < 0;
}

static bool fits(const struct step *step, struct json_slice name, size_t index)
{
	switch (step->kind) {
	case STEP_MEMBER:
		return name.len > 0 && json_slice_says(name, step->name, step->len);
	case STEP_INDEX:
		return name.len == 0 && index == step->index;
	case STEP_ALL:
	default:
		return true;
	}
}

static const char *go(struct search *search, size_t from, const char *at);

/* The members of the object or list that begins at @at, by step @from; returns its end. */
static const char *go_inside(struct search *search, size_t from, const char *at)
{
	const struct step *step = &search->path->steps[from];
	const char close = *at == '{' ? '}' : ']';
	size_t found_before = search->list->len;

	at++;
	for (size_t index = 0; at < search->end && *at != close; index++) {
		struct json_slice name = {at, 0};

		if (close == '}') {
			name.len = (size_t)(json_string_end(at, search->end) - at);
			at += name.len + 1; /* the colon */
		}
		if (!fits(step, name, index)) {
			at = json_value_end(at, search->end);
		} else {
			if (step->kind == STEP_MEMBER) {
				search->value = (struct json_slice){NULL, 0};
				search->list->len = found_before;
			}
			at = go(search, from + 1, at);
		}
		if (at < search->end && *at == ',')
			at++;
	}
	return at < search->end ? at + 1 : at;
}

/* The value that begins at @at, from step @from on; returns its end. Recursion ends with the
 * steps. */
static const char *go(struct search *search, size_t from, const char *at)
{
	const struct event_path *path = search->path;
	const char *end;

	if (from < path->count) {
		enum step_kind kind = path->steps[from].kind;

		if ((*at == '{' && kind != STEP_INDEX) || (*at == '[' && kind != STEP_MEMBER))
			return go_inside(search, from, at);
		return json_value_end(at, search->end);
	}
	end = json_value_end(at, search->end);
	keep(search, (struct json_slice){at, (size_t)(end - at)});
	return end;
}

int event_path_value(const struct event_path *path, struct json_slice event, struct arena *arena,
		     struct json_slice *ret_value, struct err *err)
{
	AUTO(buf_done) struct buf list = {0};
	struct search search = {
		.path = path, .end = event.text + event.len, .list = &list, .err = err};
	const char *text;

	buf_init(&list, event.len + 2);
	if (path->wild && buf_append(&list, "[", 1, err) < 0)
		return -1;
	if (event.len > 0)
		(void)go(&search, 0, event.text);
	if (!path->wild) {
		*ret_value = search.value;
		return 0;
	}
	if (search.failed || buf_append(&list, "]", 1, err) < 0)
		return -1;
	text = arena_strndup(arena, (const char *)list.data, list.len);
	if (!text)
		return err_set(err, ERR_LIMIT, "the values of a wildcard are too many");
	*ret_value = (struct json_slice){text, list.len};
	return 0;
}
