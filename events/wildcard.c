/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stars match without going back: the first piece is the beginning, the last the end, and each
 * between them is taken where it is found first.
 */
#include "events/wildcard.h"

#include <string.h>

/* Places in messages count the quote in front of the text. */
int event_wildcard_check(const char *text, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '*' && i + 1 < len && text[i + 1] == '*')
			return err_set(err, ERR_INVALID,
				       "Consecutive wildcard characters at pos %zu", i + 1);
		if (text[i] != '\\')
			continue;
		if (i + 1 == len || (text[i + 1] != '*' && text[i + 1] != '\\'))
			return err_set(err, ERR_INVALID, "Invalid escape character at pos %zu",
				       i + 1);
		i++;
	}
	return 0;
}

bool event_glob_match(const struct event_glob *glob, const char *text, size_t len)
{
	size_t last = glob->count - 1;
	const char *end = text + len;

	if (len < glob->piece_lens[0] || memcmp(text, glob->pieces[0], glob->piece_lens[0]) != 0)
		return false;
	if (last == 0)
		return len == glob->piece_lens[0];
	text += glob->piece_lens[0];
	for (size_t i = 1; i < last; i++) {
		text = memmem(text, (size_t)(end - text), glob->pieces[i], glob->piece_lens[i]);
		if (!text)
			return false;
		text += glob->piece_lens[i];
	}
	return (size_t)(end - text) >= glob->piece_lens[last] &&
	       memcmp(end - glob->piece_lens[last], glob->pieces[last], glob->piece_lens[last]) ==
		       0;
}
