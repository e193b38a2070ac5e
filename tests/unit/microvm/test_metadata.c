/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint's server with a door of the test's own, a task of two containers, and
 * clients that behave and that do not.
 */
#include "tests/support/suite.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "microvm/agent/metadata.h"
#include "microvm/agent/metadata_door.h"

#define ANSWER_SIZE 65536
#define CLIENTS	    40 /* more than the server has places */

static struct loop *loop;
static struct metadata *metadata;
static uint16_t port;
static struct wire_container containers[2];
static struct wire_task words;
static struct metadata_facts facts;

int metadata_door_listen(int *ret_fd, struct err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)err;
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, CLIENTS), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	port = ntohs(address.sin_port);
	*ret_fd = fd;
	return 0;
}

static void look(void *ctx, struct metadata_facts *ret_facts)
{
	(void)ctx;
	*ret_facts = facts;
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

static void turn(int64_t ms)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(loop, ms, stop, NULL);
	ASSERT_OK(loop_run(loop, &err), &err);
}

static void set_up(void)
{
	struct metadata_source source = {.task = &words, .look = look};
	struct err err = ERR_INIT;

	ASSERT_OK(loop_new(&loop, &err), &err);
	ASSERT_OK(metadata_open(loop, &metadata, &err), &err);
	containers[0].token = "aaaa";
	containers[1].token = "";
	words.containers = (struct shape_list){.items = containers, .count = 2};
	words.metadata = json_pack("{s:{s:s},s:[{s:s,s:s},{s:s}]}", "Task", "Family", "f",
				   "Containers", "DockerId", "one", "Name", "n", "DockerId", "two");
	facts.containers[0] = (struct container_view){
		.state = CONTAINER_RUNNING, .created_ms = 1000, .started_ms = 2000};
	facts.containers[1] = (struct container_view){.state = CONTAINER_ENDED,
						      .created_ms = 1000,
						      .started_ms = 2000,
						      .finished_ms = 3000,
						      .exit_code = 7};
	facts.storage_used_bytes = 5 << 20;
	metadata_serve(metadata, &source);
}

static int dial(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* What has come; -1: the connection is open and silent. */
static ssize_t hear(int fd, char answer[ANSWER_SIZE])
{
	ssize_t len = 0;
	ssize_t got;

	while ((got = recv(fd, answer + len, (size_t)(ANSWER_SIZE - 1 - len), MSG_DONTWAIT)) > 0)
		len += got;
	answer[len] = '\0';
	return got < 0 && len == 0 ? -1 : len;
}

static const char *ask(const char *path)
{
	static char answer[ANSWER_SIZE];
	AUTO(fd_closep) int fd = dial();
	AUTO(freep) char *text = xasprintf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);

	say(fd, text);
	turn(20);
	ck_assert_int_gt(hear(fd, answer), 0);
	return answer;
}

static void assert_status(const char *answer, int status)
{
	ck_assert_int_eq(atoi(answer + strlen("HTTP/1.1 ")), status);
}

START_TEST(a_container_learns_its_state)
{
	const char *answer = ask("/v4/aaaa");

	assert_status(answer, 200);
	ck_assert_ptr_nonnull(strstr(answer, "\"DockerId\":\"one\""));
	ck_assert_ptr_nonnull(strstr(answer, "\"KnownStatus\":\"RUNNING\""));
	ck_assert_ptr_nonnull(strstr(answer, "\"StartedAt\":\"1970-01-01T00:00:02.000Z\""));
	ck_assert_ptr_null(strstr(answer, "FinishedAt"));
	ck_assert_ptr_null(strstr(answer, "ExitCode"));
	facts.containers[0].stopping = true;
	ck_assert_ptr_nonnull(strstr(ask("/v3/aaaa/"), "\"DesiredStatus\":\"STOPPED\""));
}
END_TEST

START_TEST(checks_and_restarts_are_told_where_there_are_any)
{
	ck_assert_ptr_null(strstr(ask("/v4/aaaa"), "Health"));
	facts.containers[0].has_check = true;
	facts.containers[0].health = WIRE_HEALTH_HEALTHY;
	facts.containers[0].restarts = 3;
	ck_assert_ptr_nonnull(strstr(ask("/v4/aaaa"), "\"Health\":{\"status\":\"HEALTHY\"}"));
	ck_assert_ptr_nonnull(strstr(ask("/v4/aaaa"), "\"RestartCount\":3"));
}
END_TEST

