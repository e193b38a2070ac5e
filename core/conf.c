/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration by table. Lines become (key, value) texts, the table's row says
 * how the value is read and where it goes; printing walks the same table with the
 * same units, so that what is printed is what would be read.
 *
 * A value that needs it (spaces at an end, a quote in front, ` #` inside, a line
 * break) stands in double quotes, with \" \\ \n \t inside.
 */
#include "core/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/file.h"
#include "core/ident.h"

#define CONF_FILE_MAX  1048576 /* far beyond any file that a person writes */
#define CONF_HOST_MAX  262     /* a DNS name, a colon and a port */
#define CONF_NAME_MAX  64      /* of the part that the operator names */
#define CONF_PAIRS_MAX 4096    /* in one map: hosts and subnets of a large site */

struct unit {
	const char *name;
	int64_t factor;
};

/* The largest first: printing takes the first that divides. */
static const struct unit duration_units[] = {
	{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1},
};
static const struct unit size_units[] = {
	{"TiB", INT64_C(1) << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1},
};

struct units {
	const struct unit *list;
	size_t count;
	const char *example;
};

static struct units units_of(enum conf_type type)
{
	if (type == CONF_DURATION_MS)
		return (struct units){duration_units, ARRAY_LEN(duration_units),
				      "a duration such as 250ms, 30s, 5min, 1h or 7d"};
	if (type == CONF_SIZE_BYTES)
		return (struct units){size_units, ARRAY_LEN(size_units),
				      "a size such as 512, 64KiB, 64MiB or 20GiB"};
	return (struct units){&size_units[ARRAY_LEN(size_units) - 1], 1, "a whole number"};
}

static void *field_of(const struct conf_row *row, const void *target)
{
	return (uint8_t *)(uintptr_t)target + row->offset;
}

/* A number of the row's unit as it is written in a file. */
#define NUMBER_TEXT 40
static char *number_text(enum conf_type type, int64_t number, char *ret)
{
	struct units units = units_of(type);
	size_t i = 0;

	if (number == 0)
		i = type == CONF_DURATION_MS ? 3 : units.count - 1; /* 0s, 0 */
	while (i < units.count - 1 && number % units.list[i].factor != 0)
		i++;
	(void)snprintf(ret, NUMBER_TEXT, "%" PRId64 "%s", number / units.list[i].factor,
		       units.list[i].name);
	return ret;
}

static int check_range(const struct conf_row *row, const char *key, int64_t number, struct err *err)
{
	char min[NUMBER_TEXT];
	char max[NUMBER_TEXT];

	if ((row->min == 0 && row->max == 0) || (number >= row->min && number <= row->max))
		return 0;
	number_text(row->type, row->min, min);
	if (row->max == INT64_MAX)
		return err_set(err, ERR_INVALID, "%s must be at least %s", key, min);
	return err_set(err, ERR_INVALID, "%s must be from %s to %s", key, min,
		       number_text(row->type, row->max, max));
}

static int parse_number(const struct conf_row *row, const char *key, const char *value,
			int64_t *ret_number, struct err *err)
{
	struct units units = units_of(row->type);
	char *end = NULL;
	long long number;

	errno = 0;
	number = strtoll(value, &end, 10);
	/* strtoll() takes leading spaces and a plus, which we do not. */
	if (end == value || errno != 0 || !(isdigit((unsigned char)*value) || *value == '-'))
		return err_set(err, ERR_INVALID, "%s must be %s", key, units.example);
	for (size_t i = 0; i < units.count; i++) {
		int64_t scaled;

		if (strcmp(end, units.list[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units.list[i].factor, &scaled))
			break;
		if (check_range(row, key, scaled, err) < 0)
			return -1;
		*ret_number = scaled;
		return 0;
	}
	return err_set(err, ERR_INVALID, "%s must be %s", key, units.example);
}

static int parse_bool(const char *key, const char *value, bool *ret_bool, struct err *err)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
	bool no = strcmp(value, "no") == 0 || strcmp(value, "false") == 0;

	if (!yes && !no)
		return err_set(err, ERR_INVALID, "%s must be yes or no", key);
	*ret_bool = yes;
	return 0;
}

const char *conf_map_get(const struct conf_map *map, const char *name)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->pairs[i].name, name) == 0)
			return map->pairs[i].value;
	return NULL;
}

