/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What efsVolumeConfiguration names, as the configuration has it:
 *
 *     file_system.FS-ID = FOLDER            a folder of the host (host_folder.h)
 *     access_point.AP-ID = FS-ID [FOLDER]   a folder of that file system, "/" if none is given
 */
#ifndef SLIPWAY_STORE_FILE_SYSTEM_H
#define SLIPWAY_STORE_FILE_SYSTEM_H

#include "core/arena.h"
#include "core/conf.h"

#define FILE_SYSTEMS_MAX     10 /* volumes of one task */
#define FILE_SYSTEM_ID_MAX   64
#define FILE_SYSTEM_PATH_MAX 4095

struct file_systems {
	const struct conf_map *folders, *access_points; /* either may be NULL: none */
};
struct file_system_place {
	const char *folder; /* of the host */
	const char *root;   /* below it: "." or a path without a slash in front */
};

/* Every folder is absolute, every access point is of a file system that there is. */
int file_systems_check(const struct file_systems *systems, struct err *err) MUST_CHECK;

/*
 * What @id is for @account. @root and @access_point may be NULL or ""; with an access point the
 * root is its own. Texts live in @arena. ERR_NOT_FOUND: the configuration does not have what is
 * named for that account (the text says so), ERR_INVALID: @root has a part "..".
 */
int file_system_find(const struct file_systems *systems, const char *account, const char *id,
		     const char *root, const char *access_point, struct arena *arena,
		     struct file_system_place *ret_place, struct err *err) MUST_CHECK;

#endif
