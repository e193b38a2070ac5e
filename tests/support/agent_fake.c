/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agents of the hypervisor in memory. An agent keeps its reports in the world and
 * writes them all into a channel that opens or resumes; it never waits for room, so
 * its scripts are short.
 *
 * A real agent does not stop in the middle of a word when its host dies. So it holds
 * the world's lock while it takes a frame: no thread of the host can end the process
 * at a point meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "tests/support/machine_fake_private.h"

#define REPORT_ARENA (256u * 1024)

static void say(struct machine_channel *channel, const struct shape *shape, const void *message,
		enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, FAKE_OUT_MAX);
	fake_must(wire_write(shape, message, type, 0, &out, &err), &err);
	fake_channel_put(channel, out.data, out.len);
}

static void keep(struct machine_channel *channel, const struct buf *frame)
{
	struct fake_machine *machine = channel->machine;

	if (machine->kept_len + frame->len > FAKE_KEPT_MAX)
		abort(); /* a script that is too long */
	memcpy(machine->kept + machine->kept_len, frame->data, frame->len);
	machine->kept_len += frame->len;
	fake_channel_put(channel, frame->data, frame->len);
}

static void report(struct machine_channel *channel, const struct shape *shape, const void *message,
		   enum frame_type type)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, FAKE_OUT_MAX);
	fake_must(wire_write(shape, message, type, channel->machine->next_seq++, &out, &err), &err);
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

	buf_init(&out, FAKE_OUT_MAX);
	fake_must(wire_output_write(&output, channel->machine->next_seq++, &out, &err), &err);
	keep(channel, &out);
}

void fake_agent_hello(struct machine_channel *channel)
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

	fake_lock();
	channel->machine->running = false;
	fake_unlock();
	host->options.ended(host->options.ctx, channel->machine->name);
}

static void report_health(struct machine_channel *channel, size_t index, int status)
{
	struct wire_health health = {.container = (int64_t)index, .status = status};

	report(channel, &wire_health_shape, &health, FRAME_HEALTH);
}

static void report_restarts(struct machine_channel *channel, size_t index, int64_t count)
{
	struct wire_restarted restarted = {.container = (int64_t)index, .count = count};

	report(channel, &wire_restarted_shape, &restarted, FRAME_RESTARTED);
}

/* What it waits for cannot come any more: an agent then stops all containers. */
static void report_unmet(struct machine_channel *channel, size_t index)
{
	struct wire_exited exited = {
		.container = (int64_t)index, .unmet = true, .error = "container x ended"};

	channel->machine->containers[index].ended = true;
	report(channel, &wire_exited_shape, &exited, FRAME_EXITED);
	stop_all(channel);
}

static void run_container(struct machine_channel *channel, size_t index)
{
	struct fake_container *container = &channel->machine->containers[index];
	struct wire_started started = {.container = (int64_t)index, .wall_ms = clock_wall_ms()};
	char line[128];

	if (strcmp(container->what, "unmet") == 0) {
		report_unmet(channel, index);
		return;
	}
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
	} else if (strcmp(container->what, "health") == 0) {
		report_health(channel, index, (int)atol(container->number));
	} else if (strcmp(container->what, "again") == 0) {
		report_restarts(channel, index, atol(container->number));
		exited(channel, index, 5, false, NULL);
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
	fake_must(wire_read(&wire_task_shape, frame, arena, &task, &json, &err), &err);
	fake_lock();
	(void)snprintf(machine->task, sizeof(machine->task), "%s", task.task);
	(void)snprintf(fake_world->told[fake_world->told_count++], 33, "%s", task.task);
	fake_unlock();
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

	fake_must(wire_read(&wire_resume_shape, frame, arena, &message, &json, &err), &err);
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

		fake_must(frame_feed(&decoder, machine->kept + at, part, &err), &err);
		at += part;
		while (frame_next(&decoder, &frame)) {
			if (frame.seq > seq)
				fake_must(frame_encode(&left, frame.type, frame.seq, frame.payload,
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
	fake_channel_put(channel, zeros, FRAME_RESYNC_SIZE);
	fake_agent_hello(channel);
	fake_channel_put(channel, channel->machine->kept, channel->machine->kept_len);
}

static void take_frame(struct machine_channel *channel, const struct frame *frame)
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
		fake_must(frame_encode(&pong, FRAME_PONG, 0, NULL, 0, &err), &err);
		fake_channel_put(channel, pong.data, pong.len);
		break;
	case FRAME_PREPARE:
		fake_world->prepared++;
		fake_must(frame_encode(&pong, FRAME_PREPARED, 0, NULL, 0, &err), &err);
		fake_channel_put(channel, pong.data, pong.len);
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

void fake_agent_frame(struct machine_channel *channel, const struct frame *frame)
{
	fake_lock();
	take_frame(channel, frame);
	fake_unlock();
}