static int map_set(struct conf_map *map, const char *name, size_t name_len, const char *value,
		   struct err *err)
{
	struct conf_pair *pairs;

	for (size_t i = 0; i < map->count; i++) {
		if (!text_is(name, name_len, map->pairs[i].name))
			continue;
		free(map->pairs[i].value);
		map->pairs[i].value = xstrdup(value);
		return 0;
	}
	if (map->count >= CONF_PAIRS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d names", CONF_PAIRS_MAX);
	pairs = reallocarray(map->pairs, map->count + 1, sizeof(*pairs));
	if (!pairs)
		return err_set(err, ERR_NO_SPACE, "no memory for a name");
	map->pairs = pairs;
	map->pairs[map->count++] = (struct conf_pair){
		.name = xstrndup(name, name_len),
		.value = xstrdup(value),
	};
	return 0;
}

/* Does @key fit the row? For a map, *ret_name is the part at the `*`. */
static bool row_fits(const struct conf_row *row, const char *key, const char **ret_name,
		     size_t *ret_len)
{
	const char *star = row->type == CONF_MAP ? strchr(row->key, '*') : NULL;
	size_t key_len = strlen(key);
	size_t head;
	size_t tail;

	if (!star)
		return strcmp(row->key, key) == 0;
	head = (size_t)(star - row->key);
	tail = strlen(star + 1);
	if (key_len <= head + tail || strncmp(key, row->key, head) != 0 ||
	    strcmp(key + key_len - tail, star + 1) != 0)
		return false;
	*ret_name = key + head;
	*ret_len = key_len - head - tail;
	return true;
}

/* The row for @key; a row without `*` goes before one with. */
static const struct conf_row *find_row(const struct conf_table *table, const char *key,
				       const char **ret_name, size_t *ret_len)
{
	const struct conf_row *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct conf_row *row = &table->rows[i];

		if (found && row->type == CONF_MAP)
			continue;
		if (row_fits(row, key, ret_name, ret_len))
			found = row;
	}
	return found;
}

/* A host as it stands in a URL: a name or an address, and perhaps a port. */
static bool is_host(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.:[]";
	size_t len = strspn(text, allowed);

	return len > 0 && len <= CONF_HOST_MAX && !text[len];
}

static int set_map(const struct conf_row *row, const char *key, const char *name, size_t name_len,
		   const char *value, void *target, struct err *err)
{
	AUTO(freep) char *word = xstrndup(name, name_len);

	if (row->max == CONF_MAP_HOSTS ? !is_host(word) : !ident_is_name(word, CONF_NAME_MAX))
		return err_set(err, ERR_INVALID,
			       "%s must have 1 to %d letters, digits, '-' or '_' in place of *%s",
			       key, row->max == CONF_MAP_HOSTS ? CONF_HOST_MAX : CONF_NAME_MAX,
			       row->max == CONF_MAP_HOSTS ? ", with dots and a port" : "");
	if (map_set(field_of(row, target), name, name_len, value, err) < 0)
		return err_wrap(err, "%s", key);
	return 0;
}

/* @value as the program shall see it: no quotes, no comment. */
static int set_value(const struct conf_row *row, const char *key, const char *value, void *target,
		     struct err *err)
{
	char **text;

	switch (row->type) {
	case CONF_TEXT:
		text = field_of(row, target);
		free(*text);
		*text = xstrdup(value);
		return 0;
	case CONF_BOOL:
		return parse_bool(key, value, field_of(row, target), err);
	case CONF_INT:
	case CONF_DURATION_MS:
	case CONF_SIZE_BYTES:
		return parse_number(row, key, value, field_of(row, target), err);
	case CONF_MAP:
		break;
	}
	abort(); /* maps have set_map(); a type out of the enum is our mistake */
}

/* The one pair "NAME = VALUE" that a map begins with: the length of the name in
 * front, and the value. */
static const char *split_default(const struct conf_row *row, size_t *ret_name_len)
{
	const char *text = row->default_value;
	const char *value = strchr(text, '=');

	*ret_name_len = strcspn(text, " =");
	if (!value || *ret_name_len == 0)
		abort(); /* a mistake in the table */
	return value + 1 + strspn(value + 1, " ");
}

