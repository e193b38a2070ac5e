/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A format of time is an expression in which each code, a percent sign and a letter,
 * stands for what strftime() would write there; brackets and dots of it mean what they mean in
 * expressions, as with Docker's awslogs driver. Docker drops codes that it does not know;
 * here they are refused, since the rest would be found in other lines than was meant.
 */
#include "store/log_event_begin.h"

#include <string.h>

#include "store/log_option.h"

#define PATTERN_OPTION "awslogs-multiline-pattern"
#define FORMAT_OPTION  "awslogs-datetime-format"

static const struct {
	char code;
	const char *pattern;
} codes[] = {
	{'a', "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"},
	{'A', "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"},
	{'w', "[0-6]"},
	{'d', "(?:0[1-9]|[12][0-9]|3[01])"},
	{'b', "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"},
	{'B', "(?:January|February|March|April|May|June|July|August|September|October|November"
	      "|December)"},
	{'m', "(?:0[1-9]|1[0-2])"},
	{'Y', "[0-9]{4}"},
	{'y', "[0-9]{2}"},
	{'H', "(?:[01][0-9]|2[0-3])"},
	{'I', "(?:0[0-9]|1[0-2])"},
	{'p', "[AP]M"},
	{'M', "[0-5][0-9]"},
	{'S', "[0-5][0-9]"},
	{'f', "[0-9]{6}"},
	{'L', "\\.[0-9]{3}"},
	{'z', "[+-][0-9]{4}"},
	{'Z', "[A-Z]{2,5}"},
	{'j', "(?:00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"},
	{'%', "%"},
};

static const char *pattern_of(char code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (codes[i].code == code)
			return codes[i].pattern;
	}
	return NULL;
}

static int translate(const char *format, struct buf *pattern, struct err *err)
{
	const char *begin = format;

	while (*format) {
		size_t plain = strcspn(format, "%");
		const char *meaning;

		if (buf_append(pattern, format, plain, err) < 0)
			return -1;
		format += plain;
		if (!*format)
			break;
		meaning = pattern_of(format[1]);
		if (!meaning)
			return err_set(err, ERR_INVALID,
				       FORMAT_OPTION
				       " has a code at character %zu that is not supported",
				       (size_t)(format - begin) + 1);
		if (buf_append_text(pattern, meaning, err) < 0)
			return -1;
		format += 2;
	}
	return 0;
}

const char *log_event_begin_option(const struct shape_list *options)
{
	if (log_option(options, PATTERN_OPTION))
		return PATTERN_OPTION;
	return log_option(options, FORMAT_OPTION) ? FORMAT_OPTION : NULL;
}

int log_event_begin_read(const struct shape_list *options, struct buf *pattern, struct err *err)
{
	const char *given = log_option(options, PATTERN_OPTION);
	const char *format = log_option(options, FORMAT_OPTION);

	buf_clear(pattern);
	if (given && format)
		return err_set(err, ERR_INVALID,
			       PATTERN_OPTION " and " FORMAT_OPTION
					      " cannot be given at the same time");
	if ((given && strlen(given) > LOG_EVENT_BEGIN_MAX) ||
	    (format && strlen(format) > LOG_EVENT_BEGIN_MAX))
		return err_set(err, ERR_INVALID, "%s has more than %u characters",
			       given ? PATTERN_OPTION : FORMAT_OPTION, LOG_EVENT_BEGIN_MAX);
	if (given)
		return buf_append_text(pattern, given, err);
	if (!format || translate(format, pattern, err) == 0)
		return 0;
	if (err->code != ERR_LIMIT)
		return -1;
	err_clear(err);
	return err_set(err, ERR_INVALID, FORMAT_OPTION " has too many codes");
}
