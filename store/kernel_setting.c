/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dots become slashes in the guest, so a name is letters, digits and these: nothing
 * that could lead out of its folder.
 */
#include "store/kernel_setting.h"

#include <ctype.h>
#include <string.h>

static const char *const whole_names[] = {
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
	"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
};
static const char *const prefixes[] = {"fs.mqueue.", "net."};

/* Words of letters, digits, '_' and '-' with single dots between them. */
static bool is_dotted(const char *name)
{
	for (size_t i = 0; name[i]; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
		if (name[i] == '.' && (i == 0 || name[i + 1] == '.' || name[i + 1] == '\0'))
			return false;
	}
	return strlen(name) <= KERNEL_SETTING_NAME_MAX;
}

bool kernel_setting_is_namespaced(const char *name)
{
	if (!is_dotted(name))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(whole_names); i++) {
		if (strcmp(name, whole_names[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

bool kernel_setting_value_ok(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if (iscntrl((unsigned char)value[i]) && value[i] != '\t')
			return false;
	}
	return len > 0 && len <= KERNEL_SETTING_VALUE_MAX;
}
