/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration: `key = value` lines with units in the value (30s, 64MiB), `#`
 * comments. One table row a key: name, parser, offset, default, one-line help.
 * The shipped conf/ files and --check-config are printed from the same table.
 * An unknown key, and a key that is set twice, are errors that name file and line.
 * A value may stand in double quotes, with \" \\ \n \t inside.
 *
 * A key with a part that the operator names is written `subnet.*.cidr` in the
 * table: its values are kept as (name, value) pairs in a conf_map. Its default is
 * one "NAME = VALUE"; the first line of a file that sets any name replaces it.
 */
#ifndef SLIPWAY_CORE_CONF_H
#define SLIPWAY_CORE_CONF_H

#include <stdio.h>

#include "core/err.h"

enum conf_type {
	CONF_TEXT,	  /* char *, owned by the struct, never NULL but after conf_done() */
	CONF_INT,	  /* int64_t, plain number between min and max */
	CONF_BOOL,	  /* bool: yes, no, true, false */
	CONF_DURATION_MS, /* int64_t: 250ms, 30s, 5min, 1h, 7d */
	CONF_SIZE_BYTES,  /* int64_t: 512, 64KiB, 64MiB, 20GiB */
	CONF_MAP,	  /* struct conf_map: key has one `*` */
};

/* As `max` of a CONF_MAP row: what stands for the `*` is a host, "example.org:5000". */
#define CONF_MAP_HOSTS 1

struct conf_row {
	const char *key;
	enum conf_type type;
	size_t offset;		   /* in the program's struct */
	const char *default_value; /* as text, parsed by the same parser; a map's is one pair
				    * "NAME = VALUE"; NULL: empty (TEXT, MAP) */
	int64_t min, max;	   /* for numbers, in the unit of the field; 0, 0: unbounded */
	const char *help;	   /* one line */
};

/* A row for a member of @struct_type; CONF_RANGE for a number with limits. */
#define CONF_ROW(struct_type, key_text, kind, field, value, text)                                  \
	CONF_RANGE(struct_type, key_text, kind, field, value, 0, 0, text)
#define CONF_RANGE(struct_type, key_text, kind, field, value, low, high, text)                     \
	{                                                                                          \
		.key = key_text, .type = kind, .offset = offsetof(struct_type, field),             \
		.default_value = value, .min = (low), .max = (high), .help = text                  \
	}

struct conf_pair {
	char *name, *value;
};
struct conf_map {
	struct conf_pair *pairs;
	size_t count;
};

/* The value for @name, or NULL. Borrowed. */
const char *conf_map_get(const struct conf_map *map, const char *name);

struct conf_table {
	const struct conf_row *rows;
	size_t count;
};

/* Fill @target with the defaults. */
int conf_defaults(const struct conf_table *table, void *target, struct err *err) MUST_CHECK;
/* Read @path over what @target holds. @others: rows of other programs that share
 * the file, accepted and left alone here (NULL: none). */
int conf_read(const struct conf_table *table, const struct conf_table *others, const char *path,
	      void *target, struct err *err) MUST_CHECK;
/* One `key = value` as from a file line; for command line overrides. */
int conf_set(const struct conf_table *table, const char *key, const char *value, void *target,
	     struct err *err) MUST_CHECK;
/* Every key with its help and value (defaults if @target is NULL), as a file that
 * conf_read() takes. */
void conf_print(const struct conf_table *table, const void *target, FILE *out);
void conf_done(const struct conf_table *table, void *target);

#endif
