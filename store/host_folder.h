/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders of the host that the operator gives to tasks, by a name of the API: buckets and file
 * systems. Each for all accounts, or for those that it names:
 *
 *     KEY.NAME = FOLDER [for ACCOUNT[, ACCOUNT]...]
 */
#ifndef SLIPWAY_STORE_HOST_FOLDER_H
#define SLIPWAY_STORE_HOST_FOLDER_H

#include "core/arena.h"
#include "core/conf.h"

/* Every folder is absolute, every account a number of 12 digits; @key is for the message. */
int host_folders_check(const char *key, const struct conf_map *folders, struct err *err) MUST_CHECK;

/* The folder @name if @account may have it, in @arena; NULL: there is none for it. @folders may
 * be NULL: there are none. */
const char *host_folder_find(const struct conf_map *folders, const char *name, const char *account,
			     struct arena *arena);

/* ERR_INVALID if a folder lies in one of @shared: tasks write there, and would decide what
 * it is. */
int host_folders_check_apart(const char *key, const struct conf_map *folders,
			     const struct conf_map *shared, struct err *err) MUST_CHECK;

#endif
