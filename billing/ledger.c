/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding to the ledger. Before a record is added the last one is looked at again: it must be
 * where the head says, with the head's hash, and that must be what its fields come to. So
 * damage at the end is noticed by the next record, and damage further back by whoever
 * verifies; either way it is noted in the head, and from then on nothing is added.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "billing/ledger_private.h"
#include "store/record.h"

#define NS_PER_SECOND 1000000000LL
#define MS_PER_SECOND 1000
#define PREIMAGE_MAX  (1024u * 1024) /* tags and reasons have far smaller limits */

#define AS_NAME(name, unit, number)   [METER_##name] = #name,
#define AS_UNIT(name, unit, number)   [METER_##name] = (unit),
#define AS_NUMBER(name, unit, number) [METER_##name] = (number),
static const char *const names[METER_COUNT] = {METERS(AS_NAME)};
static const char *const units[METER_COUNT] = {METERS(AS_UNIT)};
static const int64_t numbers[METER_COUNT] = {METERS(AS_NUMBER)};

const char *meter_name(enum meter meter)
{
	return names[meter];
}

const char *meter_unit(enum meter meter)
{
	return units[meter];
}

int64_t meter_number(enum meter meter)
{
	return numbers[meter];
}

bool meter_of_number(int64_t number, enum meter *ret_meter)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (numbers[meter] == number) {
			*ret_meter = (enum meter)meter;
			return true;
		}
	}
	return false;
}

int64_t ledger_seconds(int64_t duration_ns)
{
	return duration_ns / NS_PER_SECOND + (duration_ns % NS_PER_SECOND != 0);
}

int64_t ledger_end_ms(int64_t started_ms, int64_t seconds)
{
	return (started_ms / MS_PER_SECOND + seconds) * MS_PER_SECOND;
}

/* --- hashes --- */

/* What is hashed: short ones, which nearly all are, without a call of malloc(). */
#define PREIMAGE_USUAL 1024
#define NO_TEXT	       (-1) /* as the length of one that is NULL */

struct preimage {
	uint8_t usual[PREIMAGE_USUAL];
	uint8_t *bytes; /* usual, or owned */
	size_t len;
};

static void preimage_init(struct preimage *image, size_t max)
{
	image->bytes = max <= PREIMAGE_USUAL ? image->usual : xcalloc(1, max);
	image->len = 0;
}

static void preimage_hash(struct preimage *image, uint8_t ret[SHA256_SIZE])
{
	sha256(image->bytes, image->len, ret);
	if (image->bytes != image->usual)
		free(image->bytes);
}

static void add_bytes(struct preimage *image, const void *bytes, size_t len)
{
	memcpy(image->bytes + image->len, bytes, len);
	image->len += len;
}

static void add_int(struct preimage *image, int64_t value)
{
	uint64_t big = htobe64((uint64_t)value);

	add_bytes(image, &big, sizeof(big));
}

static void add_text(struct preimage *image, const char *text)
{
	size_t len = strlen(text);

	add_int(image, (int64_t)len);
	add_bytes(image, text, len);
}

static void task_digest(const struct ledger_task *task, uint8_t ret[SHA256_SIZE])
{
	const char *const texts[] = {task->task, task->account, task->cluster, task->family};
	const char *const labels[] = {task->group, task->started_by, task->architecture};
	size_t max = 16 * sizeof(int64_t) + strlen(task->tags_json);
	struct preimage image;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		max += strlen(texts[i]);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		max += strlen(labels[i]);
	preimage_init(&image, max);
	add_int(&image, task->number);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		add_text(&image, texts[i]);
	add_int(&image, task->revision);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		add_text(&image, labels[i]);
	add_int(&image, task->spot);
	add_text(&image, task->tags_json);
	preimage_hash(&image, ret);
}

void ledger_record_hash(const uint8_t before[SHA256_SIZE], const struct ledger_record *record,
			const struct ledger_task *task, uint8_t ret_hash[SHA256_SIZE])
{
	const int64_t fields[] = {record->position,   record->task,	   record->meter,
				  record->sequence,   record->kind,	   record->quantity,
				  record->started_ms, record->duration_ns, record->seconds,
				  record->ended_ms,   record->estimated};
	uint8_t digest[SHA256_SIZE];
	struct preimage image;

	preimage_init(&image, sizeof(fields) + 2 * SHA256_SIZE + 3 * sizeof(int64_t) +
				      strlen(record->reason) +
				      (record->tags_json ? strlen(record->tags_json) : 0));
	add_bytes(&image, before, SHA256_SIZE);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		add_int(&image, fields[i]);
	add_text(&image, record->reason);
	if (record->tags_json)
		add_text(&image, record->tags_json);
	else
		add_int(&image, NO_TEXT);
	add_int(&image, record->written_ms);
	if (task) {
		task_digest(task, digest);
		add_bytes(&image, digest, SHA256_SIZE);
	}
	preimage_hash(&image, ret_hash);
}

