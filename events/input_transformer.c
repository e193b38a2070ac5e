/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template is cut once into literal text and placeholders, <NAME>. Of each placeholder it is
 * known whether it stands inside a string of the template. As EventBridge was seen to do it:
 *
 *     where               string          number, word   object or list        no value
 *     outside a string    quoted          as it is       as it is              ""
 *     inside a string     without quotes  as it is       as it is; if the      nothing
 *                                                        template is a string
 *                                                        without any quotes
 *
 * So an object inside a string of a JSON template leaves text that is no JSON, and such an event
 * does not reach the target. What is put together must be one JSON value, written without blanks
 * then, or strings with blanks between them (templates of several lines), which stay as they are.
 *
 * One difference on purpose: EventBridge documents that it does not escape values. Here they keep
 * the escapes that they have in the event, so no value can end the string that it is put into.
 * aws.events.event is the event without its detail, in the spelling and order that was recorded.
 */
#include "events/input_transformer.h"

#include <string.h>

#include "core/json_write.h"
#include "events/event_path.h"
#include "events/event_time.h"
#include "events/json_text.h"

/* What can be named without a path. */
#define PREDEFINED(X)                                                                              \
	X(RULE_ARN, "aws.events.rule-arn")                                                         \
	X(RULE_NAME, "aws.events.rule-name")                                                       \
	X(INGESTION_TIME, "aws.events.event.ingestion-time")                                       \
	X(EVENT_WITHOUT_DETAIL, "aws.events.event")                                                \
	X(EVENT, "aws.events.event.json")
#define AS_VARIABLE(name, text) VARIABLE_##name,
enum { PREDEFINED(AS_VARIABLE) PREDEFINED_COUNT };
#define VARIABLES_MAX (PREDEFINED_COUNT + INPUT_PATHS_MAX)

struct variable {
	const char *name;
	const struct event_path *path; /* NULL: predefined */
	bool used;
};

struct piece {
	const char *text; /* literal; NULL: a placeholder */
	size_t len;
	size_t variable; /* of a placeholder */
	bool in_string;
};

struct input_transformer {
	struct variable variables[VARIABLES_MAX];
	size_t variable_count;
	struct piece *pieces;
	size_t piece_count;
	bool of_strings; /* the template begins with one */
};

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len > INPUT_NAME_MAX)
		return false;
	for (; *name; name++) {
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		      (*name >= '0' && *name <= '9') || *name == '-' || *name == '_'))
			return false;
	}
	return true;
}

static int refuse_member(const struct input_target *target, const char *member, const char *value,
			 const char *constraint, struct err *err)
{
	return err_set(err, ERR_INVALID,
		       "1 validation error detected: Value '%.300s' at 'targets.%zu.member."
		       "inputTransformer.%s' failed to satisfy constraint: %s",
		       value, target->number, member, constraint);
}

static int add_path(const struct input_target *target, const struct shape_pair *pair,
		    struct arena *arena, struct input_transformer *made, struct err *err)
{
	struct variable *variable = &made->variables[made->variable_count];
	struct event_path *path;

	if (!is_name(pair->key))
		return refuse_member(target, "inputPathsMap", pair->key,
				     "Map keys must satisfy constraint: [Member must have length "
				     "less than or equal to "
				     "256, Member must have length greater than or equal to 1, "
				     "Member must satisfy "
				     "regular expression pattern: [A-Za-z0-9\\_\\-]+]",
				     err);
	if (event_path_parse(pair->value, arena, &path, err) < 0)
		return err_wrap(err, "InputPathsMap for target %s is not valid, %s", target->id,
				pair->key);
	variable->path = path;
	variable->name = arena_strdup(arena, pair->key);
	if (!variable->name)
		return err_set(err, ERR_LIMIT, "too many paths");
	made->variable_count++;
	return 0;
}

static int add_variables(const struct input_target *target, const struct shape_pair *paths,
			 size_t count, struct arena *arena, struct input_transformer *made,
			 struct err *err)
{
	static const char *const predefined[] = {
#define AS_NAME(name, text) text,
		PREDEFINED(AS_NAME)};

	if (count > INPUT_PATHS_MAX)
		return refuse_member(target, "inputPathsMap", "",
				     "Member must have length less than or equal to 100", err);
	for (; made->variable_count < PREDEFINED_COUNT; made->variable_count++)
		made->variables[made->variable_count].name = predefined[made->variable_count];
	for (size_t i = 0; i < count; i++) {
		if (add_path(target, &paths[i], arena, made, err) < 0)
			return -1;
	}
	return 0;
}

/* Where a placeholder that begins at @at ends ('>'), or NULL if none begins there. */
static const char *placeholder_end(const char *at)
{
	return *at == '<' ? strchr(at, '>') : NULL;
}

