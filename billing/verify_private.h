/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by verify*.c only. */
#ifndef SLIPWAY_BILLING_VERIFY_PRIVATE_H
#define SLIPWAY_BILLING_VERIFY_PRIVATE_H

#include "billing/verify.h"

struct verify {
	struct db *db;
	const struct verify_options *options;
	struct verify_result *result;
};

void verify_report(struct verify *verify, enum verify_source source, int64_t position,
		   const char *task, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Runs @sql, whose rows are (position, task, what), and reports each. */
int verify_rows(struct verify *verify, enum verify_source source, const char *sql, struct err *err)
	MUST_CHECK;

int verify_chain(struct verify *verify, struct err *err) MUST_CHECK;
int verify_sums(struct verify *verify, struct err *err) MUST_CHECK;
int verify_sources(struct verify *verify, struct err *err) MUST_CHECK;

#endif
