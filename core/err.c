/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling the error struct. Each text is formatted beside the struct first and
 * copied then, because the arguments may point into the very text that is being
 * replaced. A text that is too long is cut between two UTF-8 characters: it may
 * become part of a JSON answer, which must stay valid.
 */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The macros are for callers. */
#undef err_set
#undef err_sys
#undef err_wrap

#define ERR_AS_NAME(name) #name,
static const char *const code_names[ERR_CODE_COUNT] = {ERR_CODES(ERR_AS_NAME)};

/* The length of @text, of which snprintf() wanted @wanted bytes and had @size. */
static size_t whole_length(const char *text, int wanted, size_t size)
{
	if (wanted < 0)
		return 0;
	return (size_t)wanted < size ? (size_t)wanted : utf8_cut(text, size - 1);
}

static void put_text(struct err *err, const char *text, int wanted)
{
	size_t len = whole_length(text, wanted, ERR_TEXT_MAX);

	memcpy(err->text, text, len);
	err->text[len] = '\0';
}

/* "CONTEXT: REST", the context formatted. */
static void put_joined(struct err *err, const char *fmt, va_list args, const char *rest)
	PRINTF_LIKE(2, 0);

static void put_joined(struct err *err, const char *fmt, va_list args, const char *rest)
{
	char context[ERR_TEXT_MAX / 2];
	char text[ERR_TEXT_MAX];
	int wanted = vsnprintf(context, sizeof(context), fmt, args);

	context[whole_length(context, wanted, sizeof(context))] = '\0';
	wanted = snprintf(text, sizeof(text), "%s: %s", context, rest);
	put_text(err, text, wanted);
}

static enum err_code code_of(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
		return ERR_NO_SPACE;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_EXISTS;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_SYSTEM;
	}
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;
	int wanted;

	va_start(args, fmt);
	wanted = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	put_text(err, text, wanted);
	err->code = code;
	return -1;
}

int err_sys(struct err *err, int errnum, const char *fmt, ...)
{
	char reason[128];
	va_list args;

	va_start(args, fmt);
	put_joined(err, fmt, args, strerror_r(errnum, reason, sizeof(reason)));
	va_end(args);
	err->code = code_of(errnum);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_joined(err, fmt, args, err->text);
	va_end(args);
	return -1;
}

void err_clear(struct err *err)
{
	err->code = ERR_NONE;
	err->text[0] = '\0';
}

const char *err_code_name(enum err_code code)
{
	if ((unsigned)code >= ERR_CODE_COUNT)
		return "UNKNOWN";
	return code_names[code];
}
