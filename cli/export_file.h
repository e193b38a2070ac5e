/* SPDX-License-Identifier: Apache-2.0 */
/* A file that an export appends lines to, whole and durable. */
#ifndef SLIPWAY_CLI_EXPORT_FILE_H
#define SLIPWAY_CLI_EXPORT_FILE_H

#include "core/buf.h"

/*
 * Append @lines, which end with a newline, and wait until the disk has them. The file is made
 * (mode 0600) where there is none, and opened anew each time, so it may be rotated. Half a
 * line at its end, which somebody left who was killed, is cut off first: its first bytes must be
 * those of a line (@begin), else ERR_INVALID and nothing is touched. ERR_CONFLICT while another
 * export writes it.
 */
int export_file_append(const char *path, const char *begin, const struct buf *lines,
		       struct err *err) MUST_CHECK;

#endif
