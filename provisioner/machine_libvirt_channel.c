/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte stream to an agent: a libvirt stream on one side, our loop on the other.
 *
 *   guest -> libvirt's thread -> inbox (bounded) -> loop_post -> on_bytes
 *   machine_channel_send -> outbox (bounded) -> libvirt's thread -> guest
 *
 * The stream is read and written on the thread of libvirt's events only. While the inbox is
 * full (the loop is slow, or the channel is paused) reading stops, the socket fills, and
 * the guest's write() blocks: that is the back-pressure. A stream that broke is read to its end
 * first, so that an agent's last words arrive, and then reported once by len 0.
 *
 * The libvirt of a machine serves one reader, and a second one is not refused on all
 * ways, it just never hears anything. So the host keeps the list of its channels: a second
 * open while one is in use is ERR_CONFLICT, one while the former is being closed waits.
 *
 * A channel is counted: its owner, libvirt's callback and a delivery on its way hold it. The
 * callback is taken away on the thread of libvirt's events only, so that it cannot run any
 * more afterwards; libvirt is not asked to free anything (its remote driver forgets to).
 *
 * A remote stream says nothing when its connection dies: machine_channels_lost() ends it.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "microvm/wire/message.h"
#include "provisioner/machine_libvirt_private.h"

#define OUTBOX_MAX    (4u * 1024 * 1024) /* as machine.h promises */
#define INBOX_FULL    (256u * 1024)	 /* reading stops here */
#define INBOX_MAX     (2u * 1024 * 1024) /* last words may come on top: a socket's buffer */
#define READ_SIZE     (64u * 1024)
#define CLOSE_WAIT_MS 5000

struct machine_channel {
	atomic_uint refs;
	struct machine_host *host;
	struct machine_channel *next; /* of the host's list, under its lock */
	char name[MACHINE_NAME_SIZE];
	machine_bytes_fn *on_bytes;
	void *ctx;
	virStreamPtr stream;
	virConnectPtr connection; /* of the stream; only to be compared */

	pthread_mutex_t lock;
	struct buf inbox, outbox;
	bool watching; /* libvirt calls on_stream() */
	bool ended;    /* nothing more will come */
	bool told_end; /* loop's thread: len 0 was delivered */
	bool paused;
	bool closed;
	bool delivery; /* one is on its way to the loop */
};

static void channel_unref(struct machine_channel *channel)
{
	if (atomic_fetch_sub(&channel->refs, 1) != 1)
		return;
	if (channel->stream)
		virStreamFree(channel->stream);
	buf_done(&channel->inbox);
	buf_done(&channel->outbox);
	pthread_mutex_destroy(&channel->lock);
	machine_host_unref(channel->host);
	free(channel);
}

/* Give back a reference that cannot be the last: the opener's lives until finish_close(). */
static void channel_unref_inner(struct machine_channel *channel)
{
	int before = (int)atomic_fetch_sub(&channel->refs, 1);

	assert(before > 1);
	(void)before; /* looked at by the assertion alone */
}

static struct machine_channel *channel_ref(struct machine_channel *channel)
{
	atomic_fetch_add(&channel->refs, 1);
	return channel;
}

/* What the stream shall call us for; with the lock held. */
static void watch_again(struct machine_channel *channel)
{
	int events = 0;

	if (!channel->watching)
		return;
	if (channel->inbox.len < INBOX_FULL)
		events |= VIR_STREAM_EVENT_READABLE;
	if (channel->outbox.len > 0)
		events |= VIR_STREAM_EVENT_WRITABLE;
	(void)virStreamEventUpdateCallback(channel->stream, events); /* it can only be gone */
}

static void deliver(void *ctx);

/* With the lock held. */
static void post_delivery(struct machine_channel *channel)
{
	if (channel->delivery || channel->closed || channel->paused)
		return;
	if (channel->inbox.len == 0 && !(channel->ended && !channel->told_end))
		return;
	channel->delivery = true;
	loop_post(channel->host->loop, deliver, channel_ref(channel));
}

/* On the loop's thread. */
static void deliver(void *ctx)
{
	struct machine_channel *channel = ctx;
	struct buf bytes;
	bool end;

	pthread_mutex_lock(&channel->lock);
	channel->delivery = false;
	if (channel->closed || channel->paused) {
		pthread_mutex_unlock(&channel->lock);
		channel_unref(channel);
		return;
	}
	bytes = channel->inbox;
	buf_init(&channel->inbox, INBOX_MAX);
	end = bytes.len == 0 && channel->ended && !channel->told_end;
	channel->told_end |= end;
	watch_again(channel);
	pthread_mutex_unlock(&channel->lock);
	if (bytes.len > 0)
		channel->on_bytes(channel->ctx, bytes.data, bytes.len);
	else if (end)
		channel->on_bytes(channel->ctx, NULL, 0);
	buf_done(&bytes);
	pthread_mutex_lock(&channel->lock);
	post_delivery(channel);
	pthread_mutex_unlock(&channel->lock);
	channel_unref(channel);
}