/* --- rows --- */

static const char *text_of(struct db_query *query, int column)
{
	const char *text = db_text(query, column);

	return text ? text : "";
}

void ledger_task_row(struct db_query *query, int first, struct ledger_task *ret_task)
{
	*ret_task = (struct ledger_task){
		.number = db_int(query, first),
		.task = text_of(query, first + 1),
		.account = text_of(query, first + 2),
		.cluster = text_of(query, first + 3),
		.family = text_of(query, first + 4),
		.revision = db_int(query, first + 5),
		.group = text_of(query, first + 6),
		.started_by = text_of(query, first + 7),
		.architecture = text_of(query, first + 8),
		.spot = db_int(query, first + 9) != 0,
		.tags_json = text_of(query, first + 10),
	};
}

static int read_hash(struct db_query *query, int column, uint8_t ret_hash[SHA256_SIZE],
		     struct err *err)
{
	size_t len;
	const void *bytes = db_blob(query, column, &len);

	if (!bytes || len != SHA256_SIZE)
		return err_set(err, ERR_CORRUPT, "a hash of the ledger has not %d bytes",
			       SHA256_SIZE);
	memcpy(ret_hash, bytes, SHA256_SIZE);
	return 0;
}

int ledger_record_row(struct db_query *query, int first, struct ledger_record *ret_record,
		      uint8_t ret_hash[SHA256_SIZE], struct err *err)
{
	*ret_record = (struct ledger_record){
		.position = db_int(query, first),
		.task = db_int(query, first + 1),
		.meter = db_int(query, first + 2),
		.sequence = db_int(query, first + 3),
		.kind = db_int(query, first + 4),
		.quantity = db_int(query, first + 5),
		.started_ms = db_int(query, first + 6),
		.duration_ns = db_int(query, first + 7),
		.seconds = db_int(query, first + 8),
		.ended_ms = db_int(query, first + 9),
		.estimated = db_int(query, first + 10),
		.reason = text_of(query, first + 11),
		.tags_json = db_text(query, first + 12),
		.written_ms = db_int(query, first + 13),
	};
	return read_hash(query, first + 14, ret_hash, err);
}

int ledger_head_read(struct db *db, struct ledger_head *ret_head, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT position, hash, broken_position, broken_why FROM ledger_head"
		     " WHERE id = 1",
		     &query, err) < 0)
		return -1;
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_CORRUPT, "the ledger has no head");
	ret_head->position = db_int(query, 0);
	ret_head->broken_position = db_int(query, 2);
	(void)snprintf(ret_head->broken_why, sizeof(ret_head->broken_why), "%s", text_of(query, 3));
	return read_hash(query, 1, ret_head->hash, err);
}

static int write_head(struct db *db, int64_t position, const uint8_t hash[SHA256_SIZE],
		      struct err *err)
{
	struct db_query *query;

	if (db_query(db, "UPDATE ledger_head SET position = ?1, hash = ?2 WHERE id = 1", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, position);
	db_bind_blob(query, 2, hash, SHA256_SIZE);
	return db_run(query, NULL, err);
}

/* --- tasks --- */

int ledger_task_number(struct db *db, const char *task, int64_t *ret_number, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT number FROM ledger_task WHERE task = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	return record_int(query, 0, ret_number, err);
}

static int next_number(struct db *db, int64_t *ret_number, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COALESCE(MAX(number), 0) + 1 FROM ledger_task", &query, err) < 0)
		return -1;
	return record_int(query, 1, ret_number, err);
}

int ledger_task_put(struct db *db, const struct ledger_task *task, int64_t *ret_number,
		    struct err *err)
{
	struct db_query *query;
	int64_t number;

