/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What host and agent say to each other. Each message is a struct, and a shape
 * table that both sides use, so a member is spelt in one place. Reading checks
 * every length and range: the guest is not trusted, and the agent checks as well.
 *
 * The host has resolved everything before it speaks: arguments after image
 * defaults and overrides, variables, disks by serial number, addresses. Only what needs
 * the image's files (user names, PATH) is resolved by the agent.
 */
#ifndef SLIPWAY_MICROVM_WIRE_MESSAGE_H
#define SLIPWAY_MICROVM_WIRE_MESSAGE_H

#include "core/shape.h"
#include "microvm/wire/frame.h"

#define WIRE_VERSION	    1
#define WIRE_CONTAINERS_MAX 10	 /* the API's limit of containers in a task */
#define WIRE_TEXT_MAX	    1024 /* error texts; stoppedReason is cut there by the API */
#define WIRE_PORT_NAME	    "org.slipway.agent.0" /* of the virtio-serial port */
/* Serials of the disks that a machine has before it has a task. */
#define WIRE_SCRATCH_SERIAL "scratch"
#define WIRE_IMAGE_SERIAL   "img%u" /* of the n-th distinct image, from 0 */
/* Of the folder that is volume n, if it is one of the host's. */
#define WIRE_SHARE_TAG	    "volume%u"
/* Kernel command line words that the agent reads. */
#define WIRE_CMDLINE_PROBE  "slipway.probe" /* say hello and power off: a trial */

/* RESUME and ACK. */
struct wire_resume {
	int64_t seq; /* the last report taken */
	/* Nobody spoke before on this stream, so no frame can have been cut: RESYNC is left out
	 * (a guest under emulation takes long over so many bytes). */
	bool fresh;
};

struct wire_hello {
	int64_t version;    /* WIRE_VERSION */
	const char *task;   /* task id that was given, "" before */
	int64_t next_seq;   /* of the agent's next report */
	int64_t memory_kib; /* MemTotal */
	int64_t cpus;	    /* online */
	int64_t uptime_ms;  /* since the guest's kernel began */
	const char *kernel; /* release */
};

struct wire_network {
	const char *mac;	   /* of the interface to use; "" with no network */
	const char *address;	   /* "10.64.0.5/24" */
	const char *gateway;	   /* "10.64.0.1" */
	struct shape_list dns;	   /* texts: addresses of name servers */
	struct shape_list blocked; /* texts: networks to blackhole, "169.254.0.0/16" */
	int64_t mtu;
};

struct wire_ulimit {
	const char *name;   /* the API's: "nofile" */
	int64_t soft, hard; /* -1: unlimited */
};

/* What a container waits for before it starts, in the API's words. */
#define WIRE_CONDITIONS(X)                                                                         \
	X(START)    /* the other runs, or has run */                                               \
	X(COMPLETE) /* it has ended */                                                             \
	X(SUCCESS)  /* it has ended with 0 */                                                      \
	X(HEALTHY)  /* its health check has passed */
#define WIRE_CONDITION_AS_ENUM(name) WIRE_CONDITION_##name,
enum wire_condition { WIRE_CONDITIONS(WIRE_CONDITION_AS_ENUM) WIRE_CONDITION_COUNT };
extern const char *const wire_condition_names[]; /* NULL at the end */

struct wire_dependency {
	int64_t container; /* index of the other */
	int condition;	   /* enum wire_condition */
};

/* How well a container is, in the API's words. */
#define WIRE_HEALTHS(X)                                                                            \
	X(UNKNOWN) /* it has no check, or none that counted was made */                            \
	X(HEALTHY)                                                                                 \
	X(UNHEALTHY)
#define WIRE_HEALTH_AS_ENUM(name) WIRE_HEALTH_##name,
enum wire_health_status { WIRE_HEALTHS(WIRE_HEALTH_AS_ENUM) WIRE_HEALTH_COUNT };
extern const char *const wire_health_names[]; /* NULL at the end */

struct wire_check {
	struct shape_list args; /* texts: argv; none: no check */
	int64_t interval_s, timeout_s, retries, start_period_s;
};

struct wire_restart_policy {
	bool enabled;
	struct shape_list ignored; /* int64_t: exit codes that are not followed by a restart */
	int64_t period_s;	   /* so long it must have run */
};

