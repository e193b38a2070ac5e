/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/health_score.h"

#define BEFORE 59999 /* the start period of a minute is not over */
#define AFTER  60000

static const struct wire_check check = {.retries = 3, .start_period_s = 60};

/* What checks find, + or - each, and how well the container is after each. */
static const struct {
	const char *results, *healths;
	int64_t age_ms;
} rows[] = {
	{"+", "H", BEFORE},	     {"---+", "??UH", AFTER},	   {"+--+--", "HHHHHH", AFTER},
	{"+---", "HHHU", AFTER},     {"------", "??????", BEFORE}, {"-+---", "?HHHU", BEFORE},
	{"----+-", "??UUHH", AFTER},
};

static const char letters[] = {
	[WIRE_HEALTH_UNKNOWN] = '?',
	[WIRE_HEALTH_HEALTHY] = 'H',
	[WIRE_HEALTH_UNHEALTHY] = 'U',
};

START_TEST(results_become_health)
{
	struct health_score score = {0};

	for (size_t i = 0; rows[_i].results[i]; i++) {
		health_score_count(&score, &check, rows[_i].results[i] == '+', rows[_i].age_ms);
		ck_assert_msg(letters[score.status] == rows[_i].healths[i], "%s at %zu: %c",
			      rows[_i].results, i, letters[score.status]);
	}
}
END_TEST

START_TEST(failures_count_from_the_end_of_the_start_period_on)
{
	struct health_score score = {0};

	for (int i = 0; i < 9; i++)
		health_score_count(&score, &check, false, BEFORE);
	for (int i = 0; i < 2; i++)
		health_score_count(&score, &check, false, AFTER);
	ck_assert_int_eq(score.status, WIRE_HEALTH_UNKNOWN);
	health_score_count(&score, &check, false, AFTER);
	ck_assert_int_eq(score.status, WIRE_HEALTH_UNHEALTHY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("microvm/health_score");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, results_become_health, 0, ARRAY_LEN(rows));
	tcase_add_test(all, failures_count_from_the_end_of_the_start_period_on);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
