/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hypervisor in memory. Calls come from any thread and take one lock; the
 * agents run on the loop's thread, whenever bytes come or a channel opens.
 *
 * An agent keeps its reports in the world and writes them all into a channel that
 * opens or resumes; it never waits for room, so its scripts are short.
 */
#include "tests/support/machine_fake.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "microvm/wire/message.h"

#define REPORT_ARENA (256u * 1024)
#define OUT_MAX	     (8u * 1024 * 1024)

struct fake_world *fake_world;

struct machine_host {
	struct machine_host_options options;
	struct machine_channel *channels; /* that live, closed ones with posts included */
};

struct machine_channel {
	struct machine_channel *next;
	struct machine_host *host;
	struct fake_machine *machine;
	machine_bytes_fn *on_bytes;
	void *ctx;
	struct frame_decoder decoder;
	struct buf out;	   /* for the host */
	size_t references; /* posts under way, and the owner */
	bool closed, posted, paused;
	pthread_mutex_t lock;
};

/* --- the world --- */

void fake_world_mend(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&fake_world->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		fake_world->machines[i].channel_open = false;
}

void fake_world_open(void)
{
	fake_world = mmap(NULL, sizeof(*fake_world), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fake_world == MAP_FAILED)
		abort();
	fake_world->fail_code = ERR_SYSTEM;
	fake_world_mend();
}

void fake_world_close(void)
{
	munmap(fake_world, sizeof(*fake_world));
	fake_world = NULL;
}

static void lock(void)
{
	pthread_mutex_lock(&fake_world->lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&fake_world->lock);
}

void fake_point(void)
{
	lock();
	if (++fake_world->points == fake_world->crash_at)
		_exit(FAKE_CRASH_STATUS);
	unlock();
}

/* The beginning of every call. */
static int begin(const char *call, struct err *err)
{
	bool fails;

	fake_point();
	lock();
	fails = ++fake_world->calls == fake_world->fail_at;
	unlock();
	if (fails)
		return err_set(err, fake_world->fail_code, "%s was made to fail", call);
	return 0;
}

static struct fake_machine *find(const char *name)
{
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		struct fake_machine *machine = &fake_world->machines[i];

		if (machine->used && strcmp(machine->name, name) == 0)
			return machine;
	}
	return NULL;
}

size_t fake_machines_running(void)
{
	size_t count = 0;

	lock();
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		count += fake_world->machines[i].used;
	unlock();
	return count;
}

size_t fake_leases(void)
{
	size_t count = 0;

	lock();
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		count += fake_world->leases[i][0] != '\0';
	unlock();
	return count;
}

/* --- the agent --- */

static void must(int result, const struct err *err)
{
	if (result < 0) {
		(void)fprintf(stderr, "fake agent: %s\n", err->text);
		abort();
	}
}

static void deliver(void *ctx);

/* Bytes for the host; they come on the loop's thread, later. */
static void to_host(struct machine_channel *channel, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;
	bool post;

	pthread_mutex_lock(&channel->lock);
	must(buf_append(&channel->out, bytes, len, &err), &err);
	post = !channel->posted;
	channel->posted = true;
	channel->references += post;
	pthread_mutex_unlock(&channel->lock);
	if (post)
		loop_post(channel->host->options.loop, deliver, channel);
}

static void channel_free(struct machine_channel *channel)
{
	struct machine_channel **at;

	lock();
	at = &channel->host->channels;
	while (*at != channel)
		at = &(*at)->next;
	*at = channel->next;
	unlock();
	frame_decoder_done(&channel->decoder);
	buf_done(&channel->out);
	pthread_mutex_destroy(&channel->lock);
	free(channel);
}

static void channel_unref(struct machine_channel *channel)
{
	bool last;

	pthread_mutex_lock(&channel->lock);
	last = --channel->references == 0;
	pthread_mutex_unlock(&channel->lock);
	if (last)
		channel_free(channel);
}

static void deliver(void *ctx)
{
	struct machine_channel *channel = ctx;
	struct buf out;

	pthread_mutex_lock(&channel->lock);
	out = channel->out;
	buf_init(&channel->out, OUT_MAX);
	channel->posted = false;
	pthread_mutex_unlock(&channel->lock);
	if (!channel->closed && out.len > 0)
		channel->on_bytes(channel->ctx, out.data, out.len);
	buf_done(&out);
	channel_unref(channel);
}

static void say(struct machine_channel *channel, const struct shape *shape, const void *message,
		enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, OUT_MAX);
	must(wire_write(shape, message, type, 0, &out, &err), &err);
	to_host(channel, out.data, out.len);
}

