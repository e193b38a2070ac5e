/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words into a question of billing/report.h.
 */
#include "cli/bill_question.h"

#include <string.h>

#include "billing/calendar.h"
#include "cli/bill_time.h"

#define AS_WORD(name, word) [SUMMARY_##name] = (word),
static const char *const keys[SUMMARY_KEY_COUNT] = {SUMMARY_KEYS(AS_WORD)};

#define AS_ENTRY(name, word) word " "
#define KEY_WORDS	     SUMMARY_KEYS(AS_ENTRY)

static const struct {
	const char *word;
	enum cost_grain grain;
} grains[] = {{"hour", COST_HOURS}, {"day", COST_DAYS}, {"month", COST_MONTHS}};

/* --- the period --- */

static int read_period(const struct bill_words *words, int64_t now_s, struct charge_filter *filter,
		       struct err *err)
{
	filter->until_s = REPORT_OPEN_S;
	if (words->month) {
		if (words->since || words->until)
			return err_set(err, ERR_INVALID,
				       "--month is a period by itself: not with --since or"
				       " --until");
		if (!calendar_month_parse(words->month, &filter->from_s))
			return err_set(err, ERR_INVALID,
				       "--month must be one like 2026-01, not \"%.20s\"",
				       words->month);
		filter->until_s = calendar_month_end(filter->from_s);
		return 0;
	}
	if ((words->since &&
	     bill_time_parse("since", words->since, now_s, &filter->from_s, err) < 0) ||
	    (words->until &&
	     bill_time_parse("until", words->until, now_s, &filter->until_s, err) < 0))
		return -1;
	if (filter->from_s >= filter->until_s)
		return err_set(err, ERR_INVALID, "--until %s is not behind --since %s",
			       words->until ? words->until : "", words->since ? words->since : "");
	return 0;
}

/* --- keys and grain --- */

static int read_key(const char *word, struct summary_group *ret_group, struct err *err)
{
	if (strncmp(word, "tag:", 4) == 0 && word[4] != '\0') {
		*ret_group = (struct summary_group){SUMMARY_TAG, word + 4};
		return 0;
	}
	for (int key = 0; key < SUMMARY_TAG; key++) {
		if (strcmp(keys[key], word) == 0) {
			*ret_group = (struct summary_group){.key = (enum summary_key)key};
			return 0;
		}
	}
	return err_set(err, ERR_INVALID,
		       "--by: \"%.60s\" is none of these keys: " KEY_WORDS "(as tag:KEY)", word);
}

static bool is_same_group(const struct summary_group *a, const struct summary_group *b)
{
	if (a->key != b->key)
		return false;
	return !a->tag || !b->tag || strcmp(a->tag, b->tag) == 0;
}

static int read_keys(const char *by, struct bill_question *question, struct err *err)
{
	struct summary_question *summary = &question->report.question;
	char *rest = question->by = xstrdup(by);
	const char *word;

	while ((word = strsep(&rest, ","))) {
		struct summary_group group;

		if (summary->group_count == SUMMARY_GROUPS_MAX)
			return err_set(err, ERR_INVALID, "--by takes at most %d keys",
				       SUMMARY_GROUPS_MAX);
		if (read_key(word, &group, err) < 0)
			return -1;
		for (size_t i = 0; i < summary->group_count; i++) {
			if (is_same_group(&summary->groups[i], &group))
				return err_set(err, ERR_INVALID, "--by names \"%.60s\" twice",
					       word);
		}
		summary->groups[summary->group_count++] = group;
	}
	return 0;
}

static int read_grain(const char *word, enum cost_grain *ret_grain, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(grains); i++) {
		if (strcmp(word, grains[i].word) == 0) {
			*ret_grain = grains[i].grain;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "--grain must be hour, day or month, not \"%.40s\"", word);
}

/* --- what is selected --- */

static void read_texts(const struct option_texts *words, struct selection_texts *ret_texts)
{
	_Static_assert(SELECTION_MAX >= OPTION_TEXTS_MAX, "an option's texts must fit");
	for (size_t i = 0; i < words->count; i++)
		ret_texts->items[i] = words->items[i];
	ret_texts->count = words->count;
}

/* The keys are copied, as they end in the middle of their words. */
static int read_tags(const struct option_texts *words, struct bill_question *question,
		     struct err *err)
{
	struct selection *selection = &question->selection;

	for (size_t i = 0; i < words->count; i++) {
		const char *equals = strchr(words->items[i], '=');

		if (!equals || equals == words->items[i])
			return err_set(err, ERR_INVALID,
				       "--tag must be KEY=VALUE (KEY= for what has no such tag), "
				       "not \"%.60s\"",
				       words->items[i]);
		selection->tags[selection->tag_count++] = (struct selection_tag){
			.key = xstrndup(words->items[i], (size_t)(equals - words->items[i])),
			.value = equals + 1};
	}
	return 0;
}

static int read_selection(const struct bill_words *words, struct bill_question *question,
			  struct err *err)
{
	read_texts(&words->clusters, &question->selection.clusters);
	read_texts(&words->families, &question->selection.families);
	return read_tags(&words->tags, question, err);
}

static int read_all(const struct bill_words *words, struct bill_session *session, int64_t now_s,
		    struct bill_question *question, struct err *err)
{
	struct summary_question *summary = &question->report.question;

	if (words->account) {
		if (bill_session_account(session->db, words->account, question->account, err) < 0)
			return -1;
		question->filter.account = question->account;
	}
	if (read_period(words, now_s, &question->filter, err) < 0 ||
	    read_selection(words, question, err) < 0 ||
	    (words->by && read_keys(words->by, question, err) < 0) ||
	    (words->grain && read_grain(words->grain, &summary->grain, err) < 0))
		return -1;
	return 0;
}

int bill_question_read(const struct bill_words *words, struct bill_session *session, int64_t now_s,
		       struct bill_question *ret_question, struct err *err)
{
	struct report *report = &ret_question->report;

	*ret_question = (struct bill_question){0};
	*report = (struct report){
		.db = session->db, .tariff = &session->tariff, .region = session->settings.region};
	report->question.filter = &ret_question->filter;
	ret_question->filter.slack_s = cost_slack(&session->tariff);
	if (read_all(words, session, now_s, ret_question, err) < 0) {
		bill_question_done(ret_question);
		return -1;
	}
	if (!selection_is_all(&ret_question->selection)) {
		report->question.wanted = selection_wants;
		report->question.ctx = &ret_question->selection;
	}
	return 0;
}

void bill_question_done(struct bill_question *question)
{
	for (size_t i = 0; i < question->selection.tag_count; i++)
		free((char *)(uintptr_t)question->selection.tags[i].key);
	question->selection.tag_count = 0;
	free(question->by);
	question->by = NULL;
}
