/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a bill is written: standard output, or a file that appears when it is whole.
 */
#ifndef SLIPWAY_CLI_BILL_OUTPUT_H
#define SLIPWAY_CLI_BILL_OUTPUT_H

#include <stdio.h>

#include "billing/report.h"

struct bill_output {
	FILE *out; /* to write to */
	/* the output's own */
	char *path, *beside; /* NULL: not to be renamed */
};

/* @path NULL: standard output. */
int bill_output_open(const char *path, struct bill_output *ret_output, struct err *err) MUST_CHECK;
/* What was written is kept. */
int bill_output_keep(struct bill_output *output, struct err *err) MUST_CHECK;
/* What was not kept is gone. */
void bill_output_done(struct bill_output *output);

/* How the terminal that @out is shows bars: its width ($COLUMNS where it is none), and whether it
 * is told in UTF-8. */
struct report_look bill_output_look(const struct bill_output *output);

#endif
