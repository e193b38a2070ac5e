/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long is known: to the end of the machine, where somebody saw it; else to now, if this is
 * the boot that it began in; else to the last checkpoint of the boot that it began in.
 */
#include "billing/meter_running.h"

#include <string.h>

#include "core/clock.h"

void meter_running_row(struct record_row *row, void *ret_item)
{
	struct meter_running *ret_running = ret_item;
	struct db_query *query = row->query;

	*ret_running = (struct meter_running){
		.task = db_int(query, 0),
		.boot_id = record_text(row, 1),
		.started_boot_ns = db_int(query, 2),
		.gone_boot_ns = db_int(query, 3),
		.started_ms = db_int(query, 4),
		.quantity = {[METER_VCPU] = db_int(query, 5),
			     [METER_MEMORY] = db_int(query, 6),
			     [METER_STORAGE] = db_int(query, 7)},
		.opened = db_int(query, 8) != 0,
		.closed = db_int(query, 9) != 0,
		.duration_ns = db_int(query, 10),
		.estimated = db_int(query, 11) != 0,
		.reason = record_text(row, 12),
		.tags_json = record_text_or_null(row, 13),
	};
}

int meter_running_end(struct db *db, const struct meter_running *running, int64_t *ret_end_ns,
		      bool *ret_estimated, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	bool same_boot = strcmp(running->boot_id, clock_boot_id()) == 0;

	*ret_estimated = running->estimated || (running->gone_boot_ns == 0 && !same_boot);
	*ret_end_ns = running->gone_boot_ns != 0 ? running->gone_boot_ns : clock_boot_ns();
	if (running->gone_boot_ns != 0 || same_boot)
		return 0;
	if (db_query(db, "SELECT boot_ns FROM meter_checkpoint WHERE boot_id = ?1", &query, err) <
	    0)
		return -1;
	db_bind_text(query, 1, running->boot_id);
	return record_int(query, 0, ret_end_ns, err);
}
