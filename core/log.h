/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging: one event, one line, `key=value`, to standard error (journald or the
 * supervisor keeps it). Every byte below 0x20 and 0x7f in the finished line is
 * written as \xNN, so no peer can forge a line. Never log secrets.
 *
 *   error  somebody must act        info   the life of things changes
 *   warn   handled, worth knowing   debug  the rest
 *
 * Only programs and loops log; libraries return errors.
 */
#ifndef SLIPWAY_CORE_LOG_H
#define SLIPWAY_CORE_LOG_H

#include "core/common.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* @program is borrowed for ever (a literal). */
void log_open(const char *program, enum log_level most);

/* 0 and the level for "error", "warn", "info", "debug"; -1 for other words. */
int log_level_parse(const char *name, enum log_level *ret_level);

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
