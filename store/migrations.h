/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The migrations that the build embedded from store/migrations: the row with
 * index n leads from schema version n to n + 1.
 */
#ifndef SLIPWAY_STORE_MIGRATIONS_H
#define SLIPWAY_STORE_MIGRATIONS_H

#include "core/common.h"

struct migration {
	const char *name; /* of its file */
	const char *sql;
};
struct migrations {
	const struct migration *rows;
	size_t count;
};

extern const struct migrations migrations_state;
extern const struct migrations migrations_logs;

#endif
