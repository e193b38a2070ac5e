/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test is the gateway: a task runs, a session stands in the store, and its socket is
 * spoken to. Whatever comes there, the task goes on.
 */
#include "flow_scene.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "microvm/wire/exec.h"
#include "provisioner/flow_private.h"
#include "store/exec_link.h"
#include "store/exec_session.h"

#define TOKEN "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char socket_path[128];
static char exec_id[EXEC_ID_SIZE];
static unsigned exec_number;
static int gateway;

static void set_up(void)
{
	open_rig();
	(void)snprintf(socket_path, sizeof(socket_path), "%s/exec", rig.folder);
	rig.options.exec_socket = socket_path;
	rig.options.exec_idle_ms = 60000;
	gateway = -1;
	rig_insert(&rig, 1, "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
}

static void tear_down(void)
{
	fd_closep(&gateway);
	close_rig();
}

static int64_t number(const char *column)
{
	AUTO(freep)
	char *sql = xasprintf("SELECT %s FROM exec_session WHERE id = '%s'", column, exec_id);
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(rig.watch_state, sql, &query, &rig.err), &rig.err);
	ck_assert_int_eq(db_step(query, &rig.err), 1);
	return db_int(query, 0);
}

static void put_session(const char *command)
{
	struct exec_session session = {
		.id = exec_id,
		.task = rig.id,
		.command = command,
		.account = RIG_ACCOUNT,
		.access_key = "AKIA",
		.created_ms = clock_wall_ms(),
	};

	(void)snprintf(exec_id, sizeof(exec_id), "%032x", ++exec_number);
	ASSERT_OK(exec_session_insert(rig.watch_state, &session, TOKEN, &rig.err), &rig.err);
	ASSERT_OK(exec_session_open(rig.watch_state, exec_id, TOKEN, clock_wall_ms(), &rig.err),
		  &rig.err);
}

static void say(const void *message, size_t len)
{
	while (send(gateway, message, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len) {
		ck_assert_int_eq(errno, EAGAIN);
		(void)rig_run_until(&rig, rig_is_stopped, 1); /* a few turns */
	}
}

/* The session of @command is opened as the gateway does it. */
static void begin(const char *command)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct exec_link_open open = {.terminal = true, .size = {24, 80}};
	uint8_t message[EXEC_LINK_OPEN_SIZE];

	put_session(command);
	memcpy(open.id, exec_id, sizeof(open.id));
	memcpy(open.token, TOKEN, sizeof(open.token));
	exec_link_write_open(message, &open);
	memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
	gateway = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(gateway, (struct sockaddr *)&address, sizeof(address)), 0);
	say(message, sizeof(message));
}

static bool has_started(struct rig *at)
{
	(void)at;
	return fake_world->heard[FRAME_EXEC_START] > 0;
}

static bool has_ended(struct rig *at)
{
	(void)at;
	return number("ended_ms") > 0;
}

static void begin_running(const char *command)
{
	begin(command);
	ck_assert(rig_run_until(&rig, has_started, LIFE_MS));
}

/* The session was ended with these words, and the task knows nothing of it. */
static void assert_refused(const char *why)
{
	char message[EXEC_LINK_MAX + 1];
	ssize_t len;

	ck_assert(rig_run_until(&rig, has_ended, LIFE_MS));
	len = recv(gateway, message, sizeof(message) - 1, MSG_DONTWAIT);
	ck_assert_int_ge(len, 2);
	message[len] = '\0';
	ck_assert_int_eq(message[0], EXEC_LINK_EXIT);
	ck_assert_msg(strstr(message + 2, why) != NULL, "%s", message + 2);
	ck_assert_int_eq(number("exit_code"), 255);
	(void)rig_run_until(&rig, rig_is_stopped, 100);
	ck_assert(rig_is_running(&rig));
}

START_TEST(a_command_that_no_frame_holds_is_refused_and_the_task_goes_on)
{
	AUTO(freep) char *command = xcalloc(EXEC_COMMAND_MAX + 1, 1);

	memset(command, '\x01', EXEC_COMMAND_MAX); /* six bytes each in JSON */
	begin(command);
	assert_refused("start the command");
	ck_assert_uint_eq(fake_world->heard[FRAME_EXEC_START], 0);
}
END_TEST

START_TEST(a_command_waits_for_no_machine_that_takes_nothing)
{
	fake_world->channel_waiting = 512 * 1024;
	begin("true");
	assert_refused("takes too little");
	fake_world->channel_waiting = 0;
}
END_TEST

START_TEST(input_for_a_machine_that_takes_nothing_ends_the_command_alone)
{
	begin_running("cat");
	fake_world->channel_waiting = 512 * 1024;
	say("Ix", 2);
	assert_refused("takes too little");
	ck_assert_uint_eq(fake_world->heard[FRAME_EXEC_END], 1);
	fake_world->channel_waiting = 0;
}
END_TEST

