/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the libvirt driver (machine_libvirt*.c) share.
 */
#ifndef SLIPWAY_PROVISIONER_MACHINE_LIBVIRT_PRIVATE_H
#define SLIPWAY_PROVISIONER_MACHINE_LIBVIRT_PRIVATE_H

#include <jansson.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdatomic.h>

#include "provisioner/machine.h"

#define MACHINE_PREFIX "slipway-"

/*
 * One hypervisor. References: the owner's, one for each event on its way to the
 * loop, one for the thread that reconnects, one for each open channel.
 */
struct machine_host {
	atomic_uint refs;
	struct loop *loop;
	machine_ended_fn *ended;
	machine_lost_fn *lost;
	void *ctx;
	char *uri, *accel, *emulator, *instance, *run_dir, *template_open, *share_program;
	char *embed_root;		  /* of an embed URI; NULL otherwise */
	bool closed;			  /* loop's thread only: no callback any more */
	struct machine_console *consoles; /* loop's thread only */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	virConnectPtr connection; /* NULL while lost */
	int lifecycle_id;	  /* of the event callback */
	bool stopping;
	struct machine_channel *channels; /* opening, open or closing */
};

void machine_host_ref(struct machine_host *host);
void machine_host_unref(struct machine_host *host);

/* A counted connection, or NULL and ERR_UNAVAILABLE; give it back with virConnectClose(). */
virConnectPtr machine_connection(struct machine_host *host, struct err *err);
void virt_closep(virConnectPtr *connection);
void virt_domain_freep(virDomainPtr *domain);
/* The machine called @name; ERR_NOT_FOUND if there is none. */
virDomainPtr machine_domain(virConnectPtr connection, const char *name, struct err *err);

/* libvirt's last error of this thread as ours, behind @fmt. Returns -1. */
int virt_error(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* One QMP command of JSON text; *ret_answer (NULL: not wanted) is its "return", to be given
 * back with json_decref(). */
int virt_qmp(virDomainPtr domain, const char *command, json_t **ret_answer, struct err *err)
	MUST_CHECK;
/* Take away what a life before left of its migrations. */
int machine_templates_begin(const struct machine_host *host, struct err *err) MUST_CHECK;
/* The empty memory of a machine that shall become a template. */
int machine_template_record(const struct machine_spec *spec, struct err *err) MUST_CHECK;
/* Load the device state of its template into a paused machine, and let it run. */
int machine_template_load(struct machine_host *host, virDomainPtr domain,
			  const struct machine_spec *spec, struct err *err) MUST_CHECK;

/* Start libvirt's event loop thread, once in the process. */
int virt_events_start(struct err *err) MUST_CHECK;
/* Call @fn(ctx) soon on the thread of libvirt's events. */
void virt_post(void (*fn)(void *ctx), void *ctx);

/* Connect and subscribe (blocks). */
int machine_connect(struct machine_host *host, struct err *err) MUST_CHECK;
/* Start the thread that connects again; @host is without a connection. */
int machine_reconnect_start(struct machine_host *host, struct err *err) MUST_CHECK;

/* On the thread of libvirt's events: @connection died, and its channels with it. */
void machine_channels_lost(struct machine_host *host, virConnectPtr connection);

/* Make the pipe of a console and read it into its file from the loop on. */
int machine_console_make(const char *console_path, uid_t uid, gid_t gid, struct err *err)
	MUST_CHECK;
/* Take the pipe away again; what was written stays. */
void machine_console_remove(const char *console_path);
/* From any thread: read the pipe on the loop. */
void machine_console_follow(struct machine_host *host, const char *pipe_path);
/* On the loop's thread. */
void machine_console_close_all(struct machine_host *host);

#endif
