/* SPDX-License-Identifier: Apache-2.0 */
/* Links core_base alone: what the agent in the microVM has must be whole by itself. */
#include "tests/support/suite.h"

#include "core/clock.h"
#include "core/log.h"
#include "core/shape.h"

START_TEST(a_document_is_parsed_and_logged_without_the_rest_of_core)
{
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	char time[CLOCK_ISO_SIZE];

	ASSERT_OK(shape_parse("{\"a\":1}", 7, &json, &err), &err);
	log_open("test", LOG_LEVEL_ERROR);
	log_info("at=%s members=%zu", clock_iso(clock_wall_ms(), time), json_object_size(json));
	ck_assert_uint_eq(json_object_size(json), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_document_is_parsed_and_logged_without_the_rest_of_core};

	return suite_run("core/base", tests, ARRAY_LEN(tests));
}
