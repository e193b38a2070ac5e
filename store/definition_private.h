/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL texts that definition*.c runs and a test asks the planner about.
 */
#ifndef SLIPWAY_STORE_DEFINITION_PRIVATE_H
#define SLIPWAY_STORE_DEFINITION_PRIVATE_H

/* ?1: deletion was asked until then. */
#define DEFINITION_EXPUNGE_SQL                                                                     \
	"SELECT account, family, revision FROM definition"                                         \
	" WHERE status = 'DELETE_IN_PROGRESS' AND delete_requested_ms <= ?1"                       \
	" AND NOT EXISTS (SELECT 1 FROM task WHERE task.account = definition.account"              \
	" AND task.family = definition.family AND task.revision = definition.revision"             \
	" AND task.state <> 'STOPPED')"                                                            \
	" ORDER BY delete_requested_ms LIMIT 1"

#endif
