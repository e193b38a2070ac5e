/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hypervisor must do for us. One implementation speaks libvirt
 * (machine_libvirt*.c, the only files that include libvirt.h); tests have another
 * in memory. All calls but machine_host_open/free may block and are made from jobs, any
 * number of threads at once; events come on the loop's thread.
 *
 * A machine is named slipway-<32 hex>-<attempt> and is never used twice.
 */
#ifndef SLIPWAY_PROVISIONER_MACHINE_H
#define SLIPWAY_PROVISIONER_MACHINE_H

#include <sys/types.h>

#include "core/buf.h"
#include "core/loop.h"
#include "core/process.h"
#include "store/file_system.h"

#define MACHINE_NAME_SIZE  64
#define MACHINE_DISKS_MAX  12 /* ten images, scratch, one spare */
#define MACHINE_SHARES_MAX FILE_SYSTEMS_MAX
#define MACHINE_SERIAL_MAX 20 /* virtio-blk cuts serials there */

struct machine_size {
	int64_t memory_mib; /* as machine_spec's */
	unsigned vcpus;
};

struct machine_disk {
	char serial[MACHINE_SERIAL_MAX + 1];
	const char *path; /* raw image file */
	bool readonly;	  /* shared with other machines; never relabelled */
};

/* A folder of the host, served by the program of machine_host_options. */
struct machine_share {
	char tag[MACHINE_SERIAL_MAX + 1]; /* its name in the guest */
	const char *path;		  /* what that program is told to serve */
};

enum machine_memory {
	MACHINE_BOOT,	 /* empty: the kernel boots */
	MACHINE_RECORD,	 /* the same, in a file, for machine_template_save() */
	MACHINE_RESTORE, /* mapped from a template, copied on write: the agent waits in it */
};

struct machine_spec {
	const char *name;
	const char *uuid; /* 36 characters */
	/* What the guest shall see as MemTotal, at least; the implementation adds what the
	 * guest's kernel keeps for itself. */
	int64_t memory_mib;
	unsigned vcpus;
	const char *kernel, *initrd;
	const char *cmdline; /* words added to the default ones; may be "" */
	/* How its memory begins. Devices, sizes and kernel of a machine from a template must be
	 * those of the template's own machine. */
	enum machine_memory memory;
	const char *template_dir; /* MACHINE_RECORD, MACHINE_RESTORE: the template's folder */
	struct machine_disk disks[MACHINE_DISKS_MAX];
	size_t disk_count;    /* present from the start; others come by machine_attach */
	unsigned spare_ports; /* disks that may be attached later */
	/* With these its memory is the host's as well: only for MACHINE_BOOT. */
	const struct machine_share *shares;
	size_t share_count;
	const char *mac;    /* NULL: no network card */
	const char *tap;    /* bridge mode: name of the tap to make; NULL otherwise */
	const char *bridge; /* bridge mode */
	const char *socket; /* user mode: unix socket of passt */
	uid_t uid;
	gid_t gid;		  /* QEMU runs as these; 0: as libvirt decides (plain user) */
	const char *console_path; /* where the console goes (the driver bounds it); NULL: nowhere */
};

enum machine_state { MACHINE_GONE, MACHINE_RUNNING, MACHINE_ENDED };

struct machine_seen {
	char name[MACHINE_NAME_SIZE];
	enum machine_state state;
};

struct machine_usage {
	int64_t cpu_ns, memory_rss_kib, read_bytes, write_bytes;
};

struct machine_host;	/* one hypervisor */
struct machine_channel; /* the byte stream to the agent of one machine */

/* On the loop's thread, for every machine of ours that ended for whatever reason. */
typedef void machine_ended_fn(void *ctx, const char *name);
/* The connection to the hypervisor broke (true) or is back (false). */
typedef void machine_lost_fn(void *ctx, bool lost);

