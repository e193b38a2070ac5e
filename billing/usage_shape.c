/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON objects are built member by member, so members come in the order of this file, always, and
 * texts are escaped by jansson. A text of the ledger that is not UTF-8 (it was when it was written)
 * cannot be told and is an error.
 */
#include "billing/usage_shape.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

#define USAGE_TYPE_V1 "slipway.usage.v1"
#define MS_PER_SECOND 1000

static const struct {
	const char *word; /* in ids */
	const char *unit;
	const char *code; /* of Lago's billable metric */
	int64_t per_unit; /* as the ledger counts */
} meters[METER_COUNT] = {
	[METER_VCPU] = {"vcpu", "vCPU", "slipway_vcpu_seconds", 1000},
	[METER_MEMORY] = {"memory", "GiB", "slipway_memory_gib_seconds", 1024},
	[METER_STORAGE] = {"storage", "GiB", "slipway_storage_gib_seconds", 1},
};

/* --- decimals --- */

/* @value / @per, which divides a power of ten. */
static char *write_decimal(__int128 value, int64_t per, char ret[USAGE_DECIMAL_SIZE])
{
	unsigned __int128 size = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
	unsigned __int128 rest = size % (unsigned __int128)per;
	char digits[USAGE_DECIMAL_SIZE], decimals[USAGE_DECIMAL_SIZE];
	size_t at = sizeof(digits) - 1, count = 0;

	digits[at] = '\0';
	size /= (unsigned __int128)per;
	do {
		digits[--at] = (char)('0' + (int)(size % 10));
		size /= 10;
	} while (size > 0);
	for (; rest > 0; rest %= (unsigned __int128)per) {
		rest *= 10;
		decimals[count++] = (char)('0' + (int)(rest / (unsigned __int128)per));
	}
	decimals[count] = '\0';
	(void)snprintf(ret, USAGE_DECIMAL_SIZE, "%s%s%s%s", value < 0 ? "-" : "", digits + at,
		       count > 0 ? "." : "", decimals);
	return ret;
}

char *usage_shape_units(enum meter meter, __int128 quantity, char ret[USAGE_DECIMAL_SIZE])
{
	return write_decimal(quantity, meters[meter].per_unit, ret);
}

/* ISO 4217: currencies whose smallest coin is not the hundredth. */
static int64_t coins_per_unit(const char *currency)
{
	static const char whole[] =
		"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
	static const char thousandth[] = "BHD IQD JOD KWD LYD OMR TND";

	if (strstr(whole, currency))
		return 1;
	return strstr(thousandth, currency) ? 1000 : 100;
}

char *usage_shape_cents(int64_t nano, const char *currency, char ret[USAGE_DECIMAL_SIZE])
{
	return write_decimal(nano, PRICE_NANO / coins_per_unit(currency), ret);
}

char *usage_shape_id(const struct usage_event *event, char ret[USAGE_ID_SIZE])
{
	(void)snprintf(ret, USAGE_ID_SIZE, "%.64s/%s/%" PRId64, event->task.task,
		       meters[event->meter].word, event->sequence);
	return ret;
}

/* --- members --- */

/* What one event needs again and again; texts of numbers. */
struct words {
	char id[USAGE_ID_SIZE];
	char quantity[USAGE_DECIMAL_SIZE], amount[USAGE_DECIMAL_SIZE];
	char started[CLOCK_ISO_SIZE], ended[CLOCK_ISO_SIZE];
	int64_t time_ms; /* when it came to count */
	const char *service;
};

static void make_words(const struct usage_event *event, struct words *ret)
{
	const struct charge charge = {.task = event->task};

	(void)usage_shape_id(event, ret->id);
	(void)usage_shape_units(event->meter, event->quantity, ret->quantity);
	(void)usage_shape_units(event->meter, (__int128)event->quantity * event->seconds,
				ret->amount);
	(void)clock_iso(event->started_ms, ret->started);
	(void)clock_iso(event->ended_ms, ret->ended);
	ret->time_ms = event->correction ? event->written_ms : event->ended_ms;
	ret->service = charge_service(&charge);
}