static void keep(struct machine_channel *channel, const struct buf *frame)
{
	struct fake_machine *machine = channel->machine;

	if (machine->kept_len + frame->len > FAKE_KEPT_MAX)
		abort(); /* a script that is too long */
	memcpy(machine->kept + machine->kept_len, frame->data, frame->len);
	machine->kept_len += frame->len;
	to_host(channel, frame->data, frame->len);
}

static void report(struct machine_channel *channel, const struct shape *shape, const void *message,
		   enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, OUT_MAX);
	must(wire_write(shape, message, type, channel->machine->next_seq++, &out, &err), &err);
	keep(channel, &out);
}

static void report_line(struct machine_channel *channel, size_t container, const char *line)
{
	struct wire_output output = {.container = (unsigned)container,
				     .stream = 1,
				     .wall_ms = clock_wall_ms(),
				     .bytes = (const uint8_t *)line,
				     .len = strlen(line)};
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, OUT_MAX);
	must(wire_output_write(&output, channel->machine->next_seq++, &out, &err), &err);
	keep(channel, &out);
}

static void hello(struct machine_channel *channel)
{
	struct wire_hello message = {.version = WIRE_VERSION,
				     .task = channel->machine->task,
				     .next_seq = (int64_t)channel->machine->next_seq,
				     .memory_kib = 1024,
				     .cpus = 1,
				     .uptime_ms = 5,
				     .kernel = "fake"};

	say(channel, &wire_hello_shape, &message, FRAME_HELLO);
}

static void exited(struct machine_channel *channel, size_t index, int64_t code, bool memory,
		   const char *error)
{
	struct wire_exited message = {.container = (int64_t)index,
				      .exit_code = code,
				      .started = !error,
				      .out_of_memory = memory,
				      .error = error ? error : "",
				      .wall_ms = clock_wall_ms()};

	channel->machine->containers[index].ended = true;
	report(channel, &wire_exited_shape, &message, FRAME_EXITED);
}

static void stop_all(struct machine_channel *channel)
{
	struct fake_machine *machine = channel->machine;

	for (size_t i = machine->container_count; i-- > 0;) {
		if (!machine->containers[i].ended)
			exited(channel, i, 143, false, NULL);
	}
}

static void end_machine(struct machine_channel *channel)
{
	struct machine_host *host = channel->host;

	lock();
	channel->machine->running = false;
	unlock();
	host->options.ended(host->options.ctx, channel->machine->name);
}

static void run_container(struct machine_channel *channel, size_t index)
{
	struct fake_container *container = &channel->machine->containers[index];
	struct wire_started started = {.container = (int64_t)index, .wall_ms = clock_wall_ms()};
	char line[128];

	if (strcmp(container->what, "nostart") == 0) {
		exited(channel, index, 0, false, "CannotStartContainerError: no such program");
		return;
	}
	report(channel, &wire_started_shape, &started, FRAME_STARTED);
	if (strcmp(container->what, "lines") == 0) {
		for (long i = 1; i <= atol(container->number); i++) {
			(void)snprintf(line, sizeof(line), "line %ld\n", i);
			report_line(channel, index, line);
		}
		exited(channel, index, 0, false, NULL);
	} else if (strcmp(container->what, "exit") == 0) {
		exited(channel, index, atol(container->number), false, NULL);
	} else if (strcmp(container->what, "memory") == 0) {
		exited(channel, index, 137, true, NULL);
	} else if (strcmp(container->what, "wait") == 0) {
		report_line(channel, index, "waiting\n");
	} else if (strcmp(container->what, "vanish") == 0) {
		end_machine(channel);
	} else if (strcmp(container->what, "silence") == 0) {
		channel->machine->silent = true;
	} else if (strcmp(container->what, "garbage") == 0) {
		started.container = 9; /* there is none */
		report(channel, &wire_started_shape, &started, FRAME_STARTED);
	}
}

static void take_task(struct machine_channel *channel, const struct frame *frame)
{
	struct fake_machine *machine = channel->machine;
	AUTO(arena_freep) struct arena *arena = arena_new(REPORT_ARENA);
	AUTO(json_decrefp) json_t *json = NULL;
	struct wire_phase phase = {.name = "network", .uptime_us = 6000};
	struct err err = ERR_INIT;
	struct wire_task task;
	const struct wire_container *containers;

	if (machine->task[0])
		return;
	must(wire_read(&wire_task_shape, frame, arena, &task, &json, &err), &err);
	lock();
	(void)snprintf(machine->task, sizeof(machine->task), "%s", task.task);
	(void)snprintf(fake_world->told[fake_world->told_count++], 33, "%s", task.task);
	unlock();
	fake_world->order_cpu_units = task.cpu_units;
	containers = task.containers.items;
	machine->container_count = task.containers.count;
	for (size_t i = 0; i < task.containers.count; i++) {
		struct fake_container *to = &machine->containers[i];
		const char *const *args = containers[i].args.items;

		(void)snprintf(to->what, sizeof(to->what), "%s", args[0]);
		(void)snprintf(to->number, sizeof(to->number), "%s",
			       containers[i].args.count > 1 ? args[1] : "0");
		to->essential = containers[i].essential;
		for (size_t j = 0; j < machine->disks; j++)
			to->disk_found += strcmp(machine->serials[j], containers[i].disk) == 0;
		if (!to->disk_found)
			(void)snprintf(to->what, sizeof(to->what), "nostart");
	}
	report(channel, &wire_phase_shape, &phase, FRAME_PHASE);
	for (size_t i = 0; i < machine->container_count; i++)
		run_container(channel, i);
	for (size_t i = 0; i < machine->container_count; i++) {
		if (machine->containers[i].ended && machine->containers[i].essential)
			stop_all(channel);
	}
}

