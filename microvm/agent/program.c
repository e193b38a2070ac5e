/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search is done by ourselves and as the container's user: what it may not
 * execute is not found, and the error says which of the three it was.
 */
#include "microvm/agent/program.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

const char *program_variable(const char *const *env, size_t count, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < count && env[i]; i++) {
		if (strncmp(env[i], key, len) == 0 && env[i][len] == '=')
			return env[i] + len + 1;
	}
	return NULL;
}

/* 0 if @file can be executed, else the reason. */
static int check(const char *file)
{
	struct stat info;

	if (stat(file, &info) < 0)
		return errno;
	if (S_ISDIR(info.st_mode))
		return EISDIR;
	return access(file, X_OK) < 0 ? errno : 0;
}

/* As the API's texts have it: "no such file or directory". */
static const char *reason(int errnum, char *text, size_t size)
{
	(void)snprintf(text, size, "%s", strerror(errnum));
	text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

static int find_by_path(const char *name, char ret_file[PROGRAM_PATH_SIZE], struct err *err)
{
	char text[64];
	int why = check(name);

	if (why == ENOENT || why == ENOTDIR)
		return err_set(err, ERR_NOT_FOUND, "exec: \"%s\": stat %s: %s", name, name,
			       reason(why, text, sizeof(text)));
	if (why != 0)
		return err_set(err, ERR_DENIED, "exec: \"%s\": %s", name,
			       reason(why, text, sizeof(text)));
	if (strlen(name) >= PROGRAM_PATH_SIZE)
		return err_set(err, ERR_INVALID, "exec: \"%s\": %s", name,
			       reason(ENAMETOOLONG, text, sizeof(text)));
	(void)snprintf(ret_file, PROGRAM_PATH_SIZE, "%s", name);
	return 0;
}

int program_find(const char *name, const char *path, char ret_file[PROGRAM_PATH_SIZE],
		 struct err *err)
{
	const char *at = path;

	if (strchr(name, '/'))
		return find_by_path(name, ret_file, err);
	while (*name != '\0') {
		size_t len = strcspn(at, ":");
		char file[PROGRAM_PATH_SIZE];
		int wrote = snprintf(file, sizeof(file), "%.*s%s%s", (int)len, at,
				     len > 0 ? "/" : "./", name);

		if (wrote > 0 && (size_t)wrote < sizeof(file) && check(file) == 0) {
			memcpy(ret_file, file, (size_t)wrote + 1);
			return 0;
		}
		if (at[len] == '\0')
			break;
		at += len + 1;
	}
	return err_set(err, ERR_NOT_FOUND, "exec: \"%s\": executable file not found in $PATH",
		       name);
}

/* The number in all of @text, or -1. */
static int decimal(const char *text)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)*text))
		return -1;
	value = strtol(text, &end, 10);
	return *end == '\0' && value <= 64 ? (int)value : -1;
}

static int real_time(const char *name)
{
	int number;

	if (strcasecmp(name, "RTMIN") == 0)
		return SIGRTMIN;
	if (strcasecmp(name, "RTMAX") == 0)
		return SIGRTMAX;
	if (strncasecmp(name, "RTMIN+", 6) == 0) {
		number = decimal(name + 6);
		return number >= 0 && SIGRTMIN + number <= SIGRTMAX ? SIGRTMIN + number : -1;
	}
	if (strncasecmp(name, "RTMAX-", 6) == 0) {
		number = decimal(name + 6);
		return number >= 0 && SIGRTMAX - number >= SIGRTMIN ? SIGRTMAX - number : -1;
	}
	return -1;
}

int program_signal(const char *name)
{
	int number = decimal(name);

	if (*name == '\0')
		return SIGTERM;
	if (number >= 0)
		return number > 0 ? number : -1;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int signo = 1; signo < 32; signo++) {
		const char *abbreviation = sigabbrev_np(signo);

		if (abbreviation && strcasecmp(abbreviation, name) == 0)
			return signo;
	}
	return real_time(name);
}
