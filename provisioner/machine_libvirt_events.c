/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to libvirt and what comes from it unasked.
 *
 * One thread in the process runs libvirt's event loop. On it come the ends of machines,
 * the loss of the connection and the bytes of channels; each is handed to our own loop
 * by loop_post(), holding a reference to the host meanwhile.
 *
 * A lost connection is opened again by a thread that lives until it has succeeded (or the
 * host is freed): connecting may block for minutes, so nobody waits for it. Until then calls
 * fail with ERR_UNAVAILABLE. An embedded driver lives in this process and is never lost.
 */
#include <errno.h>
#include <libvirt/virterror.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "provisioner/machine_libvirt_private.h"

#define KEEPALIVE_SECONDS 5 /* a remote libvirtd that is silent for three of these is gone */
#define KEEPALIVE_COUNT	  3
#define BACKOFF_FIRST_MS  500
#define BACKOFF_LAST_MS	  30000

struct ended_event {
	struct machine_host *host;
	char name[MACHINE_NAME_SIZE];
};

struct lost_event {
	struct machine_host *host;
	bool lost;
};

struct posted {
	void (*fn)(void *ctx);
	void *ctx;
	int timer;
};

/* libvirt prints errors to standard error unless it has somebody to tell. */
static void swallow_error(void *ctx, virErrorPtr error)
{
	(void)ctx;
	(void)error;
}

static void *run_events(void *ctx)
{
	(void)ctx;
	for (;;)
		(void)virEventRunDefaultImpl(); /* an error of one turn is not the next's */
	return NULL;
}

/* 0, or an errno. */
static int start_thread(void *(*run)(void *), void *ctx)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int failed;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	failed = pthread_create(&thread, &attributes, run, ctx);
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed;
}

static pthread_once_t events_once = PTHREAD_ONCE_INIT;
static int events_failed;

static void events_start_once(void)
{
	/* A word for every machine start ("tainted") is not worth a line; the environment
	 * may ask for more. */
	setenv("LIBVIRT_DEBUG", "error", 0);
	virSetErrorFunc(NULL, swallow_error);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		events_failed = EIO;
	else
		events_failed = start_thread(run_events, NULL);
}

int virt_events_start(struct err *err)
{
	pthread_once(&events_once, events_start_once);
	if (events_failed)
		return err_sys(err, events_failed, "start libvirt's events");
	return 0;
}

static void run_posted(int timer, void *ctx)
{
	struct posted *posted = ctx;

	(void)timer;
	virEventRemoveTimeout(posted->timer);
	posted->fn(posted->ctx);
}

void virt_post(void (*fn)(void *ctx), void *ctx)
{
	struct posted *posted = xcalloc(1, sizeof(*posted));

	*posted = (struct posted){.fn = fn, .ctx = ctx};
	/* Armed only when its own number is known to it. */
	posted->timer = virEventAddTimeout(-1, run_posted, posted, free);
	if (posted->timer < 0)
		abort(); /* small memory is gone: as xcalloc() */
	virEventUpdateTimeout(posted->timer, 0);
}

static enum err_code code_of(const virError *error)
{
	switch (error->code) {
	case VIR_ERR_NO_DOMAIN:
		return ERR_NOT_FOUND;
	case VIR_ERR_DOM_EXIST:
		return ERR_EXISTS;
	case VIR_ERR_NO_SUPPORT:
	case VIR_ERR_CONFIG_UNSUPPORTED:
	case VIR_ERR_OPERATION_UNSUPPORTED:
	case VIR_ERR_ARGUMENT_UNSUPPORTED:
		return ERR_UNSUPPORTED;
	case VIR_ERR_OPERATION_TIMEOUT:
		return ERR_TIMEOUT;
	case VIR_ERR_NO_CONNECT:
	case VIR_ERR_INVALID_CONN:
	case VIR_ERR_RPC:
		return ERR_UNAVAILABLE;
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_ACCESS_DENIED:
		return ERR_DENIED;
	case VIR_ERR_NO_MEMORY:
		return ERR_NO_SPACE;
	case VIR_ERR_OPERATION_INVALID:
	case VIR_ERR_OPERATION_FAILED:
		/* Said so for a name and for a target that are in use. */
		return error->message && (strstr(error->message, "already exists") ||
					  strstr(error->message, "already active"))
			       ? ERR_EXISTS
			       : ERR_SYSTEM;
	default:
		return ERR_SYSTEM;
	}
}

int virt_error(struct err *err, const char *fmt, ...)
{
	const virError *error = virGetLastError();
	char what[256], text[1024] = "no reason given";
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (!error)
		return err_set(err, ERR_SYSTEM, "%s: %s", what, text);
	if (error->message)
		(void)snprintf(text, sizeof(text), "%s", error->message);
	/* What QEMU wrote before it died comes with its line ends. */
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = at[1] ? ' ' : '\0';
	return err_set(err, code_of(error), "%s: %s", what, text);
}

