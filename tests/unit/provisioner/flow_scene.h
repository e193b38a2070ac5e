/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rig for the lives of whole tasks, and what each test of them asks.
 */
#ifndef SLIPWAY_TESTS_UNIT_PROVISIONER_FLOW_SCENE_H
#define SLIPWAY_TESTS_UNIT_PROVISIONER_FLOW_SCENE_H

#include "core/log.h"
#include "tests/support/flow_rig.h"
#include "tests/support/suite.h"

#define LIFE_MS 10000

static struct rig rig;

static inline void open_rig(void)
{
	log_open("test", getenv("FLOW_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	rig_open(&rig);
}

static inline void close_rig(void)
{
	if (rig.flow)
		rig_stop(&rig);
	rig_close(&rig);
}

/* A task with these containers: from the row to STOPPED. */
static inline struct task live_with(const char *containers)
{
	rig_insert(&rig, 1, containers);
	rig_start(&rig);
	ck_assert_msg(rig_run_until(&rig, rig_is_stopped, LIFE_MS), "it did not stop");
	return rig_task(&rig, rig.id);
}

/* One container named app with this command: the same. */
static inline struct task live(const char *command)
{
	AUTO(freep)
	char *containers =
		xasprintf("[{\"name\":\"app\",\"image\":\"hello\",\"command\":%s}]", command);

	return live_with(containers);
}

static inline void assert_clean(const char *id)
{
	int64_t opened, closed;

	ck_assert_ptr_null(rig_leftovers(&rig));
	rig_meters(&rig, id, &opened, &closed);
	ck_assert_int_eq(opened, 2); /* VCPU and MEMORY */
	ck_assert_int_eq(closed, 2);
}

static inline void ask_to_stop(void)
{
	ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", rig.id,
				    "UserInitiated", "Task stopped by user", 1, &rig.err),
		  &rig.err);
}

#endif