/* Read until the stream has no more or the inbox has @full bytes; with the lock
 * held. False when the stream has ended. */
static bool read_stream(struct machine_channel *channel, size_t full)
{
	struct err err = ERR_INIT;

	while (channel->inbox.len < full) {
		uint8_t *room;
		int got;

		if (buf_reserve(&channel->inbox, READ_SIZE, &room, &err) < 0)
			return false;
		got = virStreamRecv(channel->stream, (char *)room, READ_SIZE);
		if (got == -2) /* would block */
			return true;
		if (got <= 0)
			return false;
		buf_added(&channel->inbox, (size_t)got);
	}
	return true;
}

/* With the lock held. False when the stream has ended. */
static bool write_stream(struct machine_channel *channel)
{
	while (channel->outbox.len > 0) {
		int put = virStreamSend(channel->stream, (const char *)channel->outbox.data,
					channel->outbox.len);

		if (put == -2)
			return true;
		if (put < 0)
			return false;
		buf_consume(&channel->outbox, (size_t)put);
	}
	return true;
}

/* On the thread of libvirt's events: it calls us no more. @ended: nor will bytes come. */
static void stop_watching(struct machine_channel *channel, bool ended)
{
	bool watching;

	pthread_mutex_lock(&channel->lock);
	watching = STEAL(channel->watching, false);
	channel->ended |= ended;
	post_delivery(channel);
	pthread_mutex_unlock(&channel->lock);
	if (!watching)
		return;
	(void)virStreamEventRemoveCallback(channel->stream); /* it can only be gone */
	channel_unref_inner(channel);
}

/* On the thread of libvirt's events. */
static void on_stream(virStreamPtr stream, int events, void *ctx)
{
	struct machine_channel *channel = ctx;
	bool alive = true;

	(void)stream;
	pthread_mutex_lock(&channel->lock);
	if (channel->closed || !channel->watching) {
		pthread_mutex_unlock(&channel->lock);
		return;
	}
	if (events & (VIR_STREAM_EVENT_HANGUP | VIR_STREAM_EVENT_ERROR)) {
		(void)read_stream(channel, INBOX_MAX - READ_SIZE);
		alive = false;
	} else {
		if (events & VIR_STREAM_EVENT_READABLE)
			alive = read_stream(channel, INBOX_FULL);
		if (alive && events & VIR_STREAM_EVENT_WRITABLE)
			alive = write_stream(channel);
	}
	if (alive) {
		watch_again(channel);
		post_delivery(channel);
	}
	pthread_mutex_unlock(&channel->lock);
	if (!alive)
		stop_watching(channel, true);
}

/* The connection of these channels died; on the thread of libvirt's events. */
void machine_channels_lost(struct machine_host *host, virConnectPtr connection)
{
	struct machine_channel *lost;

	do {
		pthread_mutex_lock(&host->lock);
		for (lost = host->channels; lost; lost = lost->next)
			if (lost->connection == connection)
				break;
		if (lost) {
			lost->connection = NULL; /* not found again */
			(void)channel_ref(lost);
		}
		pthread_mutex_unlock(&host->lock);
		if (lost) {
			stop_watching(lost, true);
			channel_unref_inner(lost); /* finish_close() runs on this thread, too */
		}
	} while (lost);
}

static struct machine_channel *find_open(struct machine_host *host, const char *name)
{
	for (struct machine_channel *at = host->channels; at; at = at->next)
		if (strcmp(at->name, name) == 0)
			return at;
	return NULL;
}

/* Enter @channel in the host's list: from then on its name is taken. */
static int enlist(struct machine_host *host, struct machine_channel *channel, struct err *err)
{
	struct timespec until;
	struct machine_channel *other;
	int done = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLOSE_WAIT_MS / 1000;
	pthread_mutex_lock(&host->lock);
	while ((other = find_open(host, channel->name)) != NULL && other->closed && done == 0)
		done = pthread_cond_timedwait(&host->changed, &host->lock, &until);
	if (other) {
		pthread_mutex_unlock(&host->lock);
		return err_set(err, ERR_CONFLICT, "the channel of machine %s is open already",
			       channel->name);
	}
	channel->next = host->channels;
	host->channels = channel;
	pthread_mutex_unlock(&host->lock);
	return 0;
}