static uint64_t seq_in(const struct frame *frame)
{
	AUTO(arena_freep) struct arena *arena = arena_new(REPORT_ARENA);
	AUTO(json_decrefp) json_t *json = NULL;
	struct wire_resume message;
	struct err err = ERR_INIT;

	must(wire_read(&wire_resume_shape, frame, arena, &message, &json, &err), &err);
	return (uint64_t)message.seq;
}

static void acknowledge(struct fake_machine *machine, uint64_t seq)
{
	struct frame_decoder decoder;
	struct err err = ERR_INIT;
	struct frame frame;
	AUTO(buf_done) struct buf left;
	size_t at = 0;

	buf_init(&left, FAKE_KEPT_MAX);
	frame_decoder_init(&decoder);
	while (at < machine->kept_len) {
		size_t part = machine->kept_len - at < 4096 ? machine->kept_len - at : 4096;

		must(frame_feed(&decoder, machine->kept + at, part, &err), &err);
		at += part;
		while (frame_next(&decoder, &frame)) {
			if (frame.seq > seq)
				must(frame_encode(&left, frame.type, frame.seq, frame.payload,
						  frame.len, &err),
				     &err);
		}
	}
	frame_decoder_done(&decoder);
	if (left.len > 0)
		memcpy(machine->kept, left.data, left.len);
	machine->kept_len = left.len;
}

static void resume(struct machine_channel *channel, uint64_t seq)
{
	AUTO(freep) void *zeros = xcalloc(1, FRAME_RESYNC_SIZE);

	acknowledge(channel->machine, seq);
	to_host(channel, zeros, FRAME_RESYNC_SIZE);
	hello(channel);
	to_host(channel, channel->machine->kept, channel->machine->kept_len);
}

static void on_frame(struct machine_channel *channel, const struct frame *frame)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf pong;

	buf_init(&pong, FRAME_HEADER_SIZE);
	if (channel->machine->silent || !channel->machine->running)
		return;
	switch (frame->type) {
	case FRAME_RESUME:
		resume(channel, seq_in(frame));
		break;
	case FRAME_ACK:
		acknowledge(channel->machine, seq_in(frame));
		break;
	case FRAME_PING:
		must(frame_encode(&pong, FRAME_PONG, 0, NULL, 0, &err), &err);
		to_host(channel, pong.data, pong.len);
		break;
	case FRAME_TASK:
		take_task(channel, frame);
		break;
	case FRAME_STOP:
		stop_all(channel);
		break;
	default:
		break;
	}
}

/* --- machine.h --- */

int machine_host_open(const struct machine_host_options *options, struct machine_host **ret_host,
		      struct err *err)
{
	(void)err; /* a fake opens always */
	*ret_host = xcalloc(1, sizeof(**ret_host));
	(*ret_host)->options = *options;
	return 0;
}

void machine_host_free(struct machine_host *host)
{
	while (host && host->channels) /* the loop is gone, and posts with it */
		channel_free(host->channels);
	free(host);
}

int machine_start(struct machine_host *host, const struct machine_spec *spec, struct err *err)
{
	struct fake_machine *machine = NULL;

	(void)host; /* there is one world */
	if (begin("machine_start", err) < 0)
		return -1;
	lock();
	for (size_t i = 0; i < FAKE_MACHINES && !machine; i++) {
		if (!fake_world->machines[i].used)
			machine = &fake_world->machines[i];
	}
	if (!machine || find(spec->name))
		abort(); /* names are never used twice */
	memset(machine, 0, sizeof(*machine));
	(void)snprintf(machine->name, sizeof(machine->name), "%s", spec->name);
	machine->next_seq = 1;
	machine->running = true;
	machine->used = true;
	if (fake_world->mute_count > 0) {
		fake_world->mute_count--;
		machine->silent = true;
	}
	unlock();
	fake_point();
	return 0;
}

int machine_attach(struct machine_host *host, const char *name, const struct machine_disk *disk,
		   struct err *err)
{
	struct fake_machine *machine;
	int result = 0;

