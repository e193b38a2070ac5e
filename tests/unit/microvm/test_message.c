/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/wire/message.h"

#define MESSAGE_MAX (1024u * 1024)

/* One message as a frame in @stream, taken apart again. */
static void send(const struct shape *shape, const void *source, enum frame_type type, uint64_t seq,
		 struct buf *stream, struct frame *ret_frame)
{
	struct err err = ERR_INIT;

	buf_init(stream, MESSAGE_MAX);
	ASSERT_OK(wire_write(shape, source, type, seq, stream, &err), &err);
	*ret_frame = (struct frame){
		.type = type,
		.seq = seq,
		.payload = stream->data + FRAME_HEADER_SIZE,
		.len = stream->len - FRAME_HEADER_SIZE,
	};
}

static struct shape_list texts(const char **items, size_t count)
{
	return (struct shape_list){.items = items, .count = count, .present = true};
}

static void ck_assert_mounts_same(const struct wire_mount *got, const struct wire_mount *sent)
{
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(got[i].path, sent[i].path);
		ck_assert_int_eq(got[i].volume, sent[i].volume);
		ck_assert_int_eq(got[i].readonly, sent[i].readonly);
		ck_assert_int_eq(got[i].seed, sent[i].seed);
		ck_assert_int_eq(got[i].size_mib, sent[i].size_mib);
		ck_assert_uint_eq(got[i].options.count, sent[i].options.count);
	}
}

