/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/task_spec.h"

static int fill(struct arena *arena, const char *text, json_t **ret_json,
		struct task_spec *ret_spec, struct err *err)
{
	ASSERT_OK(shape_parse(text, strlen(text), ret_json, err), err);
	return shape_fill(&task_spec_shape, *ret_json, arena, ret_spec, err);
}

START_TEST(every_member_arrives)
{
	static const char text[] =
		"{\"ephemeralStorageGiB\":21,\"containers\":[{\"name\":\"a\",\"image\":\"i:1\","
		"\"essential\":false,\"entryPoint\":[\"/bin/sh\"],\"command\":[\"-c\",\"exit 3\"],"
		"\"environment\":[{\"name\":\"K\",\"value\":\"\"}],\"workingDirectory\":\"/w\","
		"\"user\":\"1:2\",\"readonlyRootFilesystem\":true,\"cpu\":128,\"memory\":256,"
		"\"memoryReservation\":64,\"startTimeout\":5,\"stopTimeout\":7,"
		"\"portMappings\":[{\"containerPort\":80},{\"containerPort\":53,\"protocol\":"
		"\"udp\"}],"
		"\"ulimits\":[{\"name\":\"nofile\",\"softLimit\":1,\"hardLimit\":-1}],"
		"\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{\"awslogs-group\":"
		"\"g\"}},"
		"\"unknown\":1},{\"name\":\"b\",\"image\":\"i\"}]}";
	AUTO(arena_freep) struct arena *arena = arena_new(65536);
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	struct task_spec spec;
	const struct spec_container *a, *b;
	const struct spec_port *ports;

	ASSERT_OK(fill(arena, text, &json, &spec, &err), &err);
	ck_assert_int_eq(spec.storage_gib, 21);
	ck_assert_uint_eq(spec.containers.count, 2);
	a = spec.containers.items;
	b = a + 1;
	ck_assert_str_eq(a->name, "a");
	ck_assert(a->essential_seen && !a->essential);
	ck_assert_str_eq(((const char **)a->command.items)[1], "exit 3");
	ck_assert_str_eq(((const struct spec_variable *)a->environment.items)->name, "K");
	ck_assert_str_eq(a->directory, "/w");
	ck_assert_str_eq(a->user, "1:2");
	ck_assert(a->readonly_root);
	ck_assert_int_eq(a->cpu + a->memory + a->memory_reservation, 128 + 256 + 64);
	ck_assert_int_eq(a->start_timeout_s, 5);
	ck_assert_int_eq(a->stop_timeout_s, 7);
	ports = a->ports.items;
	ck_assert_int_eq(ports[0].protocol, -1);
	ck_assert_int_eq(ports[1].protocol, 1);
	ck_assert_int_eq(((const struct spec_ulimit *)a->ulimits.items)->hard, -1);
	ck_assert(a->log.present);
	ck_assert_str_eq(a->log.driver, "awslogs");
	ck_assert_str_eq(((const struct shape_pair *)a->log.options.items)->value, "g");
	ck_assert(!b->log.present && !b->command.present && !b->essential_seen);
}
END_TEST

START_TEST(what_a_provisioner_relies_on_is_checked_by_name)
{
	static const struct {
		const char *text, *named;
	} rows[] = {
		{"{\"ephemeralStorageGiB\":20}", "containers"},
		{"{\"ephemeralStorageGiB\":20,\"containers\":[]}", "containers"},
		{"{\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]}", "ephemeralStorageGiB"},
		{"{\"ephemeralStorageGiB\":201,\"containers\":[{\"name\":\"a\",\"image\":\"i\"}]}",
		 "ephemeralStorageGiB"},
		{"{\"ephemeralStorageGiB\":20,\"containers\":[{\"image\":\"i\"}]}",
		 "containers[0].name"},
		{"{\"ephemeralStorageGiB\":20,\"containers\":[{\"name\":\"a\",\"image\":\"i\","
		 "\"portMappings\":[{\"containerPort\":65536}]}]}",
		 "containers[0].portMappings[0].containerPort"},
		{"{\"ephemeralStorageGiB\":20,\"containers\":[{\"name\":\"a\",\"image\":\"i\","
		 "\"memory\":-1}]}",
		 "containers[0].memory"},
		{"{\"ephemeralStorageGiB\":20,\"containers\":[{\"name\":\"a\",\"image\":\"i\","
		 "\"logConfiguration\":{}}]}",
		 "containers[0].logConfiguration.logDriver"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(65536);
		AUTO(json_decrefp) json_t *json = NULL;
		struct err err = ERR_INIT;
		struct task_spec spec;

		ck_assert_int_eq(fill(arena, rows[i].text, &json, &spec, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_msg(strncmp(err.text, rows[i].named, strlen(rows[i].named)) == 0,
			      "%s: %s", rows[i].named, err.text);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_member_arrives,
		what_a_provisioner_relies_on_is_checked_by_name,
	};

	return suite_run("store/task_spec", tests, ARRAY_LEN(tests));
}