/* What lies at a path of a container besides its image. */
struct wire_mount {
	const char *path; /* absolute; made if missing */
	int64_t volume;	  /* of the task's, counted from 0; -1: memory of the container */
	bool readonly;
	bool seed;		   /* an empty volume begins with what the image has there */
	int64_t size_mib;	   /* of memory */
	struct shape_list options; /* texts: of memory, "noexec", "mode=1777" */
};

struct wire_control {
	const char *name; /* "net.ipv4.tcp_keepalive_time" */
	const char *value;
};

/* Where a container's output goes instead of to the host: to a program of the task that speaks
 * the forward protocol of fluentd. */
struct wire_route {
	const char *tag;	  /* ""; it goes to the host */
	const char *container_id; /* as in DescribeTasks */
	int64_t volume;		  /* in which the program's socket is */
	const char *socket;	  /* its name there */
	int64_t buffer_bytes;	  /* kept while nobody takes them; what is more is dropped */
};

struct wire_container {
	const char *name;
	const char *disk;	 /* serial of the read-only image disk (squashfs) */
	struct shape_list args;	 /* texts: argv, at least one */
	struct shape_list env;	 /* texts: "K=V", in order, unique keys */
	const char *directory;	 /* working directory, "" is / ; made if missing */
	const char *user;	 /* "", "name", "uid", "uid:gid", "name:group" */
	const char *stop_signal; /* "SIGTERM", "15", ... */
	int64_t stop_timeout_s;	 /* then SIGKILL */
	bool essential;
	bool readonly_root;
	bool interactive;   /* stdin is an open pipe that never speaks, else /dev/null */
	bool terminal;	    /* a terminal instead, of which all output is stdout */
	bool privileged;    /* all that the guest's kernel has: it is a machine of its own */
	bool init;	    /* a small program reaps and hands signals on to the container's */
	int64_t cpu_units;  /* relative share; 0: the minimum */
	int64_t memory_mib; /* hard limit; 0: the task's */
	int64_t memory_reservation_mib; /* soft (memory.low); 0: none */
	struct shape_list ulimits;	/* struct wire_ulimit */
	/* Bits by the kernel's numbers: the usual ones without these, then with those. */
	int64_t capabilities_dropped, capabilities_added;
	struct shape_list mounts;   /* struct wire_mount, in order */
	struct shape_list controls; /* struct wire_control */
	/* 0: the container waits in write(2) while the host does not take its output. Else so
	 * many bytes of it are kept, of the task's memory, and what is more is dropped. */
	int64_t output_buffer_bytes;
	/* Lines that hold this expression begin an event, which all lines until the next one
	 * belong to; "": each line is one. */
	const char *event_begin;
	struct shape_list dependencies; /* struct wire_dependency */
	/* So long others wait for its end or its health; 0: for ever. */
	int64_t start_timeout_s;
	struct wire_check check;
	struct wire_restart_policy restart;
	const char *file_path; /* made anew in the container, with its folders; "": none */
	const char *file_text;
	struct wire_route route;
	const char *token;	/* its path at the metadata endpoint; "": it has none */
	const char *event_path; /* where it finds the task's event; "": there is none */
};

/* Keys of the task's role. */
struct wire_credentials {
	const char *role_arn, *access_key, *secret, *token;
	int64_t expires_s; /* since 1970 */
};

struct wire_task {
	const char *task;     /* id, 32 hex digits */
	int64_t wall_time_us; /* the host's clock now */
	const char *entropy;  /* 128 hex digits for the kernel's generator */
	const char *hostname;
	int64_t memory_mib;  /* of all containers together */
	int64_t cpu_units;   /* 1024 a core; 0: the host enforces it, else by a guest cgroup */
	const char *scratch; /* serial of the writable ext4 disk */
	struct wire_network network;
	int64_t volumes;	  /* folders that containers share */
	struct shape_list shares; /* int64_t: volumes that are the host's (WIRE_SHARE_TAG) */
	bool one_process_space;	  /* containers see each other's processes */
	/* struct wire_container, started in order as far as they do not wait for each other */
	struct shape_list containers;
	/* What the metadata endpoint tells of what the host knows: {"Task": {...}, "Containers":
	 * [{...}, ...]}, members as the endpoint has them; borrowed. NULL: nothing. */
	json_t *metadata;
	const char *credentials_id; /* the keys' path at that endpoint; "": the task has none */
	struct wire_credentials credentials;
	int64_t event_bytes; /* that EVENT_PARTs have brought; 0: there is no event */
};

