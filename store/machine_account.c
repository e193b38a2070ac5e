/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counts stand in the columns of the table in the order of MACHINE_COUNTS, first those of
 * the time before the task, then the host's and the guest's; they are bound and read by that
 * order.
 */
#include "store/machine_account.h"

#include "store/record.h"

#define AS_WAITED_COLUMN(name) ", waited_" #name
#define AS_HOST_COLUMN(name)   ", host_" #name
#define AS_GUEST_COLUMN(name)  ", guest_" #name
#define GREATER(column)                                                                            \
	column " = CASE WHEN excluded." column " > machine_account." column                        \
	       " THEN excluded." column " ELSE machine_account." column " END"
#define AS_HOST_GREATER(name)  ", " GREATER("host_" #name)
#define AS_GUEST_GREATER(name) ", " GREATER("guest_" #name)

#define COLUMNS                                                                                    \
	"task, machine, boot_id, pid, process_start_ns, taken_ns, ended_ns, vcpus, memory_mib,"    \
	" sampled_ns" MACHINE_COUNTS(AS_WAITED_COLUMN) MACHINE_COUNTS(AS_HOST_COLUMN)              \
		MACHINE_COUNTS(AS_GUEST_COLUMN)
#define FIRST_COUNT 10 /* its column, from 0 on */

#define PUT_SQL                                                                                    \
	"INSERT INTO machine_account (" COLUMNS                                                    \
	") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"    \
	" ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28) ON CONFLICT (task, machine) DO "  \
	"UPDATE SET"                                                                               \
	" ended_ns = CASE WHEN machine_account.ended_ns = 0 THEN excluded.ended_ns"                \
	" ELSE machine_account.ended_ns END, " GREATER("sampled_ns")                               \
		MACHINE_COUNTS(AS_HOST_GREATER) MACHINE_COUNTS(AS_GUEST_GREATER)

static void bind_counts(struct db_query *query, int first, const struct machine_counts *counts)
{
#define BIND(name) db_bind_int(query, first++, counts->name);
	MACHINE_COUNTS(BIND)
#undef BIND
}

static int read_counts(struct db_query *query, int first, struct machine_counts *ret_counts)
{
#define READ(name) ret_counts->name = db_int(query, first++);
	MACHINE_COUNTS(READ)
#undef READ
	return first;
}

int machine_account_put(struct db *db, const struct machine_account *account, struct err *err)
{
	enum { COUNTS = sizeof(struct machine_counts) / sizeof(int64_t) };
	struct db_query *query;

	if (db_query(db, PUT_SQL, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account->task);
	db_bind_text(query, 2, account->machine);
	db_bind_text(query, 3, account->boot_id);
	db_bind_int(query, 4, account->pid);
	db_bind_int(query, 5, account->process_start_ns);
	db_bind_int(query, 6, account->taken_ns);
	db_bind_int(query, 7, account->ended_ns);
	db_bind_int(query, 8, account->vcpus);
	db_bind_int(query, 9, account->memory_mib);
	db_bind_int(query, 10, account->sampled_ns);
	bind_counts(query, FIRST_COUNT + 1, &account->waited);
	bind_counts(query, FIRST_COUNT + 1 + COUNTS, &account->host);
	bind_counts(query, FIRST_COUNT + 1 + 2 * COUNTS, &account->guest);
	if (db_run(query, NULL, err) < 0)
		return err_wrap(err, "account of machine %s", account->machine);
	return 0;
}

static void read_account(struct record_row *row, void *ret_item)
{
	struct machine_account *ret_account = ret_item;
	struct db_query *query = row->query;
	int next;

	*ret_account = (struct machine_account){
		.task = record_text(row, 0),
		.machine = record_text(row, 1),
		.boot_id = record_text(row, 2),
		.pid = db_int(query, 3),
		.process_start_ns = db_int(query, 4),
		.taken_ns = db_int(query, 5),
		.ended_ns = db_int(query, 6),
		.vcpus = db_int(query, 7),
		.memory_mib = db_int(query, 8),
		.sampled_ns = db_int(query, 9),
	};
	next = read_counts(query, FIRST_COUNT, &ret_account->waited);
	next = read_counts(query, next, &ret_account->host);
	(void)read_counts(query, next, &ret_account->guest);
}

int machine_account_list(struct db *db, const char *task, struct arena *arena,
			 struct machine_account **ret_accounts, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM machine_account WHERE task = ?1"
		     " ORDER BY taken_ns, machine",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	return record_list(query, read_account, sizeof(struct machine_account), arena, ret_accounts,
			   ret_count, err);
}
