/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last line of a program's log: nearly always why the program ended, or does not start.
 */
#ifndef SLIPWAY_CLI_LOG_TAIL_H
#define SLIPWAY_CLI_LOG_TAIL_H

#include <sys/types.h>

/* How long the log is now; 0 if there is none. */
off_t log_tail_here(const char *path);
/* The last line behind the first @from bytes, or "": an earlier run's is never shown. A longer
 * line loses its beginning. */
void log_tail(const char *path, off_t from, char *ret, size_t size);

#endif
