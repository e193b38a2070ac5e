/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of another account is told as one that there is not: names are nobody's business
 * but their owner's.
 */
#include "store/host_folder.h"

#include <string.h>

#include "core/path.h"

#define FOR	    " for "
#define SPACE	    " \t"
#define ACCOUNT_LEN 12

/* Where the accounts begin, behind the last " for "; NULL: it is for all. @ret_len: of the folder.
 */
static const char *accounts_of(const char *value, size_t *ret_len)
{
	const char *accounts = NULL;

	*ret_len = strlen(value);
	for (const char *at = value; (at = strstr(at, FOR)) != NULL; at += 1) {
		accounts = at + strlen(FOR);
		*ret_len = (size_t)(at - value);
	}
	while (*ret_len > 0 && strchr(SPACE, value[*ret_len - 1]))
		(*ret_len)--;
	return accounts;
}

/* The next account of a list, NULL at its end. */
static const char *next_account(const char **at, size_t *ret_len)
{
	const char *account = *at + strspn(*at, SPACE ",");

	*ret_len = strcspn(account, SPACE ",");
	*at = account + *ret_len;
	return *ret_len > 0 ? account : NULL;
}

static bool is_account(const char *text, size_t len)
{
	return len == ACCOUNT_LEN && strspn(text, "0123456789") >= len;
}

int host_folders_check(const char *key, const struct conf_map *folders, struct err *err)
{
	for (size_t i = 0; i < folders->count; i++) {
		const struct conf_pair *pair = &folders->pairs[i];
		size_t len;
		const char *at = accounts_of(pair->value, &len);
		const char *account;

		if (pair->value[0] != '/')
			return err_set(err, ERR_INVALID, "%s.%s must be an absolute path", key,
				       pair->name);
		while (at && (account = next_account(&at, &len)) != NULL) {
			if (!is_account(account, len))
				return err_set(err, ERR_INVALID,
					       "%s.%s: '%.*s' is no account of 12 digits", key,
					       pair->name, (int)len, account);
		}
	}
	return 0;
}

static bool is_for(const char *at, const char *wanted)
{
	const char *account;
	size_t len;

	while ((account = next_account(&at, &len)) != NULL) {
		if (len == strlen(wanted) && strncmp(account, wanted, len) == 0)
			return true;
	}
	return false;
}

const char *host_folder_find(const struct conf_map *folders, const char *name, const char *account,
			     struct arena *arena)
{
	const char *value = folders ? conf_map_get(folders, name) : NULL;
	const char *accounts;
	size_t len;

	if (!value)
		return NULL;
	accounts = accounts_of(value, &len);
	return accounts && !is_for(accounts, account) ? NULL : arena_strndup(arena, value, len);
}

/* Cleaned; the caller frees it. */
static char *folder_of(const struct conf_pair *pair)
{
	AUTO(freep) char *folder = NULL;
	size_t len;

	(void)accounts_of(pair->value, &len);
	folder = xstrndup(pair->value, len);
	return path_clean(folder);
}

static bool is_below(const char *folder, const char *around)
{
	size_t len = strcmp(around, "/") == 0 ? 0 : strlen(around);

	return strncmp(folder, around, len) == 0 && folder[len] == '/' && folder[len + 1] != '\0';
}

int host_folders_check_apart(const char *key, const struct conf_map *folders,
			     const struct conf_map *shared, struct err *err)
{
	for (size_t i = 0; i < folders->count; i++) {
		AUTO(freep) char *folder = folder_of(&folders->pairs[i]);

		for (size_t j = 0; j < shared->count; j++) {
			AUTO(freep) char *other = folder_of(&shared->pairs[j]);

			if (is_below(folder, other))
				return err_set(
					err, ERR_INVALID,
					"%s.%s lies in file_system.%s, where tasks decide what "
					"it is; for a part of a file system there is "
					"access_point.ID",
					key, folders->pairs[i].name, shared->pairs[j].name);
		}
	}
	return 0;
}
