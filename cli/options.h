/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of verbs: a table of long options, so that each verb's help and its
 * parsing are the same rows.
 */
#ifndef SLIPWAY_CLI_OPTIONS_H
#define SLIPWAY_CLI_OPTIONS_H

#include <stdio.h>

#include "core/common.h"

enum option_kind {
	OPTION_TEXT,  /* const char **: --name VALUE */
	OPTION_INT,   /* int64_t *: --name NUMBER */
	OPTION_FLAG,  /* bool * */
	OPTION_TEXTS, /* struct option_texts *: may stand more than once */
};

#define OPTION_TEXTS_MAX 64
struct option_texts {
	const char *items[OPTION_TEXTS_MAX];
	size_t count;
};

struct option_row {
	const char *name; /* without the dashes */
	enum option_kind kind;
	void *target;
	const char *value; /* name of the value in the help; NULL for flags */
	const char *help;
};

/* How a verb is called, without the word slipway; its forms stand between " | ", and each gets a
 * line of its own. */
void options_usage(const char *usage, FILE *out);

/* Read options of argv[1...]; they end at the first word that is none, or behind `--`.
 * Returns the index of that word, or -1 after a message (exit status 2), or -2 after --help
 * (exit status 0). */
int options_read(const char *usage, const struct option_row *rows, size_t count, int argc,
		 char **argv);

#endif
