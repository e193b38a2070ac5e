/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host has looked at the names. That none can leave /proc/sys is checked here again.
 */
#include "microvm/agent/controls.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define FOLDER	  "/proc/sys/"
#define PATH_SIZE 300

static int err_control(const struct wire_control *control, const char *verb, const char *path,
		       struct err *err)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "%s", strerror(errno));
	text[0] = (char)tolower((unsigned char)text[0]);
	return err_set(err, ERR_SYSTEM, "write sysctl key %s: %s %s: %s", control->name, verb, path,
		       text);
}

static int set(const struct wire_control *control, struct err *err)
{
	AUTO(fd_closep) int fd = -1;
	char path[PATH_SIZE];
	size_t begin = strlen(FOLDER);

	if (strchr(control->name, '/') || strstr(control->name, "..") ||
	    begin + strlen(control->name) >= sizeof(path))
		return err_set(err, ERR_INVALID, "invalid sysctl key %s", control->name);
	(void)snprintf(path, sizeof(path), FOLDER "%s", control->name);
	for (char *at = path + begin; (at = strchr(at, '.')) != NULL;)
		*at = '/';
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_control(control, "open", path, err);
	if (write(fd, control->value, strlen(control->value)) < 0)
		return err_control(control, "write", path, err);
	return 0;
}

int controls_set(const struct shape_list *controls, struct err *err)
{
	const struct wire_control *items = controls->items;

	for (size_t i = 0; i < controls->count; i++) {
		if (set(&items[i], err) < 0)
			return -1;
	}
	return 0;
}
