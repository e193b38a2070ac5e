/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/flow_rig.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/file.h"

#define ARENA_MAX (64u * 1024 * 1024)
#define LOOK_MS	  5
#define LINES_MAX 100000

static void must(int result, const struct err *err)
{
	if (result < 0) {
		(void)fprintf(stderr, "rig: %s\n", err->text);
		abort();
	}
}

/* --- images --- */

static int pull(void *ctx, const char *reference, const struct image_login *login,
		const volatile int *cancel, struct image **ret_image, struct err *err)
{
	static const char answer[] =
		"{\"digest\":\"sha256:"
		"1111111111111111111111111111111111111111111111111111111111111111\","
		"\"config\":{\"Entrypoint\":null,\"Cmd\":[\"exit\",\"0\"],\"Env\":[\"A=1\"]},"
		"\"image\":\"/nowhere/image\",\"bytes\":4096,\"cached\":true,"
		"\"phases\":{\"resolve_ms\":1,\"fetch_ms\":2,\"flatten_ms\":3}}\n";
	struct image *image;

	(void)ctx; /* there is one table */
	if (strcmp(reference, "private") == 0 &&
	    (!login || strcmp(login->user, "ann") != 0 || strcmp(login->password, "s3cret") != 0))
		return err_set(err, ERR_UNAVAILABLE, "CannotPullContainerError: unauthorized");
	fake_point();
	pthread_mutex_lock(&fake_world->lock);
	bool fails = ++fake_world->calls == fake_world->fail_at;
	pthread_mutex_unlock(&fake_world->lock);
	if (fails || strcmp(reference, "missing") == 0)
		return err_set(err, ERR_UNAVAILABLE,
			       "CannotPullContainerError: failed to resolve ref %s: not found",
			       reference);
	while (strcmp(reference, "slow") == 0 && !__atomic_load_n(cancel, __ATOMIC_RELAXED))
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	if (__atomic_load_n(cancel, __ATOMIC_RELAXED))
		return err_set(err, ERR_TIMEOUT, "cancelled");
	image = xcalloc(1, sizeof(*image));
	image->arena = arena_new(1u << 20);
	must(image_answer_read(answer, strlen(answer), 0, image->arena, &image->json,
			       &image->answer, err),
	     err);
	*ret_image = image;
	return 0;
}

/* --- life --- */

static void make_folder(struct rig *rig, const char *name)
{
	AUTO(freep) char *path = xasprintf("%s/%s", rig->folder, name);

	must(file_make_dir(path, 0755, &rig->err), &rig->err);
}

void rig_see(struct rig *rig)
{
	must(db_open_state(rig->state_path, &rig->watch_state, &rig->err), &rig->err);
	must(db_open_logs(rig->logs_path, &rig->watch_logs, &rig->err), &rig->err);
}

void rig_blind(struct rig *rig)
{
	db_free(STEAL(rig->watch_state, NULL));
	db_free(STEAL(rig->watch_logs, NULL));
}

void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	/* Memory is durable enough for a process that dies, and many times as fast. */
	(void)snprintf(rig->folder, sizeof(rig->folder), "%s/slipway-flow-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(rig->folder))
		abort();
	make_folder(rig, "db");
	make_folder(rig, "console");
	rig->state_path = xasprintf("%s/db/state.db", rig->folder);
	rig->logs_path = xasprintf("%s/db/logs.db", rig->folder);
	rig->scratch_path = xasprintf("%s/scratch", rig->folder);
	rig->doorbell_path = xasprintf("%s/doorbell", rig->folder);
	rig->arena = arena_new(ARENA_MAX);
	rig_see(rig);
	fake_world_open();
	rig->options = (struct flow_options){
		.images = {.pull = pull},
		.kernel = "/nowhere/kernel",
		.initrd = "/nowhere/initrd",
		.kernel_words = "",
		.region = "us-east-1",
		.session = {.hello_ms = 5000, .ping_ms = 50, .silence_ms = 5000},
		.memory_limit_bytes = (int64_t)64 << 30,
		.machine_overhead_bytes = 0,
		.launch_limit = 8,
		.pull_limit = 4,
		.admission_ms = 5000,
		.stop_grace_ms = 1000,
		.poll_ms = 10,
		.sweep_ms = 100000,
		.logs_limit_bytes = (int64_t)1 << 30,
		.pause_first_ms = 10,
		.pause_most_ms = 40,
	};
}

