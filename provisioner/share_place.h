/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder that is given to a machine: what the provisioner writes down of it, and what the
 * program that serves it reads there.
 */
#ifndef SLIPWAY_PROVISIONER_SHARE_PLACE_H
#define SLIPWAY_PROVISIONER_SHARE_PLACE_H

#include "core/err.h"

#define SHARE_PATH_SIZE 4096

struct share_place {
	char folder[SHARE_PATH_SIZE]; /* of the host; the operator's word */
	char root[SHARE_PATH_SIZE];   /* below it; a client's word */
};

int share_place_write(const char *path, const struct share_place *place, struct err *err)
	MUST_CHECK;
int share_place_read(const char *path, struct share_place *ret_place, struct err *err) MUST_CHECK;
/*
 * The folder itself, as O_PATH. No link is followed, so what tasks put anywhere leads
 * nowhere. ERR_NOT_FOUND, ERR_DENIED or ERR_INVALID (a link, or no folder) are the
 * client's mistakes. The caller closes *ret_fd.
 */
int share_place_open(const struct share_place *place, int *ret_fd, struct err *err) MUST_CHECK;

#endif