	if (ledger_task_number(db, task->task, &number, err) < 0)
		return -1;
	if (number != 0) {
		*ret_number = number;
		return 0;
	}
	if (next_number(db, &number, err) < 0 ||
	    db_query(db,
		     "INSERT INTO ledger_task (number, task, account, cluster, family, revision,"
		     " group_name, started_by, architecture, spot, tags_json)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_text(query, 2, task->task);
	db_bind_text(query, 3, task->account);
	db_bind_text(query, 4, task->cluster);
	db_bind_text(query, 5, task->family);
	db_bind_int(query, 6, task->revision);
	db_bind_text(query, 7, task->group);
	db_bind_text(query, 8, task->started_by);
	db_bind_text(query, 9, task->architecture);
	db_bind_int(query, 10, task->spot);
	db_bind_text(query, 11, task->tags_json);
	if (db_run(query, NULL, err) < 0)
		return -1;
	*ret_number = number;
	return 0;
}

static int copy_texts(struct arena *arena, struct ledger_task *task, struct err *err)
{
	const char **texts[] = {&task->task,	     &task->account,  &task->cluster,
				&task->family,	     &task->group,    &task->started_by,
				&task->architecture, &task->tags_json};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		*texts[i] = arena_strdup(arena, *texts[i]);
		if (!*texts[i])
			return record_full(err);
	}
	return 0;
}

/* By id, or by number if @task is NULL. */
static int find_task(struct db *db, const char *task, int64_t number, struct arena *arena,
		     struct ledger_task *ret_task, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     task ? "SELECT " LEDGER_TASK_COLUMNS " FROM ledger_task WHERE task = ?1"
			  : "SELECT " LEDGER_TASK_COLUMNS " FROM ledger_task WHERE number = ?1",
		     &query, err) < 0)
		return -1;
	if (task)
		db_bind_text(query, 1, task);
	else
		db_bind_int(query, 1, number);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "the ledger has nothing of task %s",
			       task ? task : "");
	ledger_task_row(query, 0, ret_task);
	return copy_texts(arena, ret_task, err);
}

int ledger_task_find(struct db *db, const char *task, struct arena *arena,
		     struct ledger_task *ret_task, struct err *err)
{
	return find_task(db, task, 0, arena, ret_task, err);
}

/* --- adding --- */

int ledger_break(struct db *db, int64_t position, const char *why, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE ledger_head SET broken_position = ?1, broken_why = ?2"
		     " WHERE id = 1 AND broken_position = 0",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, position > 0 ? position : 1);
	db_bind_text(query, 2, why);
	return db_run(query, NULL, err);
}

static int is_broken(const struct ledger_head *head, struct err *err)
{
	return err_set(err, ERR_CORRUPT,
		       "the ledger is damaged at record %" PRId64 " (%s): nothing is added until"
		       " `slipway bill seal` says that somebody has looked",
		       head->broken_position, head->broken_why);
}

/* The hash of the record at @position, as it is stored. *ret_found: there is one. */
static int hash_at(struct db *db, int64_t position, uint8_t ret_hash[SHA256_SIZE], bool *ret_found,
		   struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, "SELECT hash FROM ledger WHERE position = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, position);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_found = rc == 1;
	return rc == 1 ? read_hash(query, 0, ret_hash, err) : 0;
}

bool ledger_seal_before(const struct ledger_record *seal, uint8_t ret_hash[SHA256_SIZE])
{
	struct err err;

	return seal->tags_json && strlen(seal->tags_json) == SHA256_HEX_SIZE - 1 &&
	       hex_decode(seal->tags_json, SHA256_HEX_SIZE - 1, ret_hash, &err) == 0;
}