void rig_close(struct rig *rig)
{
	rig_blind(rig);
	arena_free(rig->arena);
	must(file_remove_tree(rig->folder, &rig->err), &rig->err);
	free(rig->state_path);
	free(rig->logs_path);
	free(rig->scratch_path);
	free(rig->doorbell_path);
	fake_world_close();
}

static void on_ended(void *ctx, const char *name)
{
	struct rig *rig = ctx;

	flow_machine_ended(&rig->flow, name);
}

static void on_lost(void *ctx, bool lost)
{
	struct rig *rig = ctx;

	flow_host_lost(&rig->flow, lost);
}

void rig_start(struct rig *rig)
{
	struct machine_host_options host = {.ended = on_ended, .lost = on_lost, .ctx = rig};

	must(loop_new(&rig->loop, &rig->err), &rig->err);
	host.loop = rig->loop;
	must(db_open_state(rig->state_path, &rig->state, &rig->err), &rig->err);
	must(db_open_logs(rig->logs_path, &rig->logs, &rig->err), &rig->err);
	must(storage_open(rig->scratch_path, &rig->storage, &rig->err), &rig->err);
	must(machine_host_open(&host, &rig->host, &rig->err), &rig->err);
	rig->options.loop = rig->loop;
	rig->options.state = rig->state;
	rig->options.logs = rig->logs;
	rig->options.host = rig->host;
	rig->options.network = fake_network();
	rig->options.storage = rig->storage;
	rig->options.doorbell = rig->doorbell_path;
	must(flow_new(&rig->options, &rig->flow, &rig->err), &rig->err);
}

void rig_stop(struct rig *rig)
{
	flow_free(STEAL(rig->flow, NULL));
	loop_free(STEAL(rig->loop, NULL));
	machine_host_free(STEAL(rig->host, NULL));
	storage_free(STEAL(rig->storage, NULL));
	db_free(STEAL(rig->state, NULL));
	db_free(STEAL(rig->logs, NULL));
}

static void look(void *ctx)
{
	struct rig *rig = ctx;

	rig->timed_out = clock_boot_ns() > rig->until_ns;
	if (rig->timed_out || rig->until(rig))
		loop_stop(rig->loop);
	else
		loop_timer_add(rig->loop, LOOK_MS, look, rig);
}

bool rig_run_until(struct rig *rig, bool (*until)(struct rig *rig), int64_t most_ms)
{
	rig->began_ns = clock_boot_ns();
	rig->until = until;
	rig->until_ns = clock_boot_ns() + most_ms * 1000000;
	loop_timer_add(rig->loop, 0, look, rig);
	must(loop_run(rig->loop, &rig->err), &rig->err);
	return !rig->timed_out;
}

/* --- tasks --- */

const char *rig_insert(struct rig *rig, unsigned number, const char *containers)
{
	return rig_insert_sized(rig, number, containers, 256, 512);
}

const char *rig_insert_sized(struct rig *rig, unsigned number, const char *containers,
			     int64_t cpu_units, int64_t memory_mib)
{
	AUTO(freep)
	char *spec = xasprintf("{\"containers\":%s,\"ephemeralStorageGiB\":20}", containers);
	AUTO(json_decrefp) json_t *json = json_loads(containers, 0, NULL);
	struct task_container rows[TASK_CONTAINERS_MAX] = {0};
	struct task task = {
		.id = rig->id,
		.account = RIG_ACCOUNT,
		.cluster = "default",
		.family = "web",
		.revision = 1,
		.group = "family:web",
		.started_by = "",
		.launch_type = "FARGATE",
		.capacity_provider = "",
		.platform_version = "1.4.0",
		.cpu_units = cpu_units,
		.memory_mib = memory_mib,
		.storage_gib = 20,
		.subnet = "default",
		.groups_json = "[\"default\"]",
		.zone = "us-east-1a",
		.overrides_json = "{}",
		.spec_json = spec,
		.client_token = "",
		.attachment_id = "6f6d3f2e-0000-4000-8000-000000000000",
		.network_interface_id = "eni-0123456789abcdef0",
		.subnet_id = "subnet-1",
		.exec_enabled = true,
		.state = TASK_PROVISIONING,
		.version = 1,
		.created_ms = clock_wall_ms(),
		.containers = rows,
	};
	json_t *one;
	size_t i;

	json_array_foreach (json, i, one) {
		rows[task.container_count++] = (struct task_container){
			.name = json_string_value(json_object_get(one, "name")),
			.image = json_string_value(json_object_get(one, "image")),
			.arn_id = "uuid",
			.essential = !json_is_false(json_object_get(one, "essential")),
			.health = json_object_get(one, "healthCheck") ? CONTAINER_UNKNOWN
								      : CONTAINER_UNCHECKED,
		};
	}
	(void)snprintf(rig->id, sizeof(rig->id), "%032x", number);
	must(task_insert(rig->watch_state, &task, &rig->err), &rig->err);
	return arena_strdup(rig->arena, rig->id);
}