	(void)host; /* there is one world */
	if (begin("machine_attach", err) < 0)
		return -1;
	lock();
	machine = find(name);
	if (!machine)
		result = err_set(err, ERR_NOT_FOUND, "no machine %s", name);
	else
		memcpy(machine->serials[machine->disks++], disk->serial, sizeof(disk->serial));
	unlock();
	fake_point();
	return result;
}

int machine_limit_cpu(struct machine_host *host, const char *name, unsigned vcpus,
		      int64_t cpu_units, struct err *err)
{
	struct fake_machine *machine;

	(void)host; /* there is one world */
	(void)vcpus;
	(void)cpu_units;
	if (begin("machine_limit_cpu", err) < 0)
		return -1;
	if (fake_world->no_cpu_limit)
		return err_set(err, ERR_UNSUPPORTED, "no limits here");
	lock();
	machine = find(name);
	if (machine)
		machine->limited = true;
	unlock();
	return 0;
}

int machine_destroy(struct machine_host *host, const char *name, struct err *err)
{
	struct fake_machine *machine;

	(void)host; /* there is one world */
	if (begin("machine_destroy", err) < 0)
		return -1;
	lock();
	machine = find(name);
	if (machine) {
		machine->running = false;
		machine->used = false;
	}
	unlock();
	fake_point();
	return 0;
}

int machine_list(struct machine_host *host, struct machine_seen **ret_list, size_t *ret_count,
		 struct err *err)
{
	size_t count = 0;

	(void)host; /* there is one world */
	if (begin("machine_list", err) < 0)
		return -1;
	*ret_list = xcalloc(FAKE_MACHINES, sizeof(**ret_list));
	lock();
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		const struct fake_machine *machine = &fake_world->machines[i];
		struct machine_seen *seen = &(*ret_list)[count];

		if (!machine->used)
			continue;
		(void)snprintf(seen->name, sizeof(seen->name), "%s", machine->name);
		seen->state = machine->running ? MACHINE_RUNNING : MACHINE_ENDED;
		count++;
	}
	unlock();
	*ret_count = count;
	return 0;
}

int machine_usage(struct machine_host *host, const char *name, struct machine_usage *ret_usage,
		  struct err *err)
{
	(void)host;
	(void)name;
	(void)err;
	memset(ret_usage, 0, sizeof(*ret_usage));
	return 0;
}

static void greet(void *ctx)
{
	struct machine_channel *channel = ctx;

	/* A real agent says hello once; whoever comes later must ask (RESUME). */
	if (!channel->closed && !channel->machine->silent && !channel->machine->booted) {
		channel->machine->booted = true;
		hello(channel);
	}
	channel_unref(channel);
}

int machine_channel_open(struct machine_host *host, const char *name, machine_bytes_fn *on_bytes,
			 void *ctx, struct machine_channel **ret_channel, struct err *err)
{
	struct machine_channel *channel;
	struct fake_machine *machine;

	if (begin("machine_channel_open", err) < 0)
		return -1;
	lock();
	machine = find(name);
	if (machine && machine->channel_open)
		abort(); /* one at a time */
	if (machine)
		machine->channel_open = true;
	unlock();
	if (!machine)
		return err_set(err, ERR_NOT_FOUND, "no machine %s", name);
	channel = xcalloc(1, sizeof(*channel));
	channel->host = host;
	channel->machine = machine;
	channel->on_bytes = on_bytes;
	channel->ctx = ctx;
	channel->references = 2; /* its owner, and the greeting */
	pthread_mutex_init(&channel->lock, NULL);
	frame_decoder_init(&channel->decoder);
	buf_init(&channel->out, OUT_MAX);
	lock();
	channel->next = host->channels;
	host->channels = channel;
	unlock();
	*ret_channel = channel;
	loop_post(host->options.loop, greet, channel);
	return 0;
}

int machine_channel_send(struct machine_channel *channel, const void *bytes, size_t len,
			 struct err *err)
{
	const uint8_t *at = bytes;
	struct frame frame;

	(void)err; /* a fake has room */
	while (len > 0) {
		size_t part = len < 4096 ? len : 4096;
		struct err inner = ERR_INIT;

		must(frame_feed(&channel->decoder, at, part, &inner), &inner);
		at += part;
		len -= part;
		while (frame_next(&channel->decoder, &frame))
			on_frame(channel, &frame);
	}
	return 0;
}

void machine_channel_pause(struct machine_channel *channel, bool pause)
{
	channel->paused = pause;
}

void machine_channel_close(struct machine_channel *channel)
{
	if (!channel)
		return;
	channel->closed = true;
	lock();
	channel->machine->channel_open = false;
	unlock();
	channel_unref(channel);
}
