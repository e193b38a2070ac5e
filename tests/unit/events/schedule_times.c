/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints when expressions fall due, for schedule_compare.py. One question a line of standard
 * input, one answer a line of standard output:
 *
 *	SERVICE ZONE CREATED START END AFTER COUNT EXPRESSION
 *
 * SERVICE is rule or scheduler; times are in milliseconds since 1970, START 0 and END -1 for
 * none. The answer is up to COUNT times, or "refused: " and the service's message.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "events/schedule.h"
#include "events/zone_set.h"

#define LINE_SIZE  1024
#define WORD_SIZE  64
#define COUNT_MAX  1000
#define WORDS_READ 8

struct question {
	char service[WORD_SIZE], zone[WORD_SIZE];
	struct schedule_frame frame;
	int64_t after_ms;
	uint32_t count;
	int expression; /* where it begins in the line */
};

static bool read_question(const char *line, struct question *ret)
{
	*ret = (struct question){0};
	return sscanf(line,
		      "%63s %63s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu32 "%n",
		      ret->service, ret->zone, &ret->frame.created_ms, &ret->frame.start_ms,
		      &ret->frame.end_ms, &ret->after_ms, &ret->count,
		      &ret->expression) == WORDS_READ - 1 &&
	       line[ret->expression] == ' ' && ret->count <= COUNT_MAX;
}

static int answer(struct zone_set *zones, const char *line, struct err *err)
{
	struct question question;
	struct schedule schedule;
	enum schedule_service service;
	int64_t times[COUNT_MAX];
	bool more;
	size_t count;

	if (!read_question(line, &question))
		return err_set(err, ERR_CORRUPT, "this is no question: %s", line);
	service = strcmp(question.service, "rule") == 0 ? SCHEDULE_OF_RULE : SCHEDULE_OF_SCHEDULER;
	if (question.frame.end_ms < 0)
		question.frame.end_ms = SCHEDULE_NO_END;
	if (zone_set_get(zones, question.zone, &question.frame.zone, err) < 0 ||
	    schedule_parse(line + question.expression + 1, service, &schedule, err) < 0)
		return -1;
	count = schedule_due(&schedule, &question.frame, question.after_ms, INT64_MAX,
			     question.count, times, &more);
	for (size_t i = 0; i < count; i++)
		printf("%s%" PRId64, i > 0 ? " " : "", times[i]);
	printf("\n");
	return 0;
}

int main(void)
{
	AUTO(zone_set_freep) struct zone_set *zones = zone_set_new(ZONE_FOLDER);
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), stdin)) {
		struct err err = ERR_INIT;

		line[strcspn(line, "\n")] = '\0';
		if (answer(zones, line, &err) < 0)
			printf("refused: %s\n", err.text);
		if (err.code == ERR_CORRUPT || err.code == ERR_UNAVAILABLE)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
