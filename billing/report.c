/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From charges to lines.
 */
#include "billing/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "billing/report_line.h"

#define AS_WORD(name, word) [SUMMARY_##name] = (word),
static const char *const key_words[SUMMARY_KEY_COUNT] = {SUMMARY_KEYS(AS_WORD)};

bool report_is_by_task(const struct report *report)
{
	return report->question.group_count == 0 && report->question.grain == COST_WHOLE;
}

char *report_key_text(const struct summary_group *group, char ret[REPORT_KEY_SIZE])
{
	(void)snprintf(ret, REPORT_KEY_SIZE, "%s%s%s", key_words[group->key],
		       group->key == SUMMARY_TAG ? ":" : "",
		       group->key == SUMMARY_TAG ? group->tag : "");
	return ret;
}

const char *report_currency(const struct report *report)
{
	return price_list_currency(report->tariff->prices);
}

int report_flushed(FILE *out, struct err *err)
{
	if (fflush(out) != 0 || ferror(out))
		return err_sys(err, errno, "write the bill");
	return 0;
}

char *report_vcpu_text(int64_t milli, char ret[REPORT_QUANTITY_SIZE])
{
	int len = snprintf(ret, REPORT_QUANTITY_SIZE, "%" PRId64 ".%03" PRId64, milli / 1000,
			   milli % 1000);

	while (ret[len - 1] == '0')
		ret[--len] = '\0';
	if (ret[len - 1] == '.')
		ret[len - 1] = '\0';
	return ret;
}

static bool is_wanted(const struct summary_question *question, const struct charge *charge,
		      enum meter meter)
{
	return !question->wanted || question->wanted(question->ctx, charge, meter);
}

/* 1: there is something of the charge in the period. */
static int add_pieces(const struct report *report, const struct charge *charge,
		      struct report_line *line, struct err *err)
{
	const struct summary_question *question = &report->question;
	struct cost_walk walk;
	struct cost_piece piece;
	bool any = false;
	int rc;

	if (cost_walk_begin(&walk, report->tariff, charge, question->filter->from_s,
			    question->filter->until_s, COST_WHOLE, err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		if (!is_wanted(question, charge, piece.meter))
			continue;
		any = true;
		line->amount[piece.meter] += piece.amount;
		if (cost_add(&line->meter_nano[piece.meter], piece.cost_nano, err) < 0 ||
		    cost_add(&line->total_nano, piece.cost_nano, err) < 0)
			return -1;
	}
	return rc < 0 ? -1 : any;
}

/* All meters hold the same seconds: the first that is there says it. */
static int64_t period_seconds(const struct report_line *line)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (line->amount[meter] != 0)
			return line->amount[meter] / line->charge->quantity[meter];
	}
	return 0;
}

/* What has only just begun, or was held not at all, is a line all the same. */
static bool is_empty_line(const struct summary_question *question, const struct charge *charge)
{
	return charge->seconds == 0 && charge->started_s >= question->filter->from_s &&
	       charge->started_s < question->filter->until_s &&
	       is_wanted(question, charge, METER_VCPU);
}

static int fill_line(const struct report *report, const struct charge *charge,
		     struct report_line *line, struct err *err)
{
	int rc;

	*line = (struct report_line){.charge = charge};
	rc = add_pieces(report, charge, line, err);
	if (rc < 0 || cost_billed_seconds(report->tariff, charge, &line->billed_seconds, err) < 0)
		return -1;
	line->period_seconds = period_seconds(line);
	return rc == 1 || is_empty_line(&report->question, charge);
}

int report_each_line(const struct report *report, report_line_fn *fn, void *ctx,
		     int64_t *ret_total_nano, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct charge charge;
	int64_t total = 0;
	int rc;

	if (charge_scan_open(report->db, report->question.filter, &scan, err) < 0)
		return -1;
	while ((rc = charge_scan_next(scan, &charge, err)) == 1) {
		struct report_line line;

		rc = fill_line(report, &charge, &line, err);
		if (rc < 0 || (rc == 1 && (cost_add(&total, line.total_nano, err) < 0 ||
					   fn(ctx, &line, err) < 0)))
			return -1;
	}
	if (rc < 0)
		return -1;
	*ret_total_nano = total;
	return 0;
}
