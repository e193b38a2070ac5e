/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line as a shell reads it into words, without any expansion: blanks
 * separate, '...' and "..." and \ quote. What shell_words_join() writes,
 * shell_words_split() reads back.
 */
#ifndef SLIPWAY_CORE_SHELL_WORDS_H
#define SLIPWAY_CORE_SHELL_WORDS_H

#include "core/arena.h"
#include "core/err.h"

#define SHELL_WORDS_MAX 1024

/* *ret_words and their texts lie in @arena. ERR_INVALID: a quote is not closed; ERR_LIMIT. */
int shell_words_split(const char *text, struct arena *arena, const char ***ret_words,
		      size_t *ret_count, struct err *err) MUST_CHECK;

/* The caller frees it. */
char *shell_words_join(const char *const *words, size_t count);

#endif
