/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lives of tasks, as their containers have it: the secrets that they name, who waits for whom,
 * health, restarts.
 */
#include "flow_scene.h"

#include "provisioner/flow_private.h"
#include "store/secret.h"
#include "store/task_payload.h"

/* The key, and a secret of the account that tasks belong to. */
static struct seal_key *put_secret(const char *name, const char *value)
{
	const char *stages[] = {SECRET_CURRENT};
	const struct secret secret = {
		.name = name, .suffix = "AbCdEf", .description = "", .key_id = ""};
	const struct secret_version version = {
		.id = "v1", .value = value, .stages = stages, .stage_count = 1};
	AUTO(freep) char *path = xasprintf("%s/key", rig.folder);
	struct seal_key *key;

	ASSERT_OK(seal_key_make(path, NULL, &rig.err), &rig.err);
	ASSERT_OK(seal_key_open(path, &key, &rig.err), &rig.err);
	ASSERT_OK(secret_create(rig.watch_state, RIG_ACCOUNT, &secret, &rig.err), &rig.err);
	ASSERT_OK(secret_put(rig.watch_state, key, RIG_ACCOUNT, name, &version, 1, &rig.err),
		  &rig.err);
	rig.options.secret_key = key;
	return key;
}

START_TEST(an_image_is_pulled_with_the_login_that_its_container_names)
{
	AUTO(seal_key_freep)
	struct seal_key *key =
		put_secret("login", "{\"username\":\"ann\",\"password\":\"s3cret\"}");
	struct task task =
		live_with("[{\"name\":\"app\",\"image\":\"private\",\"command\":[\"exit\",\"0\"],"
			  "\"repositoryCredentials\":{\"credentialsParameter\":\"login\"}}]");

	ck_assert_str_eq(task.stop_code, "EssentialContainerExited");
	assert_clean(rig.id);
	rig_stop(&rig);
}
END_TEST

START_TEST(a_secret_that_is_missing_ends_the_task_before_anything_is_pulled)
{
	AUTO(seal_key_freep) struct seal_key *key = put_secret("other", "x");
	struct task task =
		live_with("[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"],"
			  "\"secrets\":[{\"name\":\"S\",\"valueFrom\":\"/none\"}]}]");

	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_msg(strstr(task.stopped_reason, "invalid ssm parameters: /none") != NULL, "%s",
		      task.stopped_reason);
	ck_assert_str_eq(task.containers[0].image_digest, "");
	assert_clean(rig.id);
	rig_stop(&rig);
}
END_TEST

START_TEST(the_event_that_a_task_was_launched_for_comes_before_it)
{
	AUTO(freep) char *body = xcalloc(1, 70001);
	const struct task_payload event = {"i", "s", "t", "", "default", "", body, 70000};
	const char *id = rig_insert(&rig, 1,
				    "[{\"name\":\"app\",\"image\":\"hello\","
				    "\"command\":[\"exit\",\"3\"]}]");

	memset(body, 'e', 70000);
	ASSERT_OK(task_payload_put(rig.watch_state, id, &event, &rig.err), &rig.err);
	ASSERT_OK(db_exec(rig.watch_state, "UPDATE task SET has_event = 1", NULL, &rig.err),
		  &rig.err);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_int_eq(rig_task(&rig, id).containers[0].exit_code, 3);
	ck_assert_int_eq(fake_world->heard[FRAME_EVENT_PART], 2);
	assert_clean(id);
}
END_TEST

START_TEST(a_task_whose_event_is_gone_says_so)
{
	struct task task;

	rig_insert(&rig, 1, "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	ASSERT_OK(db_exec(rig.watch_state, "UPDATE task SET has_event = 1", NULL, &rig.err),
		  &rig.err);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_ptr_nonnull(strstr(task.stopped_reason, "was launched for no event"));
	assert_clean(rig.id);
}
END_TEST

START_TEST(the_end_of_an_essential_container_ends_the_others)
{
	struct task task = live_with(
		"[{\"name\":\"side\",\"image\":\"a\",\"essential\":false,\"command\":[\"wait\"]},"
		"{\"name\":\"app\",\"image\":\"b\",\"command\":[\"exit\",\"7\"]}]");

	ck_assert_str_eq(task.stop_code, "EssentialContainerExited");
	ck_assert_int_eq(task.containers[0].exit_code, 143);
	ck_assert_int_eq(task.containers[1].exit_code, 7);
	assert_clean(rig.id);
}
END_TEST

START_TEST(a_dependency_that_cannot_come_fails_the_start_of_the_task)
{
	struct task task = live_with(
		"[{\"name\":\"app\",\"image\":\"b\",\"command\":[\"wait\"]},{\"name\":\"side\","
		"\"image\":\"a\",\"essential\":false,\"command\":[\"unmet\"]}]");

	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_str_eq(task.stopped_reason, "Task failed to start");
	ck_assert_int_eq(task.started_ms, 0);
	ck_assert_int_eq(task.containers[0].exit_code, 143);
	ck_assert(!task.containers[1].has_exit_code);
	ck_assert_str_eq(task.containers[1].reason, "container x ended");
	assert_clean(rig.id);
}
END_TEST

#define CHECKED(command)                                                                           \
	"[{\"name\":\"app\",\"image\":\"b\",\"command\":" command                                  \
	",\"healthCheck\":{\"command\":[\"CMD\",\"x\"]}}]"

static bool is_unhealthy(struct rig *at)
{
	return rig_task(at, at->id).containers[0].health == CONTAINER_UNHEALTHY;
}

START_TEST(health_is_kept_and_a_task_of_no_service_lives_on)
{
	struct task task;

	rig_insert(&rig, 1, CHECKED("[\"health\",\"2\"]"));
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, is_unhealthy, LIFE_MS));
	rig_stop(&rig);
	rig_start(&rig);
	(void)rig_run_until(&rig, rig_is_stopped, 100);
	task = rig_task(&rig, rig.id);
	ck_assert_int_eq(task.state, TASK_RUNNING);
	ck_assert(!task.want_stopped);
	ask_to_stop();
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_int_eq(task.containers[0].health, CONTAINER_UNHEALTHY);
	assert_clean(rig.id);
}
END_TEST

START_TEST(health_of_a_container_without_a_check_is_not_believed)
{
	struct task task = live("[\"health\",\"1\"]");

	ck_assert_ptr_nonnull(strstr(task.stopped_reason, "without a check"));
	ck_assert_int_eq(task.containers[0].health, CONTAINER_UNCHECKED);
}
END_TEST

START_TEST(restarts_are_counted)
{
	struct task task = live("[\"again\",\"4\"]");

	ck_assert_int_eq(task.containers[0].restarts, 4);
	ck_assert_int_eq(task.containers[0].exit_code, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/flow_containers");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_rig, close_rig);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, an_image_is_pulled_with_the_login_that_its_container_names);
	tcase_add_test(all, a_secret_that_is_missing_ends_the_task_before_anything_is_pulled);
	tcase_add_test(all, the_event_that_a_task_was_launched_for_comes_before_it);
	tcase_add_test(all, a_task_whose_event_is_gone_says_so);
	tcase_add_test(all, the_end_of_an_essential_container_ends_the_others);
	tcase_add_test(all, a_dependency_that_cannot_come_fails_the_start_of_the_task);
	tcase_add_test(all, health_is_kept_and_a_task_of_no_service_lives_on);
	tcase_add_test(all, health_of_a_container_without_a_check_is_not_believed);
	tcase_add_test(all, restarts_are_counted);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