static void tell_ended(void *ctx)
{
	struct ended_event *event = ctx;

	if (!event->host->closed && event->host->ended)
		event->host->ended(event->host->ctx, event->name);
	machine_host_unref(event->host);
	free(event);
}

static void tell_lost(void *ctx)
{
	struct lost_event *event = ctx;

	if (!event->host->closed && event->host->lost)
		event->host->lost(event->host->ctx, event->lost);
	machine_host_unref(event->host);
	free(event);
}

static void post_lost(struct machine_host *host, bool lost)
{
	struct lost_event *event = xcalloc(1, sizeof(*event));

	machine_host_ref(host);
	*event = (struct lost_event){.host = host, .lost = lost};
	loop_post(host->loop, tell_lost, event);
}

/*
 * STOPPED comes when libvirt has released everything. It is told for all names of ours,
 * also those of another Slipway at the same libvirtd: whoever does not know it ignores it.
 */
static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int type, int detail,
			void *ctx)
{
	struct machine_host *host = ctx;
	const char *name = virDomainGetName(domain);
	struct ended_event *event;

	(void)connection;
	(void)detail;
	if (type != VIR_DOMAIN_EVENT_STOPPED || !name ||
	    strncmp(name, MACHINE_PREFIX, strlen(MACHINE_PREFIX)) != 0)
		return 0;
	event = xcalloc(1, sizeof(*event));
	machine_host_ref(host);
	event->host = host;
	(void)snprintf(event->name, sizeof(event->name), "%s", name);
	loop_post(host->loop, tell_ended, event);
	return 0;
}

struct dead_connection {
	struct machine_host *host;
	virConnectPtr connection;
};

/* Let go of a dead connection, away from its own callback (which may run on any thread). */
static void drop_connection(void *ctx)
{
	struct dead_connection *dead = ctx;

	machine_channels_lost(dead->host, dead->connection);
	virConnectClose(dead->connection);
	machine_host_unref(dead->host);
	free(dead);
}

static void on_connection_closed(virConnectPtr connection, int reason, void *ctx)
{
	struct machine_host *host = ctx;
	struct dead_connection *dead;
	struct err err = ERR_INIT;
	bool ours;

	(void)reason;
	pthread_mutex_lock(&host->lock);
	ours = host->connection == connection && !host->stopping;
	if (ours)
		host->connection = NULL;
	pthread_mutex_unlock(&host->lock);
	if (!ours)
		return;
	post_lost(host, true);
	dead = xcalloc(1, sizeof(*dead));
	machine_host_ref(host);
	*dead = (struct dead_connection){host, connection};
	virt_post(drop_connection, dead);
	if (machine_reconnect_start(host, &err) < 0)
		abort(); /* no memory for a thread: start again, machines go on */
}

static void host_unref_callback(void *ctx)
{
	machine_host_unref(ctx);
}

int machine_connect(struct machine_host *host, struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = virConnectOpen(host->uri);
	int id;

	if (!connection)
		return virt_error(err, "connect to %s", host->uri);
	if (!host->embed_root) {
		/* Old daemons have no keepalive; then TCP's own must do. */
		(void)virConnectSetKeepAlive(connection, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
		machine_host_ref(host);
		if (virConnectRegisterCloseCallback(connection, on_connection_closed, host,
						    host_unref_callback) < 0) {
			machine_host_unref(host);
			return virt_error(err, "watch the connection to %s", host->uri);
		}
	}
	machine_host_ref(host);
	id = virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
					      VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), host,
					      host_unref_callback);
	if (id < 0) {
		machine_host_unref(host);
		return virt_error(err, "watch the machines of %s", host->uri);
	}
	pthread_mutex_lock(&host->lock);
	host->connection = STEAL(connection, NULL);
	host->lifecycle_id = id;
	pthread_mutex_unlock(&host->lock);
	return 0;
}

/* True if the host was freed meanwhile. */
static bool wait_a_while(struct machine_host *host, int64_t wait_ms)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&host->lock);
	while (!host->stopping &&
	       pthread_cond_timedwait(&host->changed, &host->lock, &until) != ETIMEDOUT)
		;
	stopping = host->stopping;
	pthread_mutex_unlock(&host->lock);
	return stopping;
}

static void *run_reconnect(void *ctx)
{
	struct machine_host *host = ctx;
	int64_t backoff_ms = BACKOFF_FIRST_MS;
	struct err err = ERR_INIT;

	while (!wait_a_while(host, backoff_ms)) {
		if (machine_connect(host, &err) == 0) {
			post_lost(host, false);
			break;
		}
		backoff_ms *= 2;
		if (backoff_ms > BACKOFF_LAST_MS)
			backoff_ms = BACKOFF_LAST_MS;
	}
	machine_host_unref(host);
	return NULL;
}

int machine_reconnect_start(struct machine_host *host, struct err *err)
{
	int failed;

	machine_host_ref(host);
	failed = start_thread(run_reconnect, host);
	if (failed) {
		machine_host_unref(host);
		return err_sys(err, failed, "start the thread that connects again");
	}
	return 0;
}
