/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by ledger*.c, charge.c and verify only: the columns of the two tables. */
#ifndef SLIPWAY_BILLING_LEDGER_PRIVATE_H
#define SLIPWAY_BILLING_LEDGER_PRIVATE_H

#include "billing/ledger.h"

#define LEDGER_TASK_COLUMNS                                                                        \
	"number, ledger_task.task, account, cluster, family, revision, group_name, started_by,"    \
	" architecture, spot, ledger_task.tags_json"
#define LEDGER_TASK_COLUMN_COUNT 11
/* Texts are the query's, until its next step. @first: where LEDGER_TASK_COLUMNS begin. */
void ledger_task_row(struct db_query *query, int first, struct ledger_task *ret_task);

#define LEDGER_RECORD_COLUMNS                                                                      \
	"position, ledger.task, meter, sequence, kind, quantity, started_ms, duration_ns,"         \
	" seconds, ended_ms, estimated, reason, ledger.tags_json, written_ms, hash"
#define LEDGER_RECORD_COLUMN_COUNT 15
#define LEDGER_RECORD_REASON	   11 /* columns that are no integers */
#define LEDGER_RECORD_TAGS	   12
#define LEDGER_RECORD_HASH	   14
/* The same. ERR_CORRUPT if the hash is not one. */
int ledger_record_row(struct db_query *query, int first, struct ledger_record *ret_record,
		      uint8_t ret_hash[SHA256_SIZE], struct err *err) MUST_CHECK;

/* 0: it has none. */
int ledger_task_number(struct db *db, const char *task, int64_t *ret_number, struct err *err)
	MUST_CHECK;
/* Write a record behind @head, which moves on. @task: of an OPEN. Nothing is checked. */
int ledger_add(struct db *db, struct ledger_head *head, const struct ledger_record *given,
	       const struct ledger_task *task, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
