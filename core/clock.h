/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Durations come from the boot-time clock (it does not jump and goes on
 * in suspend); wall time only labels. Tests own both with clock_fake().
 */
#ifndef SLIPWAY_CORE_CLOCK_H
#define SLIPWAY_CORE_CLOCK_H

#include "core/common.h"

int64_t clock_wall_ms(void); /* milliseconds since 1970, UTC */
int64_t clock_wall_us(void);
int64_t clock_boot_ns(void); /* nanoseconds since this kernel booted */
int64_t clock_boot_ms(void);
int64_t clock_ms_since(int64_t boot_ns); /* whole milliseconds since then */

/* Sleep (a thread of its own, never a loop's). A signal ends it early. */
void clock_pause_ms(int64_t ms);

/* The kernel's boot id (36 characters), read once: boot times of different
 * boots must not be compared. Borrowed for ever. */
const char *clock_boot_id(void);

/* From here on time stands at these values until the next call. */
void clock_fake(int64_t wall_ms, int64_t boot_ns);
void clock_real(void);
/* From here on wall time is so much ahead of the host's (or behind it), as if somebody had set
 * that; the sum of all calls counts. For tests as well. */
void clock_step_wall(int64_t ms);

#define CLOCK_ISO_SIZE 32
/* "2026-11-22T08:00:00.123Z" into @ret (CLOCK_ISO_SIZE bytes); returns @ret. */
char *clock_iso(int64_t wall_ms, char *ret);

#endif
