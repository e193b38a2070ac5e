/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why TZif files are read here. The C library keeps one zone in a global that is set through
 * the environment, so threads cannot have different ones. ICU has the interface, but Debian's
 * carries zone tables of its own in a library of 30 MB: they stay what they were at its
 * release when the tzdata package follows a government that changes its clocks, and such a
 * library does not belong into the program that faces the internet. The format is small and
 * kept stable by an RFC; the files are those that every other program of the host believes.
 *
 * A file holds its data twice, in 32 and in 64 bits; the first block is skipped. The second is
 * a table of changes, each with the number of a type (offset from UTC), and at its end a rule
 * for all years after the last change. The rule is written out into the same table up to the
 * year 2200, behind which no expression reaches, so that a question is one binary search and
 * parsing is the only place where rules are understood.
 *
 * A file is believed to be what the operating system installed, and nothing else about it:
 * counts have limits, indices are checked, changes must ascend.
 */
#include "events/zone.h"

#include <string.h>

#include "core/bytes.h"
#include "events/civil.h"
#include "events/zone_private.h"

#define HEADER_SIZE   44
#define RULE_YEAR_END 2200
#define RULE_YEAR_MIN 1900 /* rules of files without changes begin here */
#define CHANGES_MAX   2048 /* of a file; the longest of tzdata has 240 */
#define TYPES_MAX     256
#define TYPE_SIZE     6
#define OFFSET_LOW_S  (-89999) /* RFC 8536, section 3.2 */
#define OFFSET_HIGH_S 93599
#define RULE_LEN_MAX  128
/* No span's offsets differ by more, so looking this far back finds the first that may show a
 * local time. */
#define LOOK_BACK_S   (2 * CIVIL_DAY_S + 6 * 3600)

struct change {
	int64_t at_s; /* UTC */
	int32_t offset_s;
};

struct zone {
	int32_t first_offset_s; /* before all changes */
	size_t count, room;
	struct change *changes; /* ascending */
};

struct header {
	char version;
	uint32_t isut, isstd, leaps, times, types, chars;
};

struct reader {
	const uint8_t *at, *end;
};

static int damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_CORRUPT, "no time zone file: %s", what);
}

/* The next @size bytes; NULL if there are fewer. */
static const uint8_t *take(struct reader *reader, size_t size)
{
	const uint8_t *taken = reader->at;

	if ((size_t)(reader->end - reader->at) < size)
		return NULL;
	reader->at += size;
	return taken;
}

static int take_header(struct reader *reader, struct header *ret, struct err *err)
{
	const uint8_t *bytes = take(reader, HEADER_SIZE);

	if (!bytes || memcmp(bytes, "TZif", 4) != 0)
		return damaged(err, "it does not begin as one");
	*ret = (struct header){
		.version = (char)bytes[4],
		.isut = be32_get(bytes + 20),
		.isstd = be32_get(bytes + 24),
		.leaps = be32_get(bytes + 28),
		.times = be32_get(bytes + 32),
		.types = be32_get(bytes + 36),
		.chars = be32_get(bytes + 40),
	};
	if (ret->version < '2')
		return damaged(err, "its version has 32 bits only");
	if (ret->times > CHANGES_MAX || ret->types > TYPES_MAX || ret->types == 0 ||
	    ret->chars > TYPES_MAX || ret->isut > TYPES_MAX || ret->isstd > TYPES_MAX)
		return damaged(err, "a count of its header is out of range");
	if (ret->leaps > 0)
		return err_set(err, ERR_UNSUPPORTED, "the time zone counts leap seconds");
	return 0;
}

/* What follows a header, with times of @time_size bytes. */
static size_t body_size(const struct header *header, size_t time_size)
{
	return header->times * (time_size + 1) + (size_t)header->types * TYPE_SIZE + header->chars +
	       header->isstd + header->isut;
}

static int type_offset(const uint8_t *types, const struct header *header, size_t type,
		       int32_t *ret_s, struct err *err)
{
	if (type >= header->types)
		return damaged(err, "a change is of no type");
	*ret_s = (int32_t)be32_get(types + type * TYPE_SIZE);
	if (*ret_s < OFFSET_LOW_S || *ret_s > OFFSET_HIGH_S)
		return damaged(err, "an offset is out of range");
	return 0;
}

static int read_changes(struct zone *zone, const uint8_t *body, const struct header *header,
			struct err *err)
{
	const uint8_t *kinds = body + (size_t)header->times * sizeof(int64_t);
	const uint8_t *types = kinds + header->times;

	if (type_offset(types, header, 0, &zone->first_offset_s, err) < 0)
		return -1;
	for (size_t i = 0; i < header->times; i++) {
		struct change change = {.at_s = (int64_t)be64_get(body + i * sizeof(int64_t))};

		if (type_offset(types, header, kinds[i], &change.offset_s, err) < 0)
			return -1;
		if (change.at_s <= ZONE_BEGIN || change.at_s >= ZONE_END)
			return damaged(err, "a change lies outside of time");
		if (i > 0 && change.at_s <= zone->changes[i - 1].at_s)
			return damaged(err, "its changes do not ascend");
		zone->changes[zone->count++] = change;
	}
	return 0;
}

/* One change of the rule. What is not later than the file's own changes is known already; of
 * two at the same time, where summer time never ends, the later one counts. */
