/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test of a record module needs: a folder with databases of its own, a
 * connection, an arena, and a task to begin with. Everything goes at the end of the scope:
 *     AUTO(place_done) struct place place;
 *     place_state(&place);
 */
#ifndef SLIPWAY_TESTS_UNIT_STORE_PLACE_H
#define SLIPWAY_TESTS_UNIT_STORE_PLACE_H

#include "tests/support/suite.h"

#include "core/file.h"
#include "store/task.h"

struct place {
	char folder[64];
	char path[96];
	struct db *db;
	struct arena *arena;
	struct err err;
};

static inline void place_init(struct place *place, const char *name)
{
	memset(place, 0, sizeof(*place));
	suite_folder(place->folder, sizeof(place->folder));
	(void)snprintf(place->path, sizeof(place->path), "%s/%s", place->folder, name);
	place->arena = arena_new(64u * 1024 * 1024);
}

static inline void place_state(struct place *place)
{
	place_init(place, "state.db");
	ASSERT_OK(db_open_state(place->path, &place->db, &place->err), &place->err);
}

static inline void place_logs(struct place *place)
{
	place_init(place, "logs.db");
	ASSERT_OK(db_open_logs(place->path, &place->db, &place->err), &place->err);
}

static inline void place_done(struct place *place)
{
	db_free(place->db);
	arena_free(place->arena);
	ASSERT_OK(file_remove_tree(place->folder, &place->err), &place->err);
}

/* The call fails with this code; the error is cleared for the next call. */
#define ASSERT_FAILS(call, error_code, err)                                                        \
	do {                                                                                       \
		ck_assert_int_eq(call, -1);                                                        \
		ck_assert_str_eq(err_code_name((err)->code), err_code_name(error_code));           \
		err_clear(err);                                                                    \
	} while (0)

#define ACCOUNT	      "111122223333"
#define OTHER_ACCOUNT "444455556666"

/* A task as a gateway makes it: id of 32 hex digits from @number, two containers. */
static inline struct task place_task(struct place *place, unsigned number)
{
	struct task task = {
		.id = arena_printf(place->arena, "%032x", number),
		.account = ACCOUNT,
		.cluster = "default",
		.family = "web",
		.revision = 1,
		.group = "family:web",
		.started_by = "",
		.launch_type = "FARGATE",
		.capacity_provider = "",
		.platform_version = "1.4.0",
		.cpu_units = 256,
		.memory_mib = 512,
		.storage_gib = 20,
		.subnet = "default",
		.groups_json = "[\"default\"]",
		.public_ip = true,
		.zone = "us-east-1a",
		.overrides_json = "{}",
		.spec_json = "{}",
		.client_token = "",
		.attachment_id = "6f6d3f2e-0000-4000-8000-000000000000",
		.network_interface_id = "eni-0123456789abcdef0",
		.subnet_id = "subnet-1",
		.state = TASK_PROVISIONING,
		.version = 1,
		.created_ms = 1000 + number,
		.container_count = 2,
	};

	task.containers = arena_alloc(place->arena, 2 * sizeof(*task.containers));
	task.containers[0] = (struct task_container){.name = "app",
						     .image = "hello:1",
						     .arn_id = "uuid-1",
						     .essential = true,
						     .cpu = 128,
						     .memory = 256};
	task.containers[1] = (struct task_container){
		.name = "side", .image = "side:1", .arn_id = "uuid-2", .memory_reservation = 64};
	return task;
}

static inline const char *place_insert(struct place *place, unsigned number)
{
	struct task task = place_task(place, number);

	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	return task.id;
}

static inline struct task place_find(struct place *place, const char *id)
{
	struct task task;

	ASSERT_OK(task_find(place->db, NULL, NULL, id, place->arena, &task, &place->err),
		  &place->err);
	return task;
}

static inline void place_move(struct place *place, const char *id, enum task_state from,
			      enum task_event event)
{
	ASSERT_OK(task_move(place->db, id, from, event, NULL, NULL, &place->err), &place->err);
}

/* To its end by the shortest road. */
static inline void place_stop(struct place *place, const char *id)
{
	place_move(place, id, TASK_PROVISIONING, TASK_EV_FAILED);
	place_move(place, id, TASK_DEPROVISIONING, TASK_EV_RELEASED);
}

#endif
