/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     mode           max-buffer-size   a container whose output is not taken
 *     -              -                 waits
 *     blocking       -                 waits
 *     blocking       given             refused, as Docker does: it would mean nothing
 *     non-blocking   -                 goes on; LOG_BUFFER_DEFAULT is kept
 *     non-blocking   given             goes on; so much is kept
 *     -              given             the same: it can mean nothing else
 *
 * Sizes are written as Docker reads them: a number, perhaps with a fraction, perhaps
 * a space, one of k, m, g, t, p (1024 each), then "b" or "ib" or nothing.
 */
#include "store/log_buffer.h"

#include <string.h>
#include <strings.h>

#include "store/log_option.h"

#define DIGITS	    "0123456789"
#define SIZE_MAX_MB (INT64_C(1024) * 1024) /* more than any task's memory */
#define MB	    (INT64_C(1024) * 1024)

/* The factor that a unit stands for; 0 if it is none. */
static double unit_factor(const char *unit)
{
	static const char letters[] = "kmgtp";
	const char *letter;
	double factor = 1;

	if (*unit == '\0' || strcasecmp(unit, "b") == 0)
		return 1;
	letter = strchr(letters, *unit | 0x20);
	if (!letter)
		return 0;
	if (unit[1] != '\0' && strcasecmp(unit + 1, "b") != 0 && strcasecmp(unit + 1, "ib") != 0)
		return 0;
	for (const char *at = letters; at <= letter; at++)
		factor *= 1024;
	return factor;
}

/* -1 if @text is no size. */
static int read_size(const char *text, int64_t *ret_bytes)
{
	size_t whole = strspn(text, DIGITS);
	const char *unit = text + whole;
	double bytes = 0;
	double place = 1;

	if (whole == 0)
		return -1;
	for (size_t i = 0; i < whole; i++)
		bytes = bytes * 10 + (text[i] - '0');
	if (*unit == '.') {
		size_t digits = strspn(++unit, DIGITS);

		for (size_t i = 0; i < digits; i++)
			bytes += (unit[i] - '0') * (place /= 10);
		unit += digits;
	}
	if (*unit == ' ')
		unit++;
	bytes *= unit_factor(unit);
	if (unit_factor(unit) == 0)
		return -1;
	*ret_bytes = bytes < (double)(SIZE_MAX_MB * MB) ? (int64_t)bytes : SIZE_MAX_MB * MB;
	return 0;
}

int log_buffer_read(const struct shape_list *options, int64_t *ret_bytes, struct err *err)
{
	const char *mode = log_option(options, "mode");
	const char *size = log_option(options, "max-buffer-size");
	int64_t bytes = LOG_BUFFER_DEFAULT;

	if (mode && strcmp(mode, "blocking") != 0 && strcmp(mode, "non-blocking") != 0)
		return err_set(err, ERR_INVALID, "mode must be blocking or non-blocking");
	if (size && read_size(size, &bytes) < 0)
		return err_set(err, ERR_INVALID, "max-buffer-size must be a size, as 4m");
	if (size && mode && strcmp(mode, "blocking") == 0)
		return err_set(err, ERR_INVALID,
			       "max-buffer-size is only supported with mode=non-blocking");
	if (!size && (!mode || strcmp(mode, "blocking") == 0))
		bytes = 0;
	else if (bytes < LOG_BUFFER_MIN)
		bytes = LOG_BUFFER_MIN;
	*ret_bytes = bytes;
	return 0;
}

bool log_buffer_fits(int64_t bytes, int64_t memory_mib)
{
	return bytes <= memory_mib * MB / LOG_BUFFER_SHARE;
}