struct wire_phase {
	const char *name;  /* "network", "disks", ... */
	int64_t uptime_us; /* when, since the guest's kernel began */
};

struct wire_started {
	int64_t container;
	int64_t wall_ms;
	int64_t uptime_us;
};

struct wire_exited {
	int64_t container;  /* index */
	int64_t exit_code;  /* 0..255; 128+signal for a signal */
	bool started;	    /* false: it never ran; error says why, exit_code is meaningless */
	bool out_of_memory; /* the kernel's OOM killer struck in its cgroup */
	bool unmet;	    /* it never ran because what it waited for cannot come any more */
	const char *error;  /* "" or "CannotStartContainerError: ..." */
	int64_t cpu_us;	    /* used */
	int64_t memory_peak_bytes;
	int64_t wall_ms, uptime_us;
};

/* These two replace each other: a host that was away gets the newest. */
struct wire_health {
	int64_t container;
	int status; /* enum wire_health_status */
	int64_t wall_ms;
};
struct wire_restarted {
	int64_t container;
	int64_t count;	   /* restarts so far */
	int64_t exit_code; /* of the run before the last restart */
	int64_t wall_ms;
};

struct wire_stats {
	int64_t cpu_us, memory_bytes, memory_peak_bytes;
	int64_t receive_bytes, transmit_bytes; /* network */
	int64_t read_bytes, write_bytes;       /* disks */
	int64_t scratch_used_bytes;
};

struct wire_failed {
	const char *error; /* "ResourceInitializationError: ..." */
};

extern const struct shape wire_resume_shape, wire_hello_shape, wire_task_shape, wire_phase_shape,
	wire_started_shape, wire_exited_shape, wire_stats_shape, wire_failed_shape,
	wire_health_shape, wire_restarted_shape, wire_credentials_shape, wire_container_shape;

/* Read a JSON payload. *ret_json owns the texts that @target borrows. */
int wire_read(const struct shape *shape, const struct frame *frame, struct arena *arena,
	      void *target, json_t **ret_json, struct err *err) MUST_CHECK;
/* Write the struct by its shape as one frame: the inverse of wire_read(). */
int wire_write(const struct shape *shape, const void *source, enum frame_type type, uint64_t seq,
	       struct buf *out, struct err *err) MUST_CHECK;
/* The payload alone, of any length: the inverse of shape_parse() and shape_fill(). The caller
 * frees it, with wipe_freep() if there are secrets in it. */
int wire_text(const struct shape *shape, const void *source, char **ret_text, struct err *err)
	MUST_CHECK;

/* OUTPUT's payload: container u8 | stream u8 (1 stdout, 2 stderr) | flags u16 | wall_ms i64 |
 * then bytes: one or more whole lines each with its "\n", or a piece of a long one
 * (WIRE_OUTPUT_PARTIAL: the line goes on in this stream's next frame; WIRE_OUTPUT_NO_NEWLINE:
 * the stream ended without one; WIRE_OUTPUT_EVENT: all bytes are one event, newlines too).
 * Little endian. A line is never shared by two streams. */
#define WIRE_OUTPUT_HEADER_SIZE 12
#define WIRE_OUTPUT_PARTIAL	1u
#define WIRE_OUTPUT_NO_NEWLINE	2u
#define WIRE_OUTPUT_EVENT	4u
/* Of wire_container.output_buffer_bytes, unless it is 0: a few of the longest pieces. */
#define WIRE_OUTPUT_BUFFER_MIN	(256 * 1024)
#define WIRE_LINE_MAX		(16u * 1024) /* longer lines are cut into events of this size */
#define WIRE_EVENT_MAX		(256u * 1024 - 26) /* of joined lines: the API's limit */
struct wire_output {
	unsigned container, stream, flags;
	int64_t wall_ms;
	const uint8_t *bytes; /* borrowed from the frame */
	size_t len;
};
int wire_output_read(const struct frame *frame, struct wire_output *ret_output, struct err *err)
	MUST_CHECK;
int wire_output_write(const struct wire_output *output, uint64_t seq, struct buf *out,
		      struct err *err) MUST_CHECK;

#endif
