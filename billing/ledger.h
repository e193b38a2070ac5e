/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what tasks held, in records that are only ever added. A record is known by
 * its task, its meter and its sequence, so that adding it again changes nothing:
 *
 *     sequence 0   OPEN        durable before the pull begins
 *     sequence 1   CLOSE       how long it was held, and why it ended
 *     sequence 2.. CORRECTION  an operator's: from here on `seconds` count
 *
 * Each record has a hash: SHA-256 of the hash before it (32 bytes; of the first: zeros) and
 * then of its fields in the order of struct ledger_record, an integer as 8 bytes, the
 * highest first, a text as its length (an integer) and its bytes, and at the end, of
 * an OPEN, 32 bytes: the SHA-256 of its task's fields in the order of struct ledger_task,
 * written the same way. So whoever keeps the head of today (position and hash) can prove every
 * record up to it.
 *
 * A ledger that was found damaged takes nothing more. Reading goes on. An operator who has
 * looked says so with a SEAL: a record that names the damage, and that the chain goes on
 * from. Its tags_json is the hash before it, as hex, its quantity the damaged position; it is
 * of task 0 and meter 0, and its sequence is its position.
 */
#ifndef SLIPWAY_BILLING_LEDGER_H
#define SLIPWAY_BILLING_LEDGER_H

#include "core/arena.h"
#include "core/digest.h"
#include "store/db.h"

#define METERS(X) /* X(meter, unit of its quantity, number in the ledger) */                       \
	X(VCPU, "milli-vCPU", 1)                                                                   \
	X(MEMORY, "MiB", 2)                                                                        \
	X(STORAGE, "GiB above the free 20", 3)
#define METER_AS_ENUM(name, unit, number) METER_##name,
enum meter { METERS(METER_AS_ENUM) METER_COUNT };

const char *meter_name(enum meter meter); /* "VCPU" */
const char *meter_unit(enum meter meter);
int64_t meter_number(enum meter meter);
bool meter_of_number(int64_t number, enum meter *ret_meter);

enum ledger_kind { LEDGER_OPEN = 1, LEDGER_CLOSE, LEDGER_CORRECTION, LEDGER_SEAL };

/* Who held. Texts are borrowed. */
struct ledger_task {
	int64_t number; /* the ledger's own */
	const char *task, *account, *cluster, *family;
	int64_t revision;
	const char *group, *started_by;
	const char *architecture; /* "X86_64", "ARM64" */
	bool spot;
	const char *tags_json; /* {"KEY":"VALUE",...}, keys sorted */
};

struct ledger_record {
	int64_t position;
	int64_t task;  /* ledger_task.number; 0 in a SEAL */
	int64_t meter; /* meter_number() */
	int64_t sequence;
	int64_t kind; /* enum ledger_kind */
	int64_t quantity;
	int64_t started_ms;
	int64_t duration_ns;
	int64_t seconds;
	int64_t ended_ms;
	int64_t estimated;
	const char *reason;
	const char *tags_json; /* NULL: -1 stands for its length, and no bytes, in the hash */
	int64_t written_ms;
};

struct ledger_head {
	int64_t position; /* 0: the ledger is empty */
	uint8_t hash[SHA256_SIZE];
	int64_t broken_position; /* 0: no damage is known */
	char broken_why[256];
};

int ledger_head_read(struct db *db, struct ledger_head *ret_head, struct err *err) MUST_CHECK;

/* The number of a task's row; made if there is none, and @task->number is ignored. In the
 * caller's transaction. */
int ledger_task_put(struct db *db, const struct ledger_task *task, int64_t *ret_number,
		    struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND. Texts in the arena. */
int ledger_task_find(struct db *db, const char *task, struct arena *arena,
		     struct ledger_task *ret_task, struct err *err) MUST_CHECK;

/*
 * Add a record; @record's position and written_ms are set here. In the caller's
 * transaction. One that is there already is left as it is. ERR_CORRUPT if the ledger is damaged:
 * then that is noted, in the same transaction, and the caller keeps its record for later.
 */
int ledger_append(struct db *db, const struct ledger_record *record, int64_t now_ms,
		  struct err *err) MUST_CHECK;
/* May anything be added? ERR_CORRUPT says why not. */
int ledger_check_open(struct db *db, struct err *err) MUST_CHECK;

/* Rounded up. */
int64_t ledger_seconds(int64_t duration_ns);
/* started_ms without its part of a second, and @seconds on top. */
int64_t ledger_end_ms(int64_t started_ms, int64_t seconds);

/* --- for those who check it --- */

/* The hash of @record behind one with the hash @before. @task: of an OPEN, else NULL. */
void ledger_record_hash(const uint8_t before[SHA256_SIZE], const struct ledger_record *record,
			const struct ledger_task *task, uint8_t ret_hash[SHA256_SIZE]);

/* The hash that a SEAL goes on from; false: it has none. */
bool ledger_seal_before(const struct ledger_record *seal, uint8_t ret_hash[SHA256_SIZE]);

/* Nothing is added from now on. */
int ledger_break(struct db *db, int64_t position, const char *why, struct err *err) MUST_CHECK;
/* The operator's word @reason: the chain goes on from a SEAL behind the highest position that
 * is there. ERR_INVALID if no damage is known. */
int ledger_seal(struct db *db, const char *reason, int64_t now_ms, struct err *err) MUST_CHECK;

/*
 * From now on @task is billed @seconds, in all its meters: a CORRECTION each. Never more than it
 * held: ERR_INVALID if its CLOSE has fewer; ERR_NOT_FOUND if it has none.
 */
int ledger_correct(struct db *db, const char *task, int64_t seconds, const char *reason,
		   int64_t now_ms, struct err *err) MUST_CHECK;

#endif
