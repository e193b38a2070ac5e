/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A setting's value is a number, except a mode's, which is octal; the guest's kernel
 * checks it again. What is refused would move, share or bind a mount.
 */
#include "store/tmpfs_option.h"

#include <string.h>

static const char *const flags[] = {
	"defaults",   "ro",	  "rw",		"suid",	       "nosuid",
	"dev",	      "nodev",	  "exec",	"noexec",      "sync",
	"async",      "dirsync",  "atime",	"noatime",     "diratime",
	"nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime",
	"private",    "rprivate",
};
static const char *const refused[] = {
	"remount",     "mand",	 "nomand",  "bind",  "rbind",  "unbindable",
	"runbindable", "shared", "rshared", "slave", "rslave",
};
static const struct {
	const char *name, *digits;
} settings[] = {
	{"mode=", "01234567"},		 {"uid=", "0123456789"},	  {"gid=", "0123456789"},
	{"nr_inodes=", "0123456789kmg"}, {"nr_blocks=", "0123456789kmg"},
};

static bool is_in(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

enum tmpfs_option_kind tmpfs_option_kind(const char *option)
{
	if (is_in(option, flags, ARRAY_LEN(flags)))
		return TMPFS_OPTION_FLAG;
	if (is_in(option, refused, ARRAY_LEN(refused)) || strncmp(option, "mpol", 4) == 0)
		return TMPFS_OPTION_REFUSED;
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		size_t len = strlen(settings[i].name);
		size_t digits;

		if (strncmp(option, settings[i].name, len) != 0)
			continue;
		digits = strspn(option + len, settings[i].digits);
		return digits > 0 && digits <= 10 && option[len + digits] == '\0'
			       ? TMPFS_OPTION_SETTING
			       : TMPFS_OPTION_UNKNOWN;
	}
	return TMPFS_OPTION_UNKNOWN;
}
