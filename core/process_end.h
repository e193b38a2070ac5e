/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When processes ended, told by who reaped them to who was away: a small file with a line an
 * end. It is written by one process (the supervisor, for each orphan that it reaps, before it
 * does so) and read by others. It survives the death of any of them; ends of an earlier boot are
 * not found in it.
 *
 * Where no end is noted, beats say until when there was somebody who would have noted it.
 */
#ifndef SLIPWAY_CORE_PROCESS_END_H
#define SLIPWAY_CORE_PROCESS_END_H

#include "core/process.h"

#define PROCESS_ENDS_NAME  "process-ends" /* in the run folder; and with ".1", the older ones */
#define PROCESS_ENDS_BYTES (64u * 1024)	  /* of either; the last 700 ends at least are kept */
#define PROCESS_ENDS_READ                                                                          \
	(2 * PROCESS_ENDS_BYTES) /* a file of others' making is not read whole                     \
				  */

/* @id ended at @boot_ns of this boot. */
int process_end_note(const char *path, struct process_id id, int64_t boot_ns, struct err *err)
	MUST_CHECK;
/* At @boot_ns @witness was there: of all processes that were started after it or that it watches,
 * those whose end is not noted lived then. */
int process_end_beat(const char *path, struct process_id witness, int64_t boot_ns, struct err *err)
	MUST_CHECK;
/* From now on @witness watches @id, which was started before it. */
int process_end_watched(const char *path, struct process_id id, struct process_id witness,
			struct err *err) MUST_CHECK;
/* 1: it ended at *ret_boot_ns; 0: nobody noted that; -1. */
int process_end_find(const char *path, struct process_id id, int64_t *ret_boot_ns, struct err *err)
	MUST_CHECK;

/* When a witness was there for the last time that could have noted its end: it lived then, or the
 * end is noted. 0: there was none. */
int process_end_lived(const char *path, struct process_id id, int64_t *ret_boot_ns, struct err *err)
	MUST_CHECK;

/* The same in a file's text: of lines that say it more than once the first counts. */
bool process_end_parse(const char *text, const char *boot_id, struct process_id id,
		       int64_t *ret_boot_ns);
/* @watched_by: the start of the witness that watches it, -1 before there is any; both go on
 * from one text to the next. */
void process_end_parse_beats(const char *text, const char *boot_id, struct process_id id,
			     int64_t *watched_by, int64_t *ret_boot_ns);

#endif