/* What is wrong with the last record, as a text; NULL: nothing. */
static int look_at_last(struct db *db, const struct ledger_head *head, const char **ret_why,
			struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(PREIMAGE_MAX);
	AUTO(db_donep) struct db_query *query = NULL;
	uint8_t before[SHA256_SIZE] = {0}, hash[SHA256_SIZE], again[SHA256_SIZE];
	struct ledger_record record;
	struct ledger_task task;
	bool found = true;
	int rc;

	*ret_why = NULL;
	if (db_query(db,
		     "SELECT " LEDGER_RECORD_COLUMNS " FROM ledger ORDER BY position DESC LIMIT 1",
		     &query, err) < 0)
		return -1;
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		*ret_why = head->position == 0 ? NULL : "records are missing at the end";
		return 0;
	}
	if (ledger_record_row(query, 0, &record, hash, err) < 0)
		return -1;
	if (record.position != head->position || memcmp(hash, head->hash, SHA256_SIZE) != 0) {
		*ret_why = "the last record is not the one that the head names";
		return 0;
	}
	if (record.kind == LEDGER_SEAL)
		found = ledger_seal_before(&record, before);
	else if (record.position > 1 && hash_at(db, record.position - 1, before, &found, err) < 0)
		return -1;
	if (record.kind == LEDGER_OPEN && find_task(db, NULL, record.task, arena, &task, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		found = false;
	}
	if (!found) {
		*ret_why = "what the last record builds on is missing";
		return 0;
	}
	ledger_record_hash(before, &record, record.kind == LEDGER_OPEN ? &task : NULL, again);
	if (memcmp(hash, again, SHA256_SIZE) != 0)
		*ret_why = "the last record's hash is not what its fields come to";
	return 0;
}

/* Where the ledger can be added to. What is found damaged is noted. */
static int sound_head(struct db *db, struct ledger_head *ret_head, struct err *err)
{
	struct err found = ERR_INIT;
	const char *why;

	if (ledger_head_read(db, ret_head, err) < 0)
		return -1;
	if (ret_head->broken_position != 0)
		return is_broken(ret_head, err);
	if (look_at_last(db, ret_head, &why, &found) < 0) {
		if (found.code != ERR_CORRUPT) {
			*err = found;
			return -1;
		}
		why = found.text;
	}
	if (!why)
		return 0;
	if (ledger_break(db, ret_head->position, why, err) < 0)
		return -1;
	ret_head->broken_position = ret_head->position > 0 ? ret_head->position : 1;
	(void)snprintf(ret_head->broken_why, sizeof(ret_head->broken_why), "%s", why);
	return is_broken(ret_head, err);
}

int ledger_check_open(struct db *db, struct err *err)
{
	struct ledger_head head;

	return sound_head(db, &head, err);
}

static int insert_record(struct db *db, const struct ledger_record *record,
			 const uint8_t hash[SHA256_SIZE], struct err *err)
{
	const int64_t fields[] = {record->position,   record->task,	   record->meter,
				  record->sequence,   record->kind,	   record->quantity,
				  record->started_ms, record->duration_ns, record->seconds,
				  record->ended_ms,   record->estimated};
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO ledger (position, task, meter, sequence, kind, quantity,"
		     " started_ms, duration_ns, seconds, ended_ms, estimated, reason, tags_json,"
		     " written_ms, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
		     " ?12, ?13, ?14, ?15)",
		     &query, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		db_bind_int(query, (int)i + 1, fields[i]);
	db_bind_text(query, 12, record->reason);
	db_bind_text(query, 13, record->tags_json);
	db_bind_int(query, 14, record->written_ms);
	db_bind_blob(query, 15, hash, SHA256_SIZE);
	return db_run(query, NULL, err);
}

int ledger_add(struct db *db, struct ledger_head *head, const struct ledger_record *given,
	       const struct ledger_task *task, int64_t now_ms, struct err *err)
{
	struct ledger_record record = *given;

	record.position = head->position + 1;
	record.written_ms = now_ms;
	ledger_record_hash(head->hash, &record, task, head->hash);
	head->position = record.position;
	if (insert_record(db, &record, head->hash, err) < 0)
		return -1;
	return write_head(db, head->position, head->hash, err);
}

static int is_there(struct db *db, const struct ledger_record *record, bool *ret_there,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t count;

	if (db_query(db,
		     "SELECT COUNT(*) FROM ledger WHERE task = ?1 AND meter = ?2 AND sequence = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, record->task);
	db_bind_int(query, 2, record->meter);
	db_bind_int(query, 3, record->sequence);
	if (record_int(query, 0, &count, err) < 0)
		return -1;
	*ret_there = count > 0;
	return 0;
}

int ledger_append(struct db *db, const struct ledger_record *record, int64_t now_ms,
		  struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(PREIMAGE_MAX);
	struct ledger_head head;
	struct ledger_task task;
	bool opens = record->kind == LEDGER_OPEN;
	bool there;

	if (sound_head(db, &head, err) < 0 || is_there(db, record, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	if (opens && find_task(db, NULL, record->task, arena, &task, err) < 0)
		return -1;
	return ledger_add(db, &head, record, opens ? &task : NULL, now_ms, err);
}
