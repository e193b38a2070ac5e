/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For verbs with words of their own (`key create --user ci`): options and words in
 * any order.
 */
#ifndef SLIPWAY_CLI_WORDS_H
#define SLIPWAY_CLI_WORDS_H

#include "cli/options.h"

#define WORDS_MAX 4

struct words {
	const char *items[WORDS_MAX]; /* borrowed from argv */
	size_t count;
};

/* 0; or as options_read(): -1 after a message, -2 after --help. */
int words_read(const char *usage, const struct option_row *rows, size_t count, int argc,
	       char **argv, struct words *ret_words);

/* The first word is @verb, and @further words follow. */
bool words_are(const struct words *words, const char *verb, size_t further);

#endif