struct machine_host_options {
	const char *uri;      /* "qemu:///embed?root=...", "qemu:///system", "qemu+tls://..." */
	const char *run_dir;  /* short path for sockets */
	const char *accel;    /* "kvm" or "tcg": the verdict of the probe */
	const char *emulator; /* path of qemu-system-x86_64; NULL: libvirt's default */
	const char *template_open; /* path of the library of template_open.c; NULL: no templates */
	const char *share_program; /* stands for virtiofsd; NULL: no shares */
	/* A word that tells our machines from those of another Slipway at the same libvirt;
	 * NULL: none (an embed root is ours alone). */
	const char *instance;
	struct loop *loop;
	machine_ended_fn *ended;
	machine_lost_fn *lost;
	void *ctx;
};

int machine_host_open(const struct machine_host_options *options, struct machine_host **ret_host,
		      struct err *err) MUST_CHECK;
void machine_host_free(struct machine_host *host); /* machines go on */

/* Pure: the memory that a guest of this size has in all, what its kernel keeps included. */
int64_t machine_memory_mib(struct machine_size size);
/* Define and start. On failure nothing is left behind. */
int machine_start(struct machine_host *host, const struct machine_spec *spec, struct err *err)
	MUST_CHECK;
/*
 * Make a template of a machine that was started with MACHINE_RECORD and whose agent waits
 * (its channel must be closed): TEMPLATE_DIR/memory, which it had already, and
 * TEMPLATE_DIR/state. The machine is gone afterwards.
 */
int machine_template_save(struct machine_host *host, const char *name, const char *template_dir,
			  struct err *err) MUST_CHECK;
/* What must be the same for a template to fit: versions of hypervisor and driver, the
 * processor. Append it to @out. ERR_UNSUPPORTED where templates cannot work. */
int machine_template_describe(struct machine_host *host, struct buf *out, struct err *err)
	MUST_CHECK;
/* Put the file @path behind the disk with this @serial, read-only. The guest must not have
 * the disk in use, and has to look at it anew. */
int machine_swap_disk(struct machine_host *host, const char *name, const char *serial,
		      const char *path, struct err *err) MUST_CHECK;
/* Plug in one more disk. */
int machine_attach(struct machine_host *host, const char *name, const struct machine_disk *disk,
		   struct err *err) MUST_CHECK;
/* Limit to @cpu_units/1024 of a core in all, however many vCPUs. ERR_UNSUPPORTED
 * where the host cannot (session mode); then the agent must. */
int machine_limit_cpu(struct machine_host *host, const char *name, unsigned vcpus,
		      int64_t cpu_units, struct err *err) MUST_CHECK;
/* End it now and wait until its resources are released. Unknown names are fine. */
int machine_destroy(struct machine_host *host, const char *name, struct err *err) MUST_CHECK;
/* All machines of ours, by name. Caller frees *ret_list. */
int machine_list(struct machine_host *host, struct machine_seen **ret_list, size_t *ret_count,
		 struct err *err) MUST_CHECK;
int machine_usage(struct machine_host *host, const char *name, struct machine_usage *ret_usage,
		  struct err *err) MUST_CHECK;
/* Its process on this host. ERR_UNSUPPORTED: libvirt does not say; ERR_NOT_FOUND: it has ended. */
int machine_process(struct machine_host *host, const char *name, struct process_id *ret_process,
		    struct err *err) MUST_CHECK;

/* The channel to the agent. One at a time for a machine. @on_bytes is called on the loop's
 * thread with what came (and with len 0 once when the stream ended: then only close is
 * allowed). */
typedef void machine_bytes_fn(void *ctx, const void *bytes, size_t len);
int machine_channel_open(struct machine_host *host, const char *name, machine_bytes_fn *on_bytes,
			 void *ctx, struct machine_channel **ret_channel, struct err *err)
	MUST_CHECK;
/* From the loop's thread; queues (at most 4 MiB, then ERR_LIMIT: a task with its event is
 * 2.5) and returns at once. */
int machine_channel_send(struct machine_channel *channel, const void *bytes, size_t len,
			 struct err *err) MUST_CHECK;
/* From the loop's thread: bytes that were queued and the guest has not taken. */
size_t machine_channel_waiting(struct machine_channel *channel);
/* Stop or go on with calling @on_bytes: back-pressure to the guest. */
void machine_channel_pause(struct machine_channel *channel, bool pause);
/* From the loop's thread; no callback comes afterwards. Takes NULL. */
void machine_channel_close(struct machine_channel *channel);

#endif
