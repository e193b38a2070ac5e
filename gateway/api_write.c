/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How members of a group stay apart: each runs inside a savepoint of its own. One that fails,
 * or finds the store changed, is rolled back to its savepoint, and the others do not notice;
 * one that comes later sees what those before it wrote, as if each had had a transaction.
 *
 * Why nothing that was acknowledged is lost: the answers leave after db_commit() has returned,
 * and a commit of the state returns after its frames in the WAL are synced to the disk
 * (synchronous = FULL). If we are killed, or the power fails, before that, then no answer of
 * the group has left, and the frames without a commit frame behind them are not part of the
 * database: all of the group is gone, and the clients, which got no answer, ask again with
 * their tokens. If it happens after that, all of the group is there, and a client that got no
 * answer finds its tasks by its token. Nobody sees a group before it is durable, because
 * SQLite shows a commit to other connections only after that sync.
 *
 * If the database itself fails (no space, an error of the disk), the group fails as a whole,
 * those included that had been written before: nothing of it was promised. Those that had not
 * had their turn make another group.
 */
#include "gateway/api_write.h"

#include "core/clock.h"
#include "gateway/api_call.h"

#define NS_PER_MS (1000 * 1000LL)
#define HOLD_NS	  (5 * NS_PER_MS) /* before the commit, which takes as long as the disk does */

static void fail_all(struct api_call *const *calls, size_t count, const struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (calls[i]->outcome == API_FAILED || calls[i]->outcome == API_OUTDATED)
			continue;
		call_set_server_error(&calls[i]->call, err);
		calls[i]->outcome = API_FAILED;
	}
}

/* In the group's transaction. -1: that is gone. */
static int write_one(struct db *db, struct api_call *member, struct err *err)
{
	struct call *call = &member->call;
	enum call_written written;

	if (db_savepoint(db, err) < 0)
		return -1;
	call->state = db;
	written = call->write(call, call->write_ctx);
	call->state = NULL;
	if (written == CALL_WRITTEN) {
		member->outcome = API_DURABLE; /* once the group is committed */
		return db_release(db, err);
	}
	member->outcome = written == CALL_OUTDATED ? API_OUTDATED : API_FAILED;
	if (!db_in_transaction(db))
		return err_set(err, ERR_SYSTEM, "the database has rolled back the group");
	return db_rollback_to(db, err);
}

/* As many of @calls as a transaction has time for; at least one. */
static int write_some(struct db *db, struct api_call *const *calls, size_t count, size_t *ret_taken,
		      struct err *err)
{
	int64_t end_ns;

	*ret_taken = count; /* without a transaction there is none for anybody */
	if (db_begin(db, err) < 0)
		return -1;
	end_ns = clock_boot_ns() + HOLD_NS;
	*ret_taken = 0;
	do {
		if (write_one(db, calls[(*ret_taken)++], err) < 0)
			return -1;
	} while (*ret_taken < count && clock_boot_ns() < end_ns);
	return db_commit(db, err);
}

void api_write(struct db *db, struct api_call *const *calls, size_t count)
{
	for (size_t first = 0, taken; first < count; first += taken) {
		struct err err = ERR_INIT;

		if (write_some(db, &calls[first], count - first, &taken, &err) < 0) {
			db_rollback(db);
			fail_all(&calls[first], taken, &err);
		}
	}
	for (size_t i = 0; i < count; i++) {
		const struct api_options *options = calls[i]->call.options;

		if (calls[i]->outcome == API_DURABLE) {
			options->ring(options->ring_ctx);
			return; /* one ring is enough: it says "look", not "at what" */
		}
	}
}