static int map_default(const struct conf_row *row, struct conf_map *map, struct err *err)
{
	size_t name_len;
	const char *value = split_default(row, &name_len);

	return map_set(map, row->default_value, name_len, value, err);
}

int conf_defaults(const struct conf_table *table, void *target, struct err *err)
{
	/* Pointers first: setting a value frees what was there. */
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_row *row = &table->rows[i];

		if (row->type == CONF_TEXT)
			*(char **)field_of(row, target) = xstrdup("");
		else if (row->type == CONF_MAP)
			*(struct conf_map *)field_of(row, target) = (struct conf_map){0};
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_row *row = &table->rows[i];

		if (row->type == CONF_MAP) {
			if (row->default_value &&
			    map_default(row, field_of(row, target), err) < 0) {
				conf_done(table, target);
				return err_wrap(err, "default value");
			}
			continue;
		}
		if (!row->default_value) {
			if (row->type != CONF_TEXT)
				abort(); /* numbers and truths need one: a mistake in the table */
			continue;
		}
		if (set_value(row, row->key, row->default_value, target, err) < 0) {
			conf_done(table, target);
			return err_wrap(err, "default value");
		}
	}
	return 0;
}

/* Replace the escapes of a quoted value in place; @text begins behind the quote.
 * Returns what stands behind the closing quote, or NULL. */
static char *unquote(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		if (*from == '"') {
			*to = '\0';
			return from + 1;
		}
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case '"':
		case '\\':
			*to++ = *from;
			break;
		default:
			return NULL;
		}
	}
	return NULL;
}

static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* The value of a line in place, without quotes and comment; NULL if it is malformed. */
static char *clean_value(char *value)
{
	char *rest;

	value = trim(value);
	if (*value == '"') {
		rest = unquote(value + 1);
		if (!rest)
			return NULL;
		rest = trim(rest);
		return *rest == '\0' || *rest == '#' ? value + 1 : NULL;
	}
	for (char *p = value; *p; p++) {
		if (*p == '#' && (p == value || isspace((unsigned char)p[-1]))) {
			*p = '\0';
			break;
		}
	}
	return trim(value);
}

int conf_set(const struct conf_table *table, const char *key, const char *value, void *target,
	     struct err *err)
{
	AUTO(freep) char *copy = xstrdup(value);
	const char *cleaned = clean_value(copy);
	const char *name = NULL;
	size_t name_len = 0;
	const struct conf_row *row = find_row(table, key, &name, &name_len);

	if (!row)
		return err_set(err, ERR_INVALID, "unknown key %s", key);
	if (!cleaned)
		return err_set(err, ERR_INVALID, "%s has a value with a broken quote", key);
	if (row->type == CONF_MAP)
		return set_map(row, key, name, name_len, cleaned, target, err);
	return set_value(row, key, cleaned, target, err);
}

struct reading {
	const struct conf_table *table, *others;
	void *target;
	/* Keys that were set, to refuse the second: borrowed from the file's text. */
	const char **seen;
	size_t seen_count;
};