static void add_by_rule(struct zone *zone, size_t of_file, int64_t at_s, int32_t offset_s)
{
	struct change *last = zone->count > 0 ? &zone->changes[zone->count - 1] : NULL;

	if (last && at_s < last->at_s)
		return;
	if (last && at_s == last->at_s) {
		if (zone->count > of_file)
			last->offset_s = offset_s;
		return;
	}
	zone->changes[zone->count++] = (struct change){.at_s = at_s, .offset_s = offset_s};
}

static void write_out(struct zone *zone, const struct zone_rule *rule, int from_year)
{
	size_t of_file = zone->count;

	for (int year = from_year; year <= RULE_YEAR_END; year++) {
		int64_t summer = zone_change_local(&rule->to_summer, year) - rule->standard_s;
		int64_t standard = zone_change_local(&rule->to_standard, year) - rule->summer_s;

		if (summer < standard)
			add_by_rule(zone, of_file, summer, rule->summer_s);
		add_by_rule(zone, of_file, standard, rule->standard_s);
		if (summer >= standard)
			add_by_rule(zone, of_file, summer, rule->summer_s);
	}
}

/* The year of the file's last change, which may lie anywhere. */
static int year_of_last(const struct zone *zone)
{
	static const int64_t low = -70 * (int64_t)366 * CIVIL_DAY_S;
	static const int64_t high = 230 * (int64_t)366 * CIVIL_DAY_S;
	int64_t last = zone->count > 0 ? zone->changes[zone->count - 1].at_s : low;

	if (last <= low)
		return RULE_YEAR_MIN;
	if (last >= high)
		return RULE_YEAR_END;
	return civil_from_days((last + 70 * 366 * CIVIL_DAY_S) / CIVIL_DAY_S - 70 * 366).year;
}

/* Newline, rule, newline; the rule may be empty and means then: as after the last change. */
static int read_rule(struct zone *zone, struct reader *reader, struct err *err)
{
	struct zone_rule rule;
	const uint8_t *begin = take(reader, 1), *end;

	if (!begin || *begin != '\n')
		return damaged(err, "the rule at its end is missing");
	begin++;
	end = memchr(begin, '\n', (size_t)(reader->end - begin));
	if (!end || end - begin > RULE_LEN_MAX)
		return damaged(err, "the rule at its end does not end");
	if (end == begin)
		return 0;
	if (!zone_rule_parse((const char *)begin, (size_t)(end - begin), &rule))
		return damaged(err, "the rule at its end is none");
	if (rule.has_summer)
		write_out(zone, &rule, year_of_last(zone) - 1);
	else if (zone->count == 0)
		zone->first_offset_s = rule.standard_s;
	return 0;
}

int zone_parse(const uint8_t *bytes, size_t len, struct zone **ret, struct err *err)
{
	AUTO(zone_freep) struct zone *zone = NULL;
	struct reader reader = {.at = bytes, .end = bytes + len};
	struct header header;
	const uint8_t *body;

	if (len > ZONE_FILE_MAX)
		return damaged(err, "it is too long");
	if (take_header(&reader, &header, err) < 0)
		return -1;
	if (!take(&reader, body_size(&header, sizeof(int32_t))))
		return damaged(err, "it is cut off");
	if (take_header(&reader, &header, err) < 0)
		return -1;
	body = take(&reader, body_size(&header, sizeof(int64_t)));
	if (!body)
		return damaged(err, "it is cut off");
	zone = xcalloc(1, sizeof(*zone));
	zone->room = header.times + 2 * (size_t)(RULE_YEAR_END - RULE_YEAR_MIN + 2);
	zone->changes = xcalloc(zone->room, sizeof(*zone->changes));
	if (read_changes(zone, body, &header, err) < 0 || read_rule(zone, &reader, err) < 0)
		return -1;
	*ret = STEAL(zone, NULL);
	return 0;
}

void zone_free(struct zone *zone)
{
	if (!zone)
		return;
	free(zone->changes);
	free(zone);
}

void zone_freep(struct zone **zone)
{
	zone_free(*zone);
	*zone = NULL;
}

/* How many changes there are up to @utc_s. */
static size_t changes_until(const struct zone *zone, int64_t utc_s)
{
	size_t low = 0, high = zone->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->changes[middle].at_s <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void zone_span(const struct zone *zone, int64_t utc_s, struct zone_span *ret)
{
	size_t passed;

	*ret = (struct zone_span){.from_s = ZONE_BEGIN, .until_s = ZONE_END};
	if (!zone)
		return;
	passed = changes_until(zone, utc_s);
	ret->offset_s = ret->before_s = zone->first_offset_s;
	if (passed > 0) {
		ret->from_s = zone->changes[passed - 1].at_s;
		ret->offset_s = ret->before_s = zone->changes[passed - 1].offset_s;
		ret->before_s =
			passed > 1 ? zone->changes[passed - 2].offset_s : zone->first_offset_s;
	}
	if (passed < zone->count)
		ret->until_s = zone->changes[passed].at_s;
}

int64_t zone_span_first_local(const struct zone_span *span)
{
	return span->from_s + (span->offset_s > span->before_s ? span->offset_s : span->before_s);
}

bool zone_first_utc(const struct zone *zone, int64_t local_s, int64_t *ret_utc_s)
{
	struct zone_span span;

	zone_span(zone, local_s - LOOK_BACK_S, &span);
	while (local_s - span.offset_s >= span.until_s) {
		if (span.until_s == ZONE_END)
			return false;
		zone_span(zone, span.until_s, &span);
	}
	if (local_s < zone_span_first_local(&span))
		return false;
	*ret_utc_s = local_s - span.offset_s;
	return true;
}
