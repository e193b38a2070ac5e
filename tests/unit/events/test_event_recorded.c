/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the real service said of patterns and events: a file of its recorded answers that stands
 * beside the project, where there is one.
 */
#include "event_ask.h"

#define CASES	   "../shared/data/events/pattern-cases.jsonl"
#define CASE_COUNT 155
#define LINE_MAX   16384

/* The service's text, and then perhaps where in the pattern it happened. */
static void check_refusal(const char *name, const char *pattern, const json_t *one)
{
	const char *message = json_string_value(json_object_get(one, "message"));
	struct event_pattern *made = NULL;
	struct err err = ERR_INIT;
	size_t len;

	ck_assert_msg(event_pattern_new(pattern, strlen(pattern), &made, &err) < 0,
		      "%s: taken, though the service says: %s", name, message);
	ck_assert_str_eq(json_string_value(json_object_get(one, "code")),
			 "InvalidEventPatternException");
	ck_assert_int_eq(err.code, ERR_INVALID);
	len = strlen(message);
	ck_assert_msg(strncmp(err.text, message, len) == 0 &&
			      (!err.text[len] ||
			       strncmp(err.text + len, "\n at [Source: (String)\"", 23) == 0),
		      "%s: \"%s\", but the service says \"%s\"", name, err.text, message);
}

static void check_case(const json_t *one)
{
	const char *name = json_string_value(json_object_get(one, "name"));
	const char *verdict = json_string_value(json_object_get(one, "verdict"));
	char *pattern =
		json_dumps(json_object_get(one, "pattern"), JSON_COMPACT | JSON_REAL_PRECISION(15));
	char *event =
		json_dumps(json_object_get(one, "event"), JSON_COMPACT | JSON_REAL_PRECISION(15));

	if (strcmp(verdict, "INVALID") == 0)
		check_refusal(name, pattern, one);
	else
		ck_assert_msg(matches(pattern, event) == (strcmp(verdict, "MATCH") == 0),
			      "%s: the service says %s", name, verdict);
	free(pattern);
	free(event);
}

START_TEST(every_recorded_verdict_and_message_is_the_services)
{
	static char line[LINE_MAX];
	FILE *file = fopen(CASES, "r");
	int count = 0;

	if (!file) {
		(void)fprintf(stderr, "skipped: no recorded cases at %s\n", CASES);
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		json_t *one = json_loads(line, 0, NULL);

		ck_assert_ptr_nonnull(one);
		check_case(one);
		json_decref(one);
		count++;
	}
	(void)fclose(file);
	ck_assert_int_eq(count, CASE_COUNT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_recorded_verdict_and_message_is_the_services};

	return suite_run("event_recorded", tests, ARRAY_LEN(tests));
}