START_TEST(a_task_comes_through_as_it_was)
{
	static const char *args[] = {"/bin/sh", "-c", "echo \"\xc3\xa4\" \\ \t", ""};
	static const char *env[] = {"A=1", "B="};
	static const char *dns[] = {"10.64.0.3"};
	static struct wire_ulimit ulimits[] = {{"nofile", 1024, -1}};
	static struct wire_dependency dependencies[] = {{1, WIRE_CONDITION_HEALTHY}};
	static int64_t codes[] = {0, -1};
	static const char *options[] = {"noexec", "mode=0700"};
	struct wire_mount mounts[] = {
		{.path = "/data", .volume = 1, .readonly = true, .seed = true},
		{.path = "/tmp", .volume = -1, .size_mib = 64, .options = texts(options, 2)},
	};
	static struct wire_control controls[] = {{"net.ipv4.ip_default_ttl", "9"}};
	struct wire_container containers[] = {
		{
			.name = "web",
			.disk = "image-0",
			.args = texts(args, 4),
			.env = texts(env, 2),
			.directory = "/srv",
			.user = "1000:50",
			.stop_signal = "SIGQUIT",
			.stop_timeout_s = 120,
			.essential = true,
			.interactive = true,
			.cpu_units = 256,
			.memory_mib = 512,
			.memory_reservation_mib = 128,
			.ulimits = {.items = ulimits, .count = 1, .present = true},
			.dependencies = {.items = dependencies, .count = 1, .present = true},
			.start_timeout_s = 60,
			.check = {.args = texts(args, 3), .interval_s = 5, .retries = 10},
			.restart = {.enabled = true,
				    .ignored = {.items = codes, .count = 2, .present = true},
				    .period_s = 300},
			.terminal = true,
			.init = true,
			.capabilities_dropped = (INT64_C(1) << 41) - 1,
			.capabilities_added = 1 << 19,
			.mounts = {.items = mounts, .count = 2, .present = true},
			.controls = {.items = controls, .count = 1, .present = true},
		},
		{.name = "side", .disk = "image-1", .args = texts(args, 1), .readonly_root = true},
	};
	struct wire_task task = {
		.task = "0123456789abcdef0123456789abcdef",
		.wall_time_us = INT64_C(1795348672264000),
		.entropy = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
			   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.hostname = "ip-10-64-0-5",
		.memory_mib = 1024,
		.scratch = "scratch",
		.volumes = 2,
		.one_process_space = true,
		.network = {.mac = "52:54:00:00:00:01",
			    .address = "10.64.0.5/24",
			    .gateway = "10.64.0.1",
			    .dns = texts(dns, 1),
			    .blocked = texts(NULL, 0),
			    .mtu = 1500},
		.containers = {.items = containers, .count = 2, .present = true},
	};
	AUTO(buf_done) struct buf stream;
	AUTO(arena_freep) struct arena *arena = arena_new(MESSAGE_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	struct frame frame;
	struct wire_task got;
	const struct wire_container *web;
	const struct wire_container *side;

	send(&wire_task_shape, &task, FRAME_TASK, 0, &stream, &frame);
	ASSERT_OK(wire_read(&wire_task_shape, &frame, arena, &got, &json, &err), &err);
	ck_assert_str_eq(got.task, task.task);
	ck_assert_int_eq(got.wall_time_us, task.wall_time_us);
	ck_assert_str_eq(got.network.address, "10.64.0.5/24");
	ck_assert_uint_eq(got.network.dns.count, 1);
	ck_assert_str_eq(((const char **)got.network.dns.items)[0], "10.64.0.3");
	ck_assert_uint_eq(got.network.blocked.count, 0);
	ck_assert_uint_eq(got.containers.count, 2);
	web = got.containers.items;
	side = web + 1;
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(((const char **)web->args.items)[i], args[i]);
	ck_assert_uint_eq(web->env.count, 2);
	ck_assert_str_eq(web->stop_signal, "SIGQUIT");
	ck_assert_int_eq(web->stop_timeout_s, 120);
	ck_assert(web->essential && web->interactive && !web->readonly_root);
	ck_assert_int_eq(((const struct wire_ulimit *)web->ulimits.items)[0].soft, 1024);
	ck_assert_int_eq(((const struct wire_ulimit *)web->ulimits.items)[0].hard, -1);
	ck_assert_int_eq(((const struct wire_dependency *)web->dependencies.items)->container, 1);
	ck_assert_int_eq(((const struct wire_dependency *)web->dependencies.items)->condition,
			 WIRE_CONDITION_HEALTHY);
	ck_assert_int_eq(web->start_timeout_s, 60);
	ck_assert_str_eq(((const char **)web->check.args.items)[2], args[2]);
	ck_assert_int_eq(web->check.interval_s + web->check.retries, 15);
	ck_assert(web->restart.enabled && !side->restart.enabled);
	ck_assert_uint_eq(web->restart.ignored.count, 2);
	ck_assert_int_eq(((const int64_t *)web->restart.ignored.items)[1], -1);
	ck_assert_uint_eq(side->check.args.count, 0);
	ck_assert(web->terminal && web->init && !side->terminal && !side->init);
	ck_assert_int_eq(web->capabilities_dropped, (INT64_C(1) << 41) - 1);
	ck_assert_int_eq(web->capabilities_added, 1 << 19);
	ck_assert(got.one_process_space);
	ck_assert_int_eq(got.volumes, 2);
	ck_assert_uint_eq(web->mounts.count, 2);
	ck_assert_mounts_same(web->mounts.items, mounts);
	ck_assert_str_eq(((const struct wire_control *)web->controls.items)->value, "9");
	/* NULL is written as the empty text. */
	ck_assert_str_eq(side->user, "");
	ck_assert(!side->essential && side->readonly_root);
}
END_TEST

START_TEST(reports_come_through_as_they_were)
{
	struct wire_exited exited = {
		.container = 9,
		.exit_code = 255,
		.started = true,
		.out_of_memory = true,
		.error = "CannotStartContainerError: \"x\"",
		.cpu_us = INT64_MAX,
		.memory_peak_bytes = 1,
		.wall_ms = -1,
		.uptime_us = 0,
	};
	AUTO(buf_done) struct buf stream;
	AUTO(arena_freep) struct arena *arena = arena_new(MESSAGE_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;
	struct frame frame;
	struct wire_exited got;

	send(&wire_exited_shape, &exited, FRAME_EXITED, 7, &stream, &frame);
	ck_assert_uint_eq(frame_seq(stream.data), 7);
	ASSERT_OK(wire_read(&wire_exited_shape, &frame, arena, &got, &json, &err), &err);
	ck_assert_int_eq(got.container, 9);
	ck_assert_int_eq(got.exit_code, 255);
	ck_assert(got.started && got.out_of_memory);
	ck_assert_str_eq(got.error, exited.error);
	ck_assert_int_eq(got.cpu_us, INT64_MAX);
	ck_assert_int_eq(got.wall_ms, -1);
}
END_TEST

START_TEST(what_breaks_a_rule_is_refused_by_name)
{
	static const struct {
		const struct shape *shape;
		const char *payload, *words;
	} rows[] = {
		{&wire_resume_shape, "", "ends too early"},
		{&wire_resume_shape, "[]", "must be a JSON object"},
		{&wire_resume_shape, "{}", "seq is required"},
		{&wire_resume_shape, "{\"seq\":-1}", "seq must be"},
		{&wire_resume_shape, "{\"seq\":\"1\"}", "seq must be an integer"},
		{&wire_resume_shape, "{\"seq\":1}x", "goes on behind its end"},
		{&wire_started_shape, "{\"container\":10,\"wall_ms\":0,\"uptime_us\":0}",
		 "container must be from 0 to 9"},
		{&wire_exited_shape, "{\"container\":0,\"exit_code\":256}", "exit_code must be"},
		{&wire_failed_shape, "{\"error\":null}", "error is required"},
		{&wire_task_shape, "{\"task\":\"\"}", "task must be"},
		{&wire_health_shape, "{\"container\":0,\"status\":\"GOOD\",\"wall_ms\":0}",
		 "status must be one of [UNKNOWN,HEALTHY,UNHEALTHY]"},
		{&wire_health_shape, "{\"container\":0,\"wall_ms\":0}", "status is required"},
		{&wire_restarted_shape, "{\"container\":0,\"count\":-1}", "count must be"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(MESSAGE_MAX);
		AUTO(json_decrefp) json_t *json = NULL;
		struct err err = ERR_INIT;
		struct frame frame = {
			.type = FRAME_RESUME,
			.payload = (const uint8_t *)rows[i].payload,
			.len = strlen(rows[i].payload),
		};
		struct wire_task target;

		ck_assert_int_eq(wire_read(rows[i].shape, &frame, arena, &target, &json, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_msg(strstr(err.text, rows[i].words), "%s: %s", rows[i].payload, err.text);
		ck_assert_ptr_null(json);
	}
}
END_TEST

START_TEST(a_text_that_is_not_utf8_is_not_written)
{
	struct wire_failed failed = {.error = "\xff"};
	AUTO(buf_done) struct buf stream;
	struct err err = ERR_INIT;

	buf_init(&stream, MESSAGE_MAX);
	ck_assert_int_eq(wire_write(&wire_failed_shape, &failed, FRAME_FAILED, 1, &stream, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_uint_eq(stream.len, 0);
}
END_TEST

START_TEST(a_task_over_the_maximum_of_a_frame_is_not_written)
{
	AUTO(freep) char *error = xcalloc(1, FRAME_PAYLOAD_MAX + 1);
	struct wire_failed failed = {.error = error};
	AUTO(buf_done) struct buf stream;
	struct err err = ERR_INIT;

	memset(error, 'x', FRAME_PAYLOAD_MAX);
	buf_init(&stream, MESSAGE_MAX);
	ck_assert_int_eq(wire_write(&wire_failed_shape, &failed, FRAME_FAILED, 1, &stream, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(output_comes_through_as_it_was)
{
	struct wire_output output = {
		.container = 3,
		.stream = 2,
		.flags = WIRE_OUTPUT_PARTIAL,
		.wall_ms = INT64_C(-5000000000),
		.bytes = (const uint8_t *)"a\0\xff\n",
		.len = 4,
	};
	AUTO(buf_done) struct buf stream;
	struct err err = ERR_INIT;
	struct wire_output got;

	buf_init(&stream, MESSAGE_MAX);
	ASSERT_OK(wire_output_write(&output, 12, &stream, &err), &err);
	ck_assert_uint_eq(frame_seq(stream.data), 12);
	ASSERT_OK(wire_output_read(&(struct frame){.type = FRAME_OUTPUT,
						   .payload = stream.data + FRAME_HEADER_SIZE,
						   .len = stream.len - FRAME_HEADER_SIZE},
				   &got, &err),
		  &err);
	ck_assert_uint_eq(got.container, 3);
	ck_assert_uint_eq(got.stream, 2);
	ck_assert_uint_eq(got.flags, WIRE_OUTPUT_PARTIAL);
	ck_assert_int_eq(got.wall_ms, INT64_C(-5000000000));
	ck_assert_uint_eq(got.len, 4);
	ck_assert(memcmp(got.bytes, "a\0\xff\n", 4) == 0);
}
END_TEST

START_TEST(output_of_nobody_is_refused)
{
	static const struct {
		uint8_t bytes[WIRE_OUTPUT_HEADER_SIZE + 1];
		size_t len;
	} rows[] = {
		{{0, 1}, 0},
		{{0, 1}, WIRE_OUTPUT_HEADER_SIZE}, /* no bytes */
		{{10, 1}, WIRE_OUTPUT_HEADER_SIZE + 1},
		{{0, 0}, WIRE_OUTPUT_HEADER_SIZE + 1},
		{{0, 3}, WIRE_OUTPUT_HEADER_SIZE + 1},
		{{0, 1, 8}, WIRE_OUTPUT_HEADER_SIZE + 1},
		{{0, 1, 4}, WIRE_OUTPUT_HEADER_SIZE + WIRE_EVENT_MAX + 1},
		{{0, 1, 0, 1}, WIRE_OUTPUT_HEADER_SIZE + 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		struct frame frame = {
			.type = FRAME_OUTPUT, .payload = rows[i].bytes, .len = rows[i].len};
		struct wire_output output;

		ck_assert_int_eq(wire_output_read(&frame, &output, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_task_comes_through_as_it_was,
		reports_come_through_as_they_were,
		what_breaks_a_rule_is_refused_by_name,
		a_text_that_is_not_utf8_is_not_written,
		a_task_over_the_maximum_of_a_frame_is_not_written,
		output_comes_through_as_it_was,
		output_of_nobody_is_refused,
	};

	return suite_run("message", tests, ARRAY_LEN(tests));
}