START_TEST(a_task_is_as_far_as_the_last_of_its_containers)
{
	const char *answer = ask("/v4/aaaa/task");

	ck_assert_ptr_nonnull(strstr(answer, "\"Family\":\"f\""));
	ck_assert_ptr_nonnull(strstr(answer, "\"Utilized\":5"));
	ck_assert_ptr_nonnull(strstr(answer, "\"ExitCode\":7"));
	ck_assert_ptr_nonnull(
		strstr(answer, "\"DesiredStatus\":\"RUNNING\",\"KnownStatus\":\"RUNNING\""));
	facts.containers[1] = (struct container_view){.state = CONTAINER_WAITING};
	facts.stopping = true;
	answer = ask("/v4/aaaa/task");
	ck_assert_ptr_nonnull(
		strstr(answer, "\"DesiredStatus\":\"STOPPED\",\"KnownStatus\":\"PULLED\""));
}
END_TEST

START_TEST(who_has_ended_uses_nothing)
{
	const char *answer = ask("/v4/aaaa/task/stats");

	ck_assert_ptr_nonnull(strstr(answer, "\"two\":null"));
	ck_assert_ptr_nonnull(strstr(answer, "\"one\":{"));
	ck_assert_ptr_nonnull(strstr(ask("/v4/aaaa/stats"), "\"precpu_stats\":{"));
}
END_TEST

static const char *const nowhere[] = {
	"/",	 "/v4/",	 "/v4/aaa",	     "/v4/aaaaa",	 "/v4/bbbb",   "/v2/aaaa",
	"/v4//", "/v4/aaaa/tas", "/v4/aaaa/task/x/", "/v4/aaaa/stats//", "/v4/%61aaa",
};

START_TEST(there_is_nothing_elsewhere)
{
	assert_status(ask(nowhere[_i]), 404);
}
END_TEST

START_TEST(before_there_is_a_task_nothing_is_known)
{
	metadata_serve(metadata, &(struct metadata_source){.task = NULL});
	assert_status(ask("/v4/aaaa"), 404);
}
END_TEST

START_TEST(who_says_too_much_gets_the_answer_all_the_same)
{
	char answer[ANSWER_SIZE];
	AUTO(fd_closep) int fd = dial();

	say(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
	turn(10);
	say(fd, "hello");
	turn(10);
	ck_assert_int_gt(hear(fd, answer), 0);
	assert_status(answer, 405);
}
END_TEST

START_TEST(the_silent_hold_up_others_for_a_time_only)
{
	char answer[ANSWER_SIZE];
	int fds[CLIENTS];

	for (size_t i = 0; i < CLIENTS; i++)
		fds[i] = dial();
	turn(50);
	say(fds[CLIENTS - 1], "GET /v4/aaaa HTTP/1.1\r\nHost: x\r\n\r\n");
	say(fds[0], "GET /v4/aaaa");
	turn(50);
	/* All places are taken. */
	ck_assert_int_eq(hear(fds[CLIENTS - 1], answer), -1);
	ck_assert_int_eq(hear(fds[0], answer), -1);
	turn(5500);
	ck_assert_int_eq(hear(fds[0], answer), 0);
	ck_assert_int_gt(hear(fds[CLIENTS - 1], answer), 0);
	assert_status(answer, 200);
}
END_TEST

START_TEST(who_asks_too_often_is_told_so)
{
	int fds[CLIENTS];
	unsigned refused = 0;

	/* In a moment in which next to nothing is earned back. */
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < CLIENTS; i++) {
			fds[i] = dial();
			say(fds[i], "GET /v4/aaaa HTTP/1.1\r\nHost: x\r\n\r\n");
			ck_assert_int_eq(shutdown(fds[i], SHUT_WR), 0);
		}
		turn(20);
		for (size_t i = 0; i < CLIENTS; i++) {
			char answer[ANSWER_SIZE];
			ssize_t heard = hear(fds[i], answer);

			for (int more = 0; heard < 0 && more < 20; more++) {
				turn(5); /* where other work is done, too */
				heard = hear(fds[i], answer);
			}
			ck_assert_int_gt(heard, 0);
			refused += atoi(answer + strlen("HTTP/1.1 ")) == 429;
			fd_closep(&fds[i]);
		}
		ck_assert(round > 0 || refused == 0);
	}
	ck_assert_uint_ge(refused, 30);
	ck_assert_uint_le(refused, 3 * CLIENTS - 60);
	turn(1000);
	assert_status(ask("/v4/aaaa"), 200);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metadata");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, NULL);
	tcase_add_test(all, a_container_learns_its_state);
	tcase_add_test(all, checks_and_restarts_are_told_where_there_are_any);
	tcase_add_test(all, a_task_is_as_far_as_the_last_of_its_containers);
	tcase_add_test(all, who_has_ended_uses_nothing);
	tcase_add_loop_test(all, there_is_nothing_elsewhere, 0, ARRAY_LEN(nowhere));
	tcase_add_test(all, before_there_is_a_task_nothing_is_known);
	tcase_add_test(all, who_says_too_much_gets_the_answer_all_the_same);
	tcase_add_test(all, the_silent_hold_up_others_for_a_time_only);
	tcase_add_test(all, who_asks_too_often_is_told_so);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