static int cannot_write(const struct usage_event *event, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "the texts of task %s cannot be written as JSON",
		       event->task.task);
}

/* The tags of an event; the caller frees them. NULL: they cannot be read. */
static json_t *tags_of(const struct usage_event *event)
{
	json_t *tags = json_loads(event->task.tags_json, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(tags))
		return tags;
	json_decref(tags);
	return NULL;
}

static int append(const struct usage_event *event, const json_t *object, struct buf *out,
		  struct err *err)
{
	AUTO(freep) char *text = json_dumps(object, JSON_COMPACT);

	if (!text)
		return cannot_write(event, err);
	return buf_append_text(out, text, err) < 0 ? -1 : buf_append_text(out, "\n", err);
}

/* --- CloudEvents --- */

/* @with_value: `value`, as OpenMeter's meters find it. */
static json_t *cloud_data(const struct usage_event *event, const struct words *words,
			  bool with_value)
{
	const struct ledger_task *task = &event->task;
	AUTO(json_decrefp)
	json_t *data = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:o*}", "task",
				 task->task, "cluster", task->cluster, "family", task->family,
				 "revision", (json_int_t)task->revision, "service", words->service,
				 "startedBy", task->started_by, "architecture", task->architecture,
				 "spot", task->spot, "tags", tags_of(event));
	AUTO(json_decrefp)
	json_t *usage =
		json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:s, s:b, s:I}", "meter",
			  meters[event->meter].word, "quantity", words->quantity, "unit",
			  meters[event->meter].unit, "seconds", (json_int_t)event->seconds,
			  "amount", words->amount, "started", words->started, "ended", words->ended,
			  "estimated", event->estimated, "reason", event->reason, "correction",
			  event->correction, "countedSeconds", (json_int_t)event->counted);

	if (!data || !json_object_get(data, "tags") || !usage ||
	    json_object_update(data, usage) < 0 ||
	    (with_value && json_object_set_new(data, "value", json_string(words->amount)) < 0))
		return NULL;
	return STEAL(data, NULL);
}

static int write_cloud(const struct usage_event *event, bool with_value, struct buf *out,
		       struct err *err)
{
	AUTO(json_decrefp) json_t *object = NULL;
	AUTO(freep) char *source = xasprintf("/slipway/%s", event->task.account);
	char time[CLOCK_ISO_SIZE];
	AUTO(json_decrefp) json_t *data = NULL;
	struct words words;

	make_words(event, &words);
	data = cloud_data(event, &words, with_value);
	if (!data)
		return cannot_write(event, err);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "specversion", "1.0", "id",
			   words.id, "source", source, "type", USAGE_TYPE_V1, "subject",
			   event->task.account, "time", clock_iso(words.time_ms, time),
			   "datacontenttype", "application/json", "data", data);
	return object ? append(event, object, out, err) : cannot_write(event, err);
}

static int write_cloudevents(const struct usage_event *event, const struct tariff *tariff,
			     struct buf *out, struct err *err)
{
	(void)tariff; /* what others charge is theirs to say */
	return write_cloud(event, false, out, err);
}

static int write_openmeter(const struct usage_event *event, const struct tariff *tariff,
			   struct buf *out, struct err *err)
{
	(void)tariff; /* the same */
	return write_cloud(event, true, out, err);
}

/* --- Lago --- */

/* Lago filters and groups by properties, which it compares as texts: tags lie flat beside
 * the others, as "tag:KEY". */
static int add_lago_tags(const struct usage_event *event, json_t *properties)
{
	AUTO(json_decrefp) json_t *tags = tags_of(event);
	const char *key;
	json_t *value;

	if (!tags)
		return -1;
	json_object_foreach (tags, key, value) {
		AUTO(freep) char *name = xasprintf("tag:%s", key);

		if (json_object_set(properties, name, value) < 0)
			return -1;
	}
	return 0;
}

