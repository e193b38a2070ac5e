/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small letter of the large letter: so the three letters that are sigma are one, too.
 * The pairs are those of the C library's locale C.UTF-8, which is built into it.
 */
#include "events/letter_case.h"

#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <wctype.h>

#include "events/json_escape.h"

static locale_t letters;
static pthread_once_t letters_once = PTHREAD_ONCE_INIT;

static void letters_open(void)
{
	letters = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (letters == (locale_t)0)
		abort();
}

static uint32_t utf8_get(const char *from, size_t count)
{
	static const uint8_t bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t number = (uint8_t)from[0] & bits[count];

	for (size_t i = 1; i < count; i++)
		number = number << 6 | ((uint8_t)from[i] & 0x3f);
	return number;
}

static size_t fold_letter(const char *from, size_t count, char *to)
{
	uint32_t number = utf8_get(from, count);

	(void)pthread_once(&letters_once, letters_open);
	return event_utf8_put(towlower_l(towupper_l(number, letters), letters), to);
}

size_t event_case_fold(const char *from, size_t len, char *to)
{
	size_t written = 0;
	size_t count;

	for (size_t at = 0; at < len; at += count) {
		uint8_t byte = (uint8_t)from[at];

		count = byte < 0x80 ? 1 : utf8_character(from + at, len - at);
		if (count > 1) {
			written += fold_letter(from + at, count, to + written);
			continue;
		}
		count = 1;
		to[written++] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	}
	return written;
}
