/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass, one state: the quote that is open. No word is longer than the text, so
 * each is written where the text's copy has been read already.
 */
#include "core/shell_words.h"

#include <string.h>

#include "core/buf.h"

struct scan {
	const char *at;
	char *to;   /* behind the word that is being written */
	char quote; /* ' or " while one is open, else 0 */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* In "..." a backslash stands for itself unless it quotes something. */
static bool is_quoted_by_backslash(char quote, char c)
{
	return c != '\0' && (quote == 0 || strchr("\"\\$`", c) != NULL);
}

static void take_one(struct scan *scan)
{
	char c = *scan->at++;

	if (c == scan->quote) {
		scan->quote = 0;
	} else if (scan->quote == 0 && (c == '\'' || c == '"')) {
		scan->quote = c;
	} else if (c == '\\' && scan->quote != '\'' &&
		   is_quoted_by_backslash(scan->quote, *scan->at)) {
		*scan->to++ = *scan->at++;
	} else {
		*scan->to++ = c;
	}
}

static const char *take_word(struct scan *scan)
{
	const char *word = scan->to;

	while (*scan->at != '\0' && (scan->quote != 0 || !is_blank(*scan->at)))
		take_one(scan);
	if (*scan->at != '\0')
		scan->at++;
	*scan->to++ = '\0';
	return word;
}

int shell_words_split(const char *text, struct arena *arena, const char ***ret_words,
		      size_t *ret_count, struct err *err)
{
	const char **words = arena_alloc(arena, SHELL_WORDS_MAX * sizeof(*words));
	struct scan scan = {.at = text, .to = arena_alloc(arena, strlen(text) + 1)};
	size_t count = 0;

	if (!words || !scan.to)
		return err_set(err, ERR_LIMIT, "the command is too long");
	for (;;) {
		while (is_blank(*scan.at))
			scan.at++;
		if (*scan.at == '\0')
			break;
		if (count == SHELL_WORDS_MAX)
			return err_set(err, ERR_LIMIT, "the command has more than %d words",
				       SHELL_WORDS_MAX);
		words[count++] = take_word(&scan);
	}
	if (scan.quote != 0)
		return err_set(err, ERR_INVALID, "the command has a quote that is not closed");
	*ret_words = words;
	*ret_count = count;
	return 0;
}

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:=@%+,";

	return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

static int put_word(struct buf *out, const char *word, struct err *err)
{
	if (is_plain(word))
		return buf_append_text(out, word, err);
	if (buf_append_text(out, "'", err) < 0)
		return -1;
	for (const char *c = word; *c != '\0'; c++) {
		if (buf_append(out, *c == '\'' ? "'\\''" : c, *c == '\'' ? 4 : 1, err) < 0)
			return -1;
	}
	return buf_append_text(out, "'", err);
}

char *shell_words_join(const char *const *words, size_t count)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, SIZE_MAX / 4);
	for (size_t i = 0; i < count; i++) {
		if ((i > 0 && buf_append_text(&out, " ", &err) < 0) ||
		    put_word(&out, words[i], &err) < 0)
			abort(); /* no memory for a command line */
	}
	return xstrdup(count > 0 ? buf_text(&out) : "");
}