static int find_variable(const struct input_target *target, struct input_transformer *made,
			 const char *name, size_t len, size_t *ret_variable, struct err *err)
{
	for (size_t i = 0; i < made->variable_count; i++) {
		const char *known = made->variables[i].name;

		if (strlen(known) == len && memcmp(known, name, len) == 0) {
			made->variables[i].used = true;
			*ret_variable = i;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID,
		       "InputTemplate for target %s contains invalid placeholder %.*s.", target->id,
		       (int)len, name);
}

/* How many pieces @template has at most. */
static size_t count_pieces(const char *template)
{
	size_t count = 1;

	for (; *template; template ++)
		count += *template == '<' ? 2 : 0;
	return count;
}

/* The literal text from @at to the next placeholder; *in_string as it is behind it. */
static size_t literal_len(const char *at, bool *in_string)
{
	size_t len = 0;

	while (at[len] != '\0' && !placeholder_end(at + len)) {
		if (at[len] == '\\' && *in_string && at[len + 1] != '\0' &&
		    !placeholder_end(at + len + 1))
			len++;
		else if (at[len] == '"')
			*in_string = !*in_string;
		len++;
	}
	return len;
}

static int cut(const struct input_target *target, const char *at, struct input_transformer *made,
	       struct err *err)
{
	bool in_string = false;

	while (*at != '\0') {
		struct piece *piece = &made->pieces[made->piece_count];
		const char *end = placeholder_end(at);

		piece->in_string = in_string;
		if (end) {
			if (find_variable(target, made, at + 1, (size_t)(end - at) - 1,
					  &piece->variable, err) < 0)
				return -1;
			at = end + 1;
		} else {
			piece->text = at;
			piece->len = literal_len(at, &in_string);
			at += piece->len;
		}
		made->piece_count++;
	}
	return 0;
}

int input_transformer_make(const struct input_target *target, const struct shape_pair *paths,
			   size_t path_count, const char *template, struct arena *arena,
			   struct input_transformer **ret_transformer, struct err *err)
{
	struct input_transformer *made = arena_alloc(arena, sizeof(*made));
	size_t len = strlen(template);

	if (len < 1 || len > INPUT_TEMPLATE_MAX)
		return refuse_member(target, "inputTemplate", template,
				     len < 1 ? "Member must have length greater than or equal to 1"
					     : "Member must have length less than or equal to 8192",
				     err);
	template = arena_strdup(arena, template);
	if (!made || !template)
		return err_set(err, ERR_LIMIT, "too many transformers");
	made->pieces = arena_alloc(arena, count_pieces(template) * sizeof(made->pieces[0]));
	if (!made->pieces)
		return err_set(err, ERR_LIMIT, "too many transformers");
	made->of_strings = template[strspn(template, " \t\r\n")] == '"';
	if (add_variables(target, paths, path_count, arena, made, err) < 0 ||
	    cut(target, template, made, err) < 0)
		return -1;
	*ret_transformer = made;
	return 0;
}

/* The text in @made, for as long as the arena lives. */
static int keep(struct buf *made, struct arena *arena, struct json_slice *ret, struct err *err)
{
	const char *text = arena_strndup(arena, (const char *)made->data, made->len);

	if (!text)
		return err_set(err, ERR_LIMIT, "the input's values are too long");
	*ret = (struct json_slice){text, made->len};
	return 0;
}

static int string_value(const char *text, struct arena *arena, struct json_slice *ret,
			struct err *err)
{
	AUTO(buf_done) struct buf made;

	buf_init(&made, strlen(text) * 6 + 2); /* a byte becomes at most \u00XX */
	if (json_write_text(&made, text, strlen(text), err) < 0)
		return -1;
	return keep(&made, arena, ret, err);
}

static int put_member(struct buf *out, const char *name, struct json_slice value, struct err *err)
{
	if (buf_append_text(out, out->len > 1 ? ",\"" : "\"", err) < 0 ||
	    buf_append_text(out, name, err) < 0 || buf_append_text(out, "\":", err) < 0)
		return -1;
	return buf_append(out, value.text, value.len, err);
}

/* aws.events.event. */
static int without_detail(struct json_slice event, struct arena *arena, struct json_slice *ret,
			  struct err *err)
{
	static const struct {
		const char *name, *as;
	} members[] = {
		{"id", "id"},
		{"account", "account"},
		{"detail-type", "detailType"},
		{"time", "time"},
		{"source", "source"},
		{"region", "region"},
		{"resources", "resources"},
		{"version", "version"},
		{"cloudevent", "cloudevent"},
	};
	AUTO(buf_done) struct buf made;
	struct json_slice value;

	buf_init(&made, event.len + 2);
	if (buf_append(&made, "{", 1, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (json_slice_member(event, members[i].name, &value) &&
		    put_member(&made, members[i].as, value, err) < 0)
			return -1;
	}
	if (buf_append(&made, "}", 1, err) < 0)
		return -1;
	return keep(&made, arena, ret, err);
}

static int predefined_value(size_t variable, struct json_slice event,
			    const struct input_facts *facts, struct arena *arena,
			    struct json_slice *ret, struct err *err)
{
	char time[EVENT_TIME_SIZE];

	switch (variable) {
	case VARIABLE_RULE_ARN:
		return string_value(facts->rule_arn, arena, ret, err);
	case VARIABLE_RULE_NAME:
		return string_value(facts->rule_name, arena, ret, err);
	case VARIABLE_INGESTION_TIME:
		return string_value(event_time_write(facts->ingested_ms, time), arena, ret, err);
	case VARIABLE_EVENT_WITHOUT_DETAIL:
		return without_detail(event, arena, ret, err);
	default:
		*ret = event;
		return 0;
	}
}

static int all_values(const struct input_transformer *transformer, struct json_slice event,
		      const struct input_facts *facts, struct arena *arena,
		      struct json_slice values[VARIABLES_MAX], struct err *err)
{
	for (size_t i = 0; i < transformer->variable_count; i++) {
		const struct variable *variable = &transformer->variables[i];
		int done = 0;

		if (!variable->used)
			continue;
		if (variable->path)
			done = event_path_value(variable->path, event, arena, &values[i], err);
		else
			done = predefined_value(i, event, facts, arena, &values[i], err);
		if (done < 0)
			return -1;
	}
	return 0;
}

/* @value without any quotes, escaped ones neither. */
static int put_unquoted(struct buf *out, struct json_slice value, struct err *err)
{
	size_t from = 0;

	for (size_t i = 0; i < value.len; i++) {
		bool escape = value.text[i] == '\\' && i + 1 < value.len;
		bool escaped_quote = escape && value.text[i + 1] == '"';

		if (value.text[i] == '"' || escaped_quote) {
			if (buf_append(out, value.text + from, i - from, err) < 0)
				return -1;
			from = i + 1 + escaped_quote;
		}
		i += escape;
	}
	return buf_append(out, value.text + from, value.len - from, err);
}

static int put_value(const struct input_transformer *transformer, const struct piece *piece,
		     struct json_slice value, struct buf *out, struct err *err)
{
	char kind = json_slice_kind(value);

	if (!piece->in_string)
		return value.len > 0 ? buf_append(out, value.text, value.len, err)
				     : buf_append(out, "\"\"", 2, err);
	if (kind == '"')
		return buf_append(out, value.text + 1, value.len - 2, err);
	if ((kind == '{' || kind == '[') && transformer->of_strings)
		return put_unquoted(out, value, err);
	return buf_append(out, value.text, value.len, err);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Strings with blanks between them, which are kept; those at the ends are not. */
static int put_strings(const char *at, const char *end, struct buf *out, struct err *err)
{
	while (end > at && is_blank(end[-1]))
		end--;
	while (at < end && is_blank(*at))
		at++;
	while (at < end) {
		const char *from = at;

		for (at++; at < end && *at != '"'; at++) {
			if (*at == '\\' && at + 1 < end)
				at++;
		}
		at = at < end ? at + 1 : end;
		if (*from != '"' || json_text_minify(from, (size_t)(at - from), out, err) < 0)
			return err_set(err, ERR_INVALID, "text outside of strings");
		from = at;
		while (at < end && is_blank(*at))
			at++;
		if (at == from && at < end)
			return err_set(err, ERR_INVALID, "text outside of strings");
		if (buf_append(out, from, (size_t)(at - from), err) < 0)
			return -1;
	}
	return 0;
}

int input_transformer_apply(const struct input_transformer *transformer, struct json_slice event,
			    const struct input_facts *facts, struct arena *scratch, struct buf *out,
			    struct err *err)
{
	struct json_slice values[VARIABLES_MAX] = {0};
	AUTO(buf_done) struct buf text;
	const char *begin;
	int done;

	/* Blanks of the template are in it as well, and go. */
	buf_init(&text, INPUT_SIZE_MAX + INPUT_TEMPLATE_MAX);
	if (all_values(transformer, event, facts, scratch, values, err) < 0)
		return -1;
	for (size_t i = 0; i < transformer->piece_count; i++) {
		const struct piece *piece = &transformer->pieces[i];

		done = piece->text
			       ? buf_append(&text, piece->text, piece->len, err)
			       : put_value(transformer, piece, values[piece->variable], &text, err);
		if (done < 0)
			return err_wrap(err, "the transformed input");
	}
	begin = (const char *)text.data;
	done = transformer->of_strings ? put_strings(begin, begin + text.len, out, err)
				       : json_text_minify(begin, text.len, out, err);
	return done < 0 ? err_wrap(err, "the transformed input") : 0;
}
