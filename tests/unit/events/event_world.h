/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of events share: an arena, text that is read as an event, output as text.
 */
#ifndef SLIPWAY_TESTS_UNIT_EVENTS_EVENT_WORLD_H
#define SLIPWAY_TESTS_UNIT_EVENTS_EVENT_WORLD_H

#include "tests/support/suite.h"

#include "events/event.h"
#include "events/json_text.h"

static struct arena *world;
static struct buf world_out;

static void world_begin(void)
{
	world = arena_new(16u << 20);
	buf_init(&world_out, EVENT_TEXT_MAX);
}

static void world_end(void)
{
	buf_done(&world_out);
	arena_freep(&world);
}

/* @text without blanks, as json_slice has it. */
static inline struct json_slice world_json(const char *text)
{
	AUTO(buf_done) struct buf minified;
	struct err err = ERR_INIT;
	struct json_slice slice;

	buf_init(&minified, 4u << 20);
	ck_assert_msg(json_text_minify(text, strlen(text), &minified, &err) == 0, "%s: %s", text,
		      err.text);
	slice.len = minified.len;
	slice.text = arena_strndup(world, (const char *)minified.data, minified.len);
	ck_assert_ptr_nonnull(slice.text);
	return slice;
}

static inline const char *world_text(struct json_slice slice)
{
	return slice.len > 0 ? arena_strndup(world, slice.text, slice.len) : "";
}

/* What has been written, and a new sheet. */
static inline const char *world_written(void)
{
	const char *text = arena_strndup(world, (const char *)world_out.data, world_out.len);

	buf_clear(&world_out);
	return text;
}

static inline int world_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, world_begin, world_end);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(all, tests[i]);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}

#endif
