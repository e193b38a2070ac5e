/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hypervisor in memory. Calls come from any thread and take one lock; the
 * agents (agent_fake.c) run on the loop's thread, whenever bytes come or a channel
 * opens.
 */
#include "tests/support/machine_fake_private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/bytes.h"

struct fake_world *fake_world;

/* --- the world --- */

void fake_world_mend(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
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

void fake_lock(void)
{
	pthread_mutex_lock(&fake_world->lock);
}

void fake_unlock(void)
{
	pthread_mutex_unlock(&fake_world->lock);
}

void fake_point(void)
{
	fake_lock();
	if (++fake_world->points == fake_world->crash_at)
		_exit(FAKE_CRASH_STATUS);
	fake_unlock();
}

/* The beginning of every call. */
static int begin(const char *call, struct err *err)
{
	bool fails;

	fake_point();
	fake_lock();
	fails = ++fake_world->calls == fake_world->fail_at;
	if (fake_world->fail_next && strcmp(call, fake_world->fail_next) == 0) {
		fake_world->fail_next = NULL;
		fails = true;
	}
	if (fake_world->fail_each && strcmp(call, fake_world->fail_each) == 0)
		fails = true;
	fake_unlock();
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

	fake_lock();
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		count += fake_world->machines[i].used;
	fake_unlock();
	return count;
}

size_t fake_leases(void)
{
	size_t count = 0;

	fake_lock();
	for (size_t i = 0; i < FAKE_MACHINES; i++)
		count += fake_world->leases[i][0] != '\0';
	fake_unlock();
	return count;
}

/* --- channels --- */

static void deliver(void *ctx);

void fake_channel_put(struct machine_channel *channel, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;
	bool post;

	pthread_mutex_lock(&channel->lock);
	fake_must(buf_append(&channel->out, bytes, len, &err), &err);
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

	fake_lock();
	at = &channel->host->channels;
	while (*at != channel)
		at = &(*at)->next;
	*at = channel->next;
	fake_unlock();
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
	buf_init(&channel->out, FAKE_OUT_MAX);
	channel->posted = false;
	pthread_mutex_unlock(&channel->lock);
	if (!channel->closed && out.len > 0)
		channel->on_bytes(channel->ctx, out.data, out.len);
	buf_done(&out);
	channel_unref(channel);
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

int64_t machine_memory_mib(struct machine_size size)
{
	return size.memory_mib + fake_world->kernel_mib;
}

int machine_start(struct machine_host *host, const struct machine_spec *spec, struct err *err)
{
	struct fake_machine *machine = NULL;

	(void)host; /* there is one world */
	if (begin("machine_start", err) < 0)
		return -1;
	fake_lock();
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
	machine->booted = spec->memory == MACHINE_RESTORE;
	fake_world->restored += machine->booted;
	for (size_t i = 0; i < spec->disk_count; i++) {
		const char *serial =
			strstr(spec->disks[i].path, "blank") ? "" : spec->disks[i].serial;

		(void)snprintf(machine->serials[machine->disks++], MACHINE_SERIAL_MAX + 1, "%s",
			       serial);
	}
	machine->silent = machine->booted && fake_world->mute_restored;
	if (fake_world->mute_count > 0) {
		fake_world->mute_count--;
		machine->silent = true;
	}
	fake_unlock();
	fake_point();
	return 0;
}

static int put_behind(const char *call, const char *name, const char *serial, struct err *err)
{
	struct fake_machine *machine;
	int result = 0;

	if (begin(call, err) < 0)
		return -1;
	fake_lock();
	machine = find(name);
	if (!machine)
		result = err_set(err, ERR_NOT_FOUND, "no machine %s", name);
	else
		(void)snprintf(machine->serials[machine->disks++], MACHINE_SERIAL_MAX + 1, "%s",
			       serial);
	fake_unlock();
	fake_point();
	return result;
}

int machine_swap_disk(struct machine_host *host, const char *name, const char *serial,
		      const char *path, struct err *err)
{
	(void)host; /* there is one world */
	(void)path;
	return put_behind("machine_swap_disk", name, serial, err);
}

int machine_template_save(struct machine_host *host, const char *name, const char *template_dir,
			  struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/state", template_dir);
	FILE *file;

	if (begin("machine_template_save", err) < 0 || machine_destroy(host, name, err) < 0)
		return -1;
	file = fopen(path, "we");
	if (!file || fclose(file) != 0)
		abort();
	return 0;
}

int machine_template_describe(struct machine_host *host, struct buf *out, struct err *err)
{
	(void)host; /* there is one world */
	if (begin("machine_template_describe", err) < 0)
		return -1;
	if (!fake_world->templates)
		return err_set(err, ERR_UNSUPPORTED, "no templates here");
	return buf_append_text(out, "fake\n", err);
}

int machine_attach(struct machine_host *host, const char *name, const struct machine_disk *disk,
		   struct err *err)
{
	(void)host; /* there is one world */
	return put_behind("machine_attach", name, disk->serial, err);
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
	fake_lock();
	machine = find(name);
	if (machine)
		machine->limited = true;
	fake_unlock();
	return 0;
}

int machine_destroy(struct machine_host *host, const char *name, struct err *err)
{
	struct fake_machine *machine;

	(void)host; /* there is one world */
	if (begin("machine_destroy", err) < 0)
		return -1;
	if (!name[0])
		return err_set(err, ERR_INVALID, "machine name is not a name");
	if (strcmp(name, fake_world->stuck) == 0)
		return err_set(err, ERR_SYSTEM, "machine %s will not go", name);
	fake_lock();
	machine = find(name);
	if (machine) {
		machine->running = false;
		machine->used = false;
	}
	fake_unlock();
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
	fake_lock();
	for (size_t i = 0; i < FAKE_MACHINES; i++) {
		const struct fake_machine *machine = &fake_world->machines[i];
		struct machine_seen *seen = &(*ret_list)[count];

		if (!machine->used)
			continue;
		(void)snprintf(seen->name, sizeof(seen->name), "%s", machine->name);
		seen->state = machine->running ? MACHINE_RUNNING : MACHINE_ENDED;
		count++;
	}
	fake_unlock();
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

int machine_process(struct machine_host *host, const char *name, struct process_id *ret_process,
		    struct err *err)
{
	(void)host; /* there is one world */
	if (fake_world->process.pid == 0)
		return err_set(err, ERR_UNSUPPORTED, "the process of %s is not known", name);
	*ret_process = fake_world->process;
	return 0;
}

static void greet(void *ctx)
{
	struct machine_channel *channel = ctx;

	/* A real agent says hello once; whoever comes later must ask (RESUME). */
	if (!channel->closed && !channel->machine->silent && !channel->machine->booted) {
		channel->machine->booted = true;
		fake_agent_hello(channel);
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
	fake_lock();
	machine = find(name);
	if (machine && machine->channel_open)
		abort(); /* one at a time */
	if (machine)
		machine->channel_open = true;
	fake_unlock();
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
	buf_init(&channel->out, FAKE_OUT_MAX);
	fake_lock();
	channel->next = host->channels;
	host->channels = channel;
	fake_unlock();
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

		fake_must(frame_feed(&channel->decoder, at, part, &inner), &inner);
		at += part;
		len -= part;
		while (frame_next(&channel->decoder, &frame)) {
			fake_world->heard[frame.type % ARRAY_LEN(fake_world->heard)]++;
			if (frame.type == FRAME_EXEC_INPUT)
				fake_world->exec = le32_get(frame.payload);
			fake_agent_frame(channel, &frame);
		}
	}
	return 0;
}

size_t machine_channel_waiting(struct machine_channel *channel)
{
	(void)channel;
	return fake_world->channel_waiting;
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
	fake_lock();
	channel->machine->channel_open = false;
	fake_unlock();
	channel_unref(channel);
}
