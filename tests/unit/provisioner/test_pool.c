/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines that wait for tasks: who gets one, who does not, and that none is ever
 * left behind, used twice or paid for.
 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "provisioner/pool_private.h"
#include "tests/support/flow_rig.h"

#define LIFE_MS	 10000
#define SOME_UID 64100
#define LINES	 "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"lines\",\"2\"]}]"
#define WAIT	 "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]"

static struct rig rig;

static void open_rig(void)
{
	log_open("test", getenv("FLOW_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	rig_open(&rig);
	rig.options.blank_image = FAKE_BLANK;
	rig.options.pool_machines = 1;
	rig.options.pool_quiet_ms = 1;
}

static void close_rig(void)
{
	if (rig.flow) {
		flow_end_pool(rig.flow);
		rig_stop(&rig);
	}
	ck_assert_ptr_null(rig_leftovers(&rig));
	rig_close(&rig);
}

static size_t waiting(struct rig *some)
{
	struct flow_counts counts;

	flow_count(some->flow, &counts);
	return counts.pool;
}

static bool one_waits(struct rig *some)
{
	return waiting(some) == 1;
}

static bool two_wait(struct rig *some)
{
	return waiting(some) == 2;
}

static bool none_waits(struct rig *some)
{
	return waiting(some) == 0;
}

/* A first task, whose size the pool is then filled with. */
static void fill_pool(void)
{
	rig_insert(&rig, 1, LINES);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
}

static void name_of_waiting(char ret[MACHINE_NAME_SIZE])
{
	ret[0] = '\0';
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		const struct fake_machine *machine = &fake_world->machines[i];

		if (machine->used && machine->running && !machine->task[0])
			(void)snprintf(ret, MACHINE_NAME_SIZE, "%s", machine->name);
	}
}

/* --- templates --- */

static void touch(const char *path)
{
	ASSERT_OK(file_write(path, "x", 1, 0644, &rig.err), &rig.err);
}

static char *in_folder(const char *name)
{
	return arena_printf(rig.arena, "%s/%s", rig.folder, name);
}

static void want_templates(void)
{
	fake_world->templates = true;
	rig.options.kernel = in_folder("kernel");
	rig.options.initrd = in_folder("initrd");
	rig.options.blank_image = in_folder("blank");
	rig.options.template_dir = in_folder("templates");
	touch(rig.options.kernel);
	touch(rig.options.initrd);
	touch(rig.options.blank_image);
}

static unsigned templates_there(void)
{
	AUTO(dir_closep) DIR *folder = opendir(rig.options.template_dir);
	struct dirent *entry;
	unsigned count = 0;

	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	return count;
}

static bool has_found_templates(struct rig *some)
{
	return some->flow->pool->templates != NULL;
}

static bool no_template_is_there(struct rig *some)
{
	(void)some; /* there is one */
	return templates_there() == 0;
}

START_TEST(a_launch_takes_the_machine_that_waits)
{
	char name[MACHINE_NAME_SIZE];
	struct task task;

	fill_pool();
	name_of_waiting(name);
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_str_eq(task.machine, name);
	ck_assert_str_eq(task.stop_code, "EssentialContainerExited");
	ck_assert_str_eq(rig_lines(&rig, rig.id, "app"), "line 1\nline 2\n");
}
END_TEST

START_TEST(no_machine_is_used_twice)
{
	char first[MACHINE_NAME_SIZE], second[MACHINE_NAME_SIZE];

	fill_pool();
	name_of_waiting(first);
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
	name_of_waiting(second);
	ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(a_machine_that_waits_costs_nobody_anything)
{
	int64_t opened, closed;

	fill_pool();
	rig_meters(&rig, rig.id, &opened, &closed);
	ck_assert_int_eq(opened, 2);
	ck_assert_int_eq(closed, 2);
}
END_TEST

START_TEST(a_task_of_another_size_boots)
{
	char name[MACHINE_NAME_SIZE];

	fill_pool();
	name_of_waiting(name);
	rig_insert_sized(&rig, 2, LINES, 1024, 4096);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_ne(rig_task(&rig, rig.id).machine, name);
}
END_TEST

START_TEST(the_pool_follows_the_sizes_of_the_last_launches)
{
	rig.options.pool_machines = 2;
	rig_insert_sized(&rig, 1, LINES, 256, 512);
	rig_insert_sized(&rig, 2, LINES, 512, 1024);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, two_wait, LIFE_MS));
	rig_insert_sized(&rig, 3, LINES, 256, 512);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	rig_insert_sized(&rig, 4, LINES, 256, 512);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	/* Two of 512 now, and the one of 1024 is surplus. */
	ck_assert(rig_run_until(&rig, two_wait, LIFE_MS));
	rig_insert_sized(&rig, 5, WAIT, 256, 512);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	rig_insert_sized(&rig, 6, WAIT, 256, 512);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	ck_assert_uint_ge(fake_world->prepared, 5);
	for (unsigned number = 5; number <= 6; number++) {
		(void)snprintf(rig.id, sizeof(rig.id), "%032x", number);
		ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", rig.id,
					    "UserInitiated", "enough", 1, &rig.err),
			  &rig.err);
		ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	}
}
END_TEST