START_TEST(many_sizes_become_few_and_the_end_of_input_is_said_once)
{
	uint8_t message[EXEC_LINK_RESIZE_SIZE];
	int64_t begun_ns;

	begin_running("sh");
	begun_ns = clock_boot_ns();
	for (unsigned i = 0; i < 5000; i++) {
		exec_link_write_resize(message, (struct exec_link_size){24, 1 + i % 900});
		say(message, sizeof(message));
		say(&(char){EXEC_LINK_END_INPUT}, 1);
	}
	(void)rig_run_until(&rig, has_ended, 300);
	ck_assert_uint_ge(fake_world->heard[FRAME_EXEC_RESIZE], 2);
	ck_assert_uint_le(fake_world->heard[FRAME_EXEC_RESIZE],
			  (unsigned)(clock_ms_since(begun_ns) / 100) + 2);
	ck_assert_uint_eq(fake_world->heard[FRAME_EXEC_INPUT], 1);
	ck_assert(rig_is_running(&rig));
}
END_TEST

START_TEST(a_provisioner_that_stops_records_the_end)
{
	begin_running("sh");
	ck_assert_int_eq(number("ended_ms"), 0);
	rig_stop(&rig);
	ck_assert_int_gt(number("ended_ms"), 0);
	ck_assert_int_eq(number("exit_code"), 255);
	ck_assert_int_eq(number("reason = 'the provisioner ended'"), 1);
}
END_TEST

START_TEST(a_provisioner_that_begins_records_the_ends_of_the_life_before)
{
	struct exec_session session;

	put_session("sh");
	ASSERT_OK(exec_session_begin(rig.watch_state, exec_id, TOKEN, clock_wall_ms(), rig.arena,
				     &session, &rig.err),
		  &rig.err);
	/* What a stop did is undone, as if there had been none. */
	rig_stop(&rig);
	ASSERT_OK(db_exec(rig.watch_state, "UPDATE exec_session SET ended_ms = 0", NULL, &rig.err),
		  &rig.err);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, has_ended, LIFE_MS));
	ck_assert_int_eq(number("reason = 'the provisioner ended'"), 1);
}
END_TEST

static bool is_closed(struct rig *at)
{
	char byte;

	(void)at;
	return recv(gateway, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* Reads nothing, types nothing. */
START_TEST(an_idle_session_ends_and_its_command_with_it)
{
	char message[64];

	rig.flow->options.exec_idle_ms = 200;
	begin_running("sh");
	ck_assert(rig_run_until(&rig, has_ended, LIFE_MS));
	ck_assert_uint_eq(fake_world->heard[FRAME_EXEC_END], 1);
	ck_assert_int_gt(recv(gateway, message, sizeof(message), MSG_DONTWAIT), 2);
	ck_assert(rig_run_until(&rig, is_closed, LIFE_MS));
}
END_TEST

static bool has_input(struct rig *at)
{
	(void)at;
	return fake_world->exec != 0;
}

/* A command that says more than its gateway's socket holds, and ends. */
static void begin_and_say_much(void)
{
	uint8_t output[WIRE_EXEC_HEADER_SIZE + WIRE_EXEC_PIECE] = {[4] = WIRE_EXEC_OUT};
	struct frame frame = {FRAME_EXEC_OUTPUT, 0, output, sizeof(output)};
	struct run *run = flow_find(rig.flow, rig.id);
	AUTO(freep) char *text = NULL;

	fake_world->exec = 0;
	begin_running("cat");
	say("Ix", 2);
	ck_assert(rig_run_until(&rig, has_input, LIFE_MS));
	le32_put(output, fake_world->exec);
	for (size_t sent = 0; sent < 300 * 1024; sent += WIRE_EXEC_PIECE)
		exec_door_take(rig.flow->exec_door, run, &frame);
	text = xasprintf("{\"id\":%u,\"exit_code\":0,\"error\":\"\"}", fake_world->exec);
	frame = (struct frame){FRAME_EXEC_EXIT, 0, (const uint8_t *)text, strlen(text)};
	exec_door_take(rig.flow->exec_door, run, &frame);
	ck_assert(rig_run_until(&rig, has_ended, LIFE_MS));
	ck_assert_int_eq(number("exit_code"), 0);
}

START_TEST(what_nobody_reads_counts_as_a_command_of_its_task)
{
	int silent[WIRE_EXECS_MAX];

	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		fake_world->heard[FRAME_EXEC_START] = 0;
		begin_and_say_much();
		silent[i] = STEAL(gateway, -1);
	}
	begin("true");
	assert_refused("output that nobody reads");
	for (size_t i = 0; i < ARRAY_LEN(silent); i++)
		close(silent[i]);
	close(STEAL(gateway, -1));
	(void)rig_run_until(&rig, rig_is_stopped, 100);
	fake_world->heard[FRAME_EXEC_START] = 0;
	begin_running("true");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/exec_door");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, a_command_that_no_frame_holds_is_refused_and_the_task_goes_on);
	tcase_add_test(all, a_command_waits_for_no_machine_that_takes_nothing);
	tcase_add_test(all, input_for_a_machine_that_takes_nothing_ends_the_command_alone);
	tcase_add_test(all, many_sizes_become_few_and_the_end_of_input_is_said_once);
	tcase_add_test(all, a_provisioner_that_stops_records_the_end);
	tcase_add_test(all, a_provisioner_that_begins_records_the_ends_of_the_life_before);
	tcase_add_test(all, an_idle_session_ends_and_its_command_with_it);
	tcase_add_test(all, what_nobody_reads_counts_as_a_command_of_its_task);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
