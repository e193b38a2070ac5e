/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each charge goes to all sums. A table with more rows than anybody reads is given up, and the page
 * says so; the same is how the grain of the chart is found: hours are tried until there are too
 * many. A tag's table begins when its key is first met; what was before has no such tag.
 */
#include "billing/html_data.h"

#include <jansson.h>
#include <string.h>

#include "billing/report_line.h"

#define TABLE_ROWS 20000 /* of families, values of a tag, ... */
#define AXIS_ROWS  2000	 /* columns of the chart */
#define MEMORY	   (512u * 1024 * 1024)

static const enum cost_grain grains[HTML_AXES] = {COST_HOURS, COST_DAYS, COST_MONTHS};
static const enum summary_key keys[HTML_TABLES] = {
	[HTML_CLUSTERS] = SUMMARY_CLUSTER,
	[HTML_SERVICES] = SUMMARY_SERVICE,
	[HTML_FAMILIES] = SUMMARY_FAMILY,
	[HTML_USAGE_TYPES] = SUMMARY_USAGE_TYPE,
};

static void part_begin(struct html_data *data, struct html_part *part, enum cost_grain grain,
		       const struct summary_group *group)
{
	part->question = data->report->question;
	part->question.grain = grain;
	part->question.row_limit = group ? TABLE_ROWS : AXIS_ROWS;
	if (group) {
		part->question.groups[0] = *group;
		part->question.group_count = 1;
	}
	part->sums = summary_sums_new(&part->question, data->arena);
}

static int part_add(const struct html_data *data, struct html_part *part,
		    const struct charge *charge, struct err *err)
{
	if (!part->sums || summary_sums_add(part->sums, data->report->tariff, charge, err) == 0)
		return 0;
	if (err->code != ERR_LIMIT)
		return -1;
	err_clear(err);
	part->too_many = true;
	summary_sums_freep(&part->sums);
	return 0;
}

static int part_end(struct html_part *part, struct err *err)
{
	return part->sums ? summary_sums_take(part->sums, &part->summary, err) : 0;
}

/* --- tags --- */

static bool has_table(const struct html_data *data, const char *key)
{
	for (size_t i = 0; i < data->tag_count; i++) {
		if (strcmp(data->tag_keys[i], key) == 0)
			return true;
	}
	return false;
}

static void meet_tags(struct html_data *data, const struct charge *charge)
{
	AUTO(json_decrefp) json_t *tags = NULL;
	const char *key;
	json_t *value;

	if (strcmp(charge->task.tags_json, "{}") == 0 || data->more_tags)
		return;
	tags = json_loads(charge->task.tags_json, 0, NULL); /* what cannot be read has none */
	json_object_foreach (tags, key, value) {
		struct summary_group group = {.key = SUMMARY_TAG};

		if (has_table(data, key))
			continue;
		if (data->tag_count == HTML_TAGS_MAX) {
			data->more_tags = true;
			return;
		}
		group.tag = data->tag_keys[data->tag_count] = xstrdup(key);
		part_begin(data, &data->tags[data->tag_count++], COST_WHOLE, &group);
	}
}

/* --- a charge --- */

/* What could be saved is of what the page shows: of the period. */
static int add_use(struct html_data *data, const struct report_line *line, struct err *err)
{
	struct task_bill bill;

	if (task_bill_make(data->report->db, data->report->tariff, line->charge, &bill, err) < 0)
		return -1;
	memcpy(bill.meter_nano, line->meter_nano, sizeof(bill.meter_nano));
	html_hints_add(data->hints, &bill);
	return 0;
}

static int add_line(void *ctx, const struct report_line *line, struct err *err)
{
	struct html_data *data = ctx;
	const struct charge *charge = line->charge;

	meet_tags(data, charge);
	for (size_t i = 0; i < HTML_TABLES; i++) {
		if (part_add(data, &data->tables[i], charge, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < HTML_AXES; i++) {
		if (part_add(data, &data->axes[i], charge, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < data->tag_count; i++) {
		if (part_add(data, &data->tags[i], charge, err) < 0)
			return -1;
	}
	html_top_add(&data->top, charge, line->total_nano);
	return add_use(data, line, err);
}

/* --- all of them --- */

static void begin_parts(struct html_data *data)
{
	enum cost_grain asked = data->report->question.grain;

	for (size_t i = 0; i < HTML_TABLES; i++) {
		const struct summary_group group = {.key = keys[i]};

		part_begin(data, &data->tables[i], COST_WHOLE, &group);
	}
	for (size_t i = 0; i < HTML_AXES; i++) {
		if (asked == COST_WHOLE || asked == grains[i])
			part_begin(data, &data->axes[i], grains[i], NULL);
	}
}

static int end_parts(struct html_data *data, struct err *err)
{
	for (size_t i = 0; i < HTML_TABLES; i++) {
		if (part_end(&data->tables[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < HTML_AXES; i++) {
		if (part_end(&data->axes[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < data->tag_count; i++) {
		if (part_end(&data->tags[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Sums by usage type are few, so their total is always there. */
static int check_total(struct html_data *data, int64_t total_nano, struct err *err)
{
	data->total = data->tables[HTML_USAGE_TYPES].summary.total;
	if (data->total.total_nano != total_nano)
		return err_set(err, ERR_CORRUPT, "the sums of the bill differ from its lines");
	return 0;
}

int html_data_read(const struct report *report, struct html_data *ret_data, struct err *err)
{
	int64_t total_nano;

	*ret_data = (struct html_data){
		.report = report, .arena = arena_new(MEMORY), .hints = html_hints_new()};
	begin_parts(ret_data);
	if (report_each_line(report, add_line, ret_data, &total_nano, err) < 0 ||
	    end_parts(ret_data, err) < 0)
		return -1;
	return check_total(ret_data, total_nano, err);
}

void html_data_done(struct html_data *data)
{
	for (size_t i = 0; i < HTML_TABLES; i++)
		summary_sums_free(data->tables[i].sums);
	for (size_t i = 0; i < HTML_AXES; i++)
		summary_sums_free(data->axes[i].sums);
	for (size_t i = 0; i < data->tag_count; i++) {
		summary_sums_free(data->tags[i].sums);
		free(data->tag_keys[i]);
	}
	html_top_done(&data->top);
	html_hints_free(data->hints);
	arena_free(data->arena);
}