static void end_machine(const char *name)
{
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		struct fake_machine *machine = &fake_world->machines[i];

		if (machine->used && strcmp(machine->name, name) == 0)
			machine->running = false;
	}
	flow_machine_ended(&rig.flow, name);
}

START_TEST(a_machine_that_dies_while_it_waits_is_replaced)
{
	char first[MACHINE_NAME_SIZE], second[MACHINE_NAME_SIZE];

	fill_pool();
	name_of_waiting(first);
	end_machine(first);
	ck_assert(rig_run_until(&rig, none_waits, LIFE_MS));
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	(void)snprintf(second, sizeof(second), "%s", rig_task(&rig, rig.id).machine);
	ck_assert_str_ne(first, second);
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
}
END_TEST

START_TEST(a_machine_that_falls_silent_costs_a_launch_time_and_no_more)
{
	char name[MACHINE_NAME_SIZE];

	rig.options.session.hello_ms = 200;
	rig.options.session.silence_ms = 5000;
	fill_pool();
	name_of_waiting(name);
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		fake_world->machines[i].silent = true;
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_ne(rig_task(&rig, rig.id).machine, name);
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
}
END_TEST

static bool has_booted_another(struct rig *some)
{
	const struct run *run = flow_find(some->flow, some->id);

	return run && run->boots == 1 && run->view.machine == PART_THERE && run->view.hello;
}

START_TEST(a_machine_that_boots_in_the_place_of_one_that_waited_is_plugged_as_any)
{
	rig.options.session.hello_ms = 200;
	fill_pool();
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		fake_world->machines[i].silent = true;
	rig_insert(&rig, 2, "[{\"name\":\"app\",\"image\":\"slow\",\"command\":[\"wait\"]}]");
	ck_assert(rig_run_until(&rig, has_booted_another, LIFE_MS));
	ck_assert(!flow_find(rig.flow, rig.id)->view.pooled);
	ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", rig.id,
				    "UserInitiated", "enough", 1, &rig.err),
		  &rig.err);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
}
END_TEST

START_TEST(a_waiting_machine_gives_way_to_a_task_that_needs_its_memory)
{
	rig.options.memory_limit_bytes = (int64_t)4500 << 20;
	fill_pool();
	rig_insert_sized(&rig, 2, LINES, 512, 4096);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
}
END_TEST

START_TEST(a_machine_that_will_not_go_does_not_stop_the_pool)
{
	char first[MACHINE_NAME_SIZE], second[MACHINE_NAME_SIZE];

	fill_pool();
	name_of_waiting(first);
	(void)snprintf(fake_world->stuck, sizeof(fake_world->stuck), "%s", first);
	end_machine(first);
	ck_assert(rig_run_until(&rig, none_waits, LIFE_MS));
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
	name_of_waiting(second);
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_ne(rig_task(&rig, rig.id).machine, first);
	fake_world->stuck[0] = '\0';
}
END_TEST

/* Users of machines are few: one that waits for a task must not keep a task waiting. */
START_TEST(a_waiting_machine_gives_way_to_a_task_that_needs_its_user)
{
	if (geteuid() != 0)
		return; /* disks cannot be given to other users */
	rig.options.uid_first = SOME_UID;
	rig.options.uid_count = 2;
	fill_pool();
	rig_insert_sized(&rig, 2, WAIT, 512, 1024);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
	rig_insert_sized(&rig, 3, LINES, 1024, 2048);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
	(void)snprintf(rig.id, sizeof(rig.id), "%032x", 2);
	ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", rig.id,
				    "UserInitiated", "enough", 1, &rig.err),
		  &rig.err);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
}
END_TEST

START_TEST(a_task_stopped_before_it_was_claimed_takes_its_machine_along)
{
	fill_pool();
	rig_insert(&rig, 2, "[{\"name\":\"app\",\"image\":\"slow\",\"command\":[\"wait\"]}]");
	ck_assert(rig_run_until(&rig, none_waits, LIFE_MS));
	ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", rig.id,
				    "UserInitiated", "enough", 1, &rig.err),
		  &rig.err);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
}
END_TEST

/* As a life leaves it that ends between the wish and the release. */
START_TEST(a_task_that_was_stopped_unclaimed_is_stopped_by_the_next_life)
{
	rig_insert(&rig, 1, LINES);
	ASSERT_OK(db_exec(rig.watch_state, "UPDATE task SET state = 'DEPROVISIONING'", NULL,
			  &rig.err),
		  &rig.err);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
}
END_TEST