static int read_line(struct reading *reading, char *line, struct err *err)
{
	char *equals;
	char *key;
	const char *name;
	size_t name_len;
	const char **seen;

	line = trim(line);
	if (*line == '\0' || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return err_set(err, ERR_INVALID, "a line must be \"key = value\"");
	*equals = '\0';
	key = trim(line);
	for (size_t i = 0; i < reading->seen_count; i++)
		if (strcmp(reading->seen[i], key) == 0)
			return err_set(err, ERR_INVALID, "%s is set a second time", key);
	seen = reallocarray(reading->seen, reading->seen_count + 1, sizeof(*seen));
	if (!seen)
		return err_set(err, ERR_NO_SPACE, "no memory for a key");
	reading->seen = seen;
	reading->seen[reading->seen_count++] = key;
	if (!find_row(reading->table, key, &name, &name_len) && reading->others &&
	    find_row(reading->others, key, &name, &name_len))
		return 0;
	return conf_set(reading->table, key, equals + 1, reading->target, err);
}

int conf_read(const struct conf_table *table, const struct conf_table *others, const char *path,
	      void *target, struct err *err)
{
	AUTO(buf_done) struct buf text;
	struct reading reading = {.table = table, .others = others, .target = target};
	AUTO(freep) char *copy = NULL;
	char *next;
	unsigned line_number = 0;
	int result = 0;

	buf_init(&text, CONF_FILE_MAX);
	if (file_read(path, &text, err) < 0)
		return -1;
	if (text.len > 0 && memchr(text.data, '\0', text.len))
		return err_set(err, ERR_INVALID, "%s: holds a NUL byte", path);
	copy = xstrndup(text.len > 0 ? (const char *)text.data : "", text.len);
	next = copy;
	while (next && result == 0) {
		char *line = strsep(&next, "\n");

		line_number++;
		if (read_line(&reading, line, err) < 0)
			result = err_wrap(err, "%s:%u", path, line_number);
	}
	free(reading.seen);
	return result;
}

/* Print a space and a value, so that clean_value() gives it back. */
static void print_text(const char *value, FILE *out)
{
	size_t len = strlen(value);
	bool quoted = len > 0 &&
		      (isspace((unsigned char)value[0]) || isspace((unsigned char)value[len - 1]) ||
		       value[0] == '"' || strchr(value, '#') || strpbrk(value, "\n\t\r\v\f"));

	if (len == 0)
		return;
	if (!quoted) {
		(void)fprintf(out, " %s", value);
		return;
	}
	(void)fputs(" \"", out);
	for (const char *p = value; *p; p++) {
		if (*p == '\n')
			(void)fputs("\\n", out);
		else if (*p == '\t')
			(void)fputs("\\t", out);
		else if (*p == '"' || *p == '\\')
			(void)fprintf(out, "\\%c", *p);
		else
			(void)fputc(*p, out);
	}
	(void)fputc('"', out);
}

static void print_pair(const struct conf_row *row, const char *name, size_t name_len,
		       const char *value, FILE *out)
{
	const char *star = strchr(row->key, '*');

	(void)fprintf(out, "%.*s%.*s%s =", (int)(star - row->key), row->key, (int)name_len, name,
		      star + 1);
	print_text(value, out);
	(void)fputc('\n', out);
}

/* @map: NULL for the default. */
static void print_map(const struct conf_row *row, const struct conf_map *map, FILE *out)
{
	if (!map && row->default_value) {
		size_t name_len;
		const char *value = split_default(row, &name_len);

		print_pair(row, row->default_value, name_len, value, out);
		return;
	}
	if (!map || map->count == 0) {
		(void)fputs("# ", out);
		print_pair(row, "NAME", strlen("NAME"), "", out);
		return;
	}
	for (size_t i = 0; i < map->count; i++)
		print_pair(row, map->pairs[i].name, strlen(map->pairs[i].name), map->pairs[i].value,
			   out);
}

static void print_value(const struct conf_row *row, const void *target, FILE *out)
{
	char number[NUMBER_TEXT];

	if (!target) {
		print_text(row->default_value ? row->default_value : "", out);
		return;
	}
	switch (row->type) {
	case CONF_TEXT:
		print_text(*(char *const *)field_of(row, target), out);
		break;
	case CONF_BOOL:
		print_text(*(const bool *)field_of(row, target) ? "yes" : "no", out);
		break;
	default:
		print_text(number_text(row->type, *(const int64_t *)field_of(row, target), number),
			   out);
		break;
	}
}

void conf_print(const struct conf_table *table, const void *target, FILE *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_row *row = &table->rows[i];

		if (i > 0)
			(void)fputc('\n', out);
		(void)fprintf(out, "# %s\n", row->help);
		if (row->type == CONF_MAP) {
			print_map(row, target ? field_of(row, target) : NULL, out);
			continue;
		}
		(void)fprintf(out, "%s =", row->key);
		print_value(row, target, out);
		(void)fputc('\n', out);
	}
}

void conf_done(const struct conf_table *table, void *target)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_row *row = &table->rows[i];

		if (row->type == CONF_TEXT) {
			char **text = field_of(row, target);

			free(*text);
			*text = NULL;
		} else if (row->type == CONF_MAP) {
			struct conf_map *map = field_of(row, target);

			for (size_t j = 0; j < map->count; j++) {
				free(map->pairs[j].name);
				free(map->pairs[j].value);
			}
			free(map->pairs);
			*map = (struct conf_map){0};
		}
	}
}