static json_t *lago_properties(const struct usage_event *event, const struct words *words)
{
	const struct ledger_task *task = &event->task;
	AUTO(freep) char *seconds = xasprintf("%" PRId64, event->seconds);
	AUTO(freep) char *revision = xasprintf("%" PRId64, task->revision);
	AUTO(json_decrefp)
	json_t *properties = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "value", words->amount, "task",
		task->task, "cluster", task->cluster, "family", task->family, "revision", revision,
		"service", words->service, "startedBy", task->started_by, "architecture",
		task->architecture, "spot", task->spot ? "true" : "false");
	AUTO(json_decrefp)
	json_t *usage = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "meter",
				  meters[event->meter].word, "quantity", words->quantity, "unit",
				  meters[event->meter].unit, "seconds", seconds, "started",
				  words->started, "ended", words->ended, "estimated",
				  event->estimated ? "true" : "false", "reason", event->reason,
				  "correction", event->correction ? "true" : "false");

	if (!properties || !usage || json_object_update(properties, usage) < 0 ||
	    add_lago_tags(event, properties) < 0)
		return NULL;
	return STEAL(properties, NULL);
}

static int write_lago(const struct usage_event *event, const struct tariff *tariff, struct buf *out,
		      struct err *err)
{
	AUTO(json_decrefp) json_t *object = NULL;
	AUTO(freep) char *timestamp = NULL;
	char cents[USAGE_DECIMAL_SIZE];
	AUTO(json_decrefp) json_t *properties = NULL;
	struct words words;
	int64_t cost;

	if (usage_event_cost(tariff, event, &cost, err) < 0)
		return -1;
	make_words(event, &words);
	timestamp = xasprintf("%" PRId64 ".%03d", words.time_ms / MS_PER_SECOND,
			      (int)(words.time_ms % MS_PER_SECOND));
	properties = lago_properties(event, &words);
	if (!properties)
		return cannot_write(event, err);
	object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "transaction_id", words.id,
			   "external_subscription_id", event->task.account, "code",
			   meters[event->meter].code, "timestamp", timestamp,
			   "precise_total_amount_cents",
			   usage_shape_cents(cost, price_list_currency(tariff->prices), cents),
			   "properties", properties);
	return object ? append(event, object, out, err) : cannot_write(event, err);
}

/* --- the table --- */

#define CLOUD_BATCH "application/cloudevents-batch+json"
#define CLOUD_BEGIN "{\"specversion\":\"1.0\",\"id\":\""

static const struct usage_shape shapes[] = {
	{.name = "cloudevents",
	 .content_type = CLOUD_BATCH,
	 .open = "[",
	 .close = "]",
	 .path = "/",
	 .batch_max = USAGE_SHAPE_BATCH_MAX,
	 .tells_events = true,
	 .begin = CLOUD_BEGIN,
	 .write = write_cloudevents},
	{.name = "openmeter",
	 .content_type = CLOUD_BATCH,
	 .open = "[",
	 .close = "]",
	 .path = "/api/v1/events",
	 .batch_max = USAGE_SHAPE_BATCH_MAX,
	 .tells_events = true,
	 .begin = CLOUD_BEGIN,
	 .write = write_openmeter},
	{.name = "lago",
	 .content_type = "application/json",
	 .open = "{\"events\":[",
	 .close = "]}",
	 .path = "/api/v1/events/batch",
	 .batch_max = USAGE_SHAPE_BATCH_MAX,
	 .priced = true,
	 .refuses_known = true,
	 .begin = "{\"transaction_id\":\"",
	 .write = write_lago},
};

const struct usage_shape *usage_shape_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (strcmp(shapes[i].name, name) == 0)
			return &shapes[i];
	}
	return NULL;
}

int usage_shape_write(const struct usage_shape *shape, const struct usage_event *event,
		      const struct tariff *tariff, struct buf *out, struct err *err)
{
	return shape->write(event, tariff, out, err);
}