/* A life without a pool that has found the template of the one before. */
static void begin_with_template(void)
{
	want_templates();
	fill_pool();
	flow_end_pool(rig.flow);
	rig_stop(&rig);
	rig.options.pool_machines = 0;
	rig.options.session.hello_ms = 100;
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, has_found_templates, LIFE_MS));
	ck_assert_uint_eq(templates_there(), 1);
	fake_world->restored = 0;
}

START_TEST(a_launch_that_failed_boots_even_if_the_template_is_good)
{
	begin_with_template();
	fake_world->fail_next = "machine_channel_open";
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
	ck_assert_uint_eq(fake_world->restored, 1);
	ck_assert_uint_eq(templates_there(), 1);
}
END_TEST

START_TEST(a_template_whose_machines_are_dead_is_not_used_until_the_task_fails)
{
	begin_with_template();
	fake_world->mute_restored = true;
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
	ck_assert_uint_eq(fake_world->restored, 1);
	ck_assert(rig_run_until(&rig, no_template_is_there, LIFE_MS));
}
END_TEST

START_TEST(a_missing_image_ends_a_task_of_the_pool_as_any)
{
	struct task task;

	fill_pool();
	rig_insert(&rig, 2, "[{\"name\":\"app\",\"image\":\"missing\",\"command\":[\"wait\"]}]");
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_int_eq(strncmp(task.stopped_reason, "CannotPullContainerError", 24), 0);
}
END_TEST

START_TEST(machines_of_an_earlier_life_are_taken_away)
{
	char name[MACHINE_NAME_SIZE];

	fill_pool();
	name_of_waiting(name);
	rig_stop(&rig); /* without flow_end_pool(): as a kill leaves it */
	fake_world_mend();
	rig_start(&rig);
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_ne(rig_task(&rig, rig.id).machine, name);
}
END_TEST

START_TEST(the_first_machine_of_a_size_becomes_a_template_of_the_others)
{
	want_templates();
	fill_pool();
	ck_assert_uint_eq(templates_there(), 1);
	ck_assert_uint_eq(fake_world->restored, 1);
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
	ck_assert_uint_eq(fake_world->restored, 2);
}
END_TEST

START_TEST(the_next_life_fills_its_pool_from_the_templates)
{
	want_templates();
	fill_pool();
	flow_end_pool(rig.flow);
	rig_stop(&rig);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
	ck_assert_uint_eq(fake_world->restored, 2);
}
END_TEST

START_TEST(a_template_of_another_kernel_goes)
{
	want_templates();
	fill_pool();
	flow_end_pool(rig.flow);
	rig_stop(&rig);
	ASSERT_OK(file_write(rig.options.kernel, "another", 7, 0644, &rig.err), &rig.err);
	rig_insert(&rig, 2, LINES);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert(rig_run_until(&rig, one_waits, LIFE_MS));
	ck_assert_uint_eq(templates_there(), 1);
}
END_TEST

START_TEST(without_a_pool_a_launch_begins_from_the_template)
{
	begin_with_template();
	rig_insert(&rig, 2, LINES);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_uint_eq(fake_world->restored, 1);
	ck_assert_str_eq(rig_task(&rig, rig.id).stop_code, "EssentialContainerExited");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/pool");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, open_rig, close_rig);
	tcase_add_test(all, a_launch_takes_the_machine_that_waits);
	tcase_add_test(all, no_machine_is_used_twice);
	tcase_add_test(all, a_machine_that_waits_costs_nobody_anything);
	tcase_add_test(all, a_task_of_another_size_boots);
	tcase_add_test(all, the_pool_follows_the_sizes_of_the_last_launches);
	tcase_add_test(all, a_machine_that_dies_while_it_waits_is_replaced);
	tcase_add_test(all, a_machine_that_falls_silent_costs_a_launch_time_and_no_more);
	tcase_add_test(all, a_machine_that_boots_in_the_place_of_one_that_waited_is_plugged_as_any);
	tcase_add_test(all, a_waiting_machine_gives_way_to_a_task_that_needs_its_memory);
	tcase_add_test(all, a_machine_that_will_not_go_does_not_stop_the_pool);
	tcase_add_test(all, a_waiting_machine_gives_way_to_a_task_that_needs_its_user);
	tcase_add_test(all, a_task_stopped_before_it_was_claimed_takes_its_machine_along);
	tcase_add_test(all, a_task_that_was_stopped_unclaimed_is_stopped_by_the_next_life);
	tcase_add_test(all, a_launch_that_failed_boots_even_if_the_template_is_good);
	tcase_add_test(all, a_template_whose_machines_are_dead_is_not_used_until_the_task_fails);
	tcase_add_test(all, a_missing_image_ends_a_task_of_the_pool_as_any);
	tcase_add_test(all, machines_of_an_earlier_life_are_taken_away);
	tcase_add_test(all, the_first_machine_of_a_size_becomes_a_template_of_the_others);
	tcase_add_test(all, the_next_life_fills_its_pool_from_the_templates);
	tcase_add_test(all, a_template_of_another_kernel_goes);
	tcase_add_test(all, without_a_pool_a_launch_begins_from_the_template);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