struct task rig_task(struct rig *rig, const char *id)
{
	struct task task;

	must(task_find(rig->watch_state, NULL, NULL, id, rig->arena, &task, &rig->err), &rig->err);
	return task;
}

static enum task_state state_of(struct rig *rig, const char *id)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct task task;

	must(task_find(rig->watch_state, NULL, NULL, id, arena, &task, &rig->err), &rig->err);
	return task.state;
}

bool rig_is_stopped(struct rig *rig)
{
	return state_of(rig, rig->id) == TASK_STOPPED;
}

bool rig_is_running(struct rig *rig)
{
	return state_of(rig, rig->id) == TASK_RUNNING;
}

bool rig_all_stopped(struct rig *rig)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	const char **ids;
	size_t count;

	must(task_unfinished(rig->watch_state, arena, &ids, &count, &rig->err), &rig->err);
	return count == 0;
}

const char *rig_lines(struct rig *rig, const char *id, const char *container)
{
	const char *stream = arena_printf(rig->arena, "%s/%s", container, id);
	struct log_query query = {.account = RIG_ACCOUNT,
				  .group = LOGS_TASKS_GROUP,
				  .streams = &stream,
				  .stream_count = 1,
				  .limit = LINES_MAX};
	struct log_event *events;
	size_t count, len = 0;
	char *text;

	must(log_read(rig->watch_logs, &query, rig->arena, &events, &count, &rig->err), &rig->err);
	for (size_t i = 0; i < count; i++)
		len += events[i].message_len + 1;
	text = arena_alloc(rig->arena, len + 1);
	len = 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(text + len, events[i].message, events[i].message_len);
		len += events[i].message_len;
		text[len++] = '\n';
	}
	return text;
}

void rig_meters(struct rig *rig, const char *id, int64_t *ret_opened, int64_t *ret_closed)
{
	struct db_query *query;

	must(db_query(rig->watch_state,
		      "SELECT COALESCE(SUM(kind = 1), 0), COALESCE(SUM(kind = 2), 0) FROM ledger"
		      " JOIN ledger_task ON number = ledger.task WHERE ledger_task.task = ?1",
		      &query, &rig->err),
	     &rig->err);
	db_bind_text(query, 1, id);
	must(db_step(query, &rig->err), &rig->err);
	*ret_opened = db_int(query, 0);
	*ret_closed = db_int(query, 1);
	db_done(query);
}

/* Disks of machines; *ret_one is the name of one of them. */
static size_t find_disks(const struct rig *rig, char ret_one[256])
{
	AUTO(dir_closep) DIR *folder = opendir(rig->scratch_path);
	struct dirent *entry;
	size_t count = 0;

	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, "template-", 9) == 0)
			continue;
		(void)snprintf(ret_one, 256, "%s", entry->d_name);
		count++;
	}
	return count;
}

size_t rig_disks(struct rig *rig)
{
	char one[256];

	return find_disks(rig, one);
}

const char *rig_leftovers(struct rig *rig)
{
	char disk[256];

	if (fake_machines_running() > 0)
		return "a machine";
	if (fake_leases() > 0)
		return "a lease";
	return find_disks(rig, disk) > 0 ? arena_printf(rig->arena, "disk %s", disk) : NULL;
}