static void delist(struct machine_host *host, struct machine_channel *channel)
{
	pthread_mutex_lock(&host->lock);
	for (struct machine_channel **at = &host->channels; *at; at = &(*at)->next) {
		if (*at == channel) {
			*at = channel->next;
			break;
		}
	}
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
}

static int connect_stream(struct machine_host *host, struct machine_channel *channel,
			  struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = machine_connection(host, err);
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;

	if (!connection)
		return -1;
	domain = machine_domain(connection, channel->name, err);
	if (!domain)
		return -1;
	channel->stream = virStreamNew(connection, VIR_STREAM_NONBLOCK);
	pthread_mutex_lock(&host->lock);
	channel->connection = connection;
	pthread_mutex_unlock(&host->lock);
	if (!channel->stream ||
	    virDomainOpenChannel(domain, WIRE_PORT_NAME, channel->stream, 0) < 0)
		return virt_error(err, "open the channel of machine %s", channel->name);
	/* The callback waits at the lock until we know whether it was taken. */
	pthread_mutex_lock(&channel->lock);
	channel->watching = true;
	if (virStreamEventAddCallback(channel->stream, VIR_STREAM_EVENT_READABLE, on_stream,
				      channel_ref(channel), NULL) < 0) {
		channel->watching = false;
		pthread_mutex_unlock(&channel->lock);
		channel_unref_inner(channel);
		(void)virt_error(err, "watch the channel of machine %s", channel->name);
		(void)virStreamAbort(channel->stream);
		return -1;
	}
	pthread_mutex_unlock(&channel->lock);
	return 0;
}

int machine_channel_open(struct machine_host *host, const char *name, machine_bytes_fn *on_bytes,
			 void *ctx, struct machine_channel **ret_channel, struct err *err)
{
	struct machine_channel *channel = xcalloc(1, sizeof(*channel));

	atomic_init(&channel->refs, 1);
	machine_host_ref(host);
	channel->host = host;
	(void)snprintf(channel->name, sizeof(channel->name), "%s", name);
	channel->on_bytes = on_bytes;
	channel->ctx = ctx;
	pthread_mutex_init(&channel->lock, NULL);
	buf_init(&channel->inbox, INBOX_MAX);
	buf_init_secret(&channel->outbox, OUTBOX_MAX);
	if (enlist(host, channel, err) < 0) {
		channel_unref(channel);
		return -1;
	}
	if (connect_stream(host, channel, err) < 0) {
		delist(host, channel);
		channel_unref(channel);
		return -1;
	}
	*ret_channel = channel;
	return 0;
}

int machine_channel_send(struct machine_channel *channel, const void *bytes, size_t len,
			 struct err *err)
{
	int done;

	pthread_mutex_lock(&channel->lock);
	if (channel->ended)
		done = err_set(err, ERR_UNAVAILABLE, "the channel of machine %s has ended",
			       channel->name);
	else
		done = buf_append(&channel->outbox, bytes, len, err);
	if (done == 0)
		watch_again(channel);
	pthread_mutex_unlock(&channel->lock);
	return done;
}

size_t machine_channel_waiting(struct machine_channel *channel)
{
	size_t waiting;

	pthread_mutex_lock(&channel->lock);
	waiting = channel->outbox.len;
	pthread_mutex_unlock(&channel->lock);
	return waiting;
}

void machine_channel_pause(struct machine_channel *channel, bool pause)
{
	pthread_mutex_lock(&channel->lock);
	channel->paused = pause;
	post_delivery(channel);
	pthread_mutex_unlock(&channel->lock);
}

/* On the thread of libvirt's events: aborting a remote stream asks the far side. */
static void finish_close(void *ctx)
{
	struct machine_channel *channel = ctx;

	stop_watching(channel, false);
	(void)virStreamAbort(channel->stream); /* it may have ended by itself */
	delist(channel->host, channel);
	channel_unref(channel);
}

void machine_channel_close(struct machine_channel *channel)
{
	if (!channel)
		return;
	pthread_mutex_lock(&channel->host->lock); /* enlist() looks at it */
	pthread_mutex_lock(&channel->lock);
	channel->closed = true;
	pthread_mutex_unlock(&channel->lock);
	pthread_mutex_unlock(&channel->host->lock);
	virt_post(finish_close, channel);
}
