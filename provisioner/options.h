/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the provisioner is told: its own rows, beside the shared ones of
 * store/options.h. One file holds both.
 */
#ifndef SLIPWAY_PROVISIONER_OPTIONS_H
#define SLIPWAY_PROVISIONER_OPTIONS_H

#include "core/conf.h"
#include "store/options.h"

struct provisioner_options {
	char *libvirt_uri; /* "": the embedded driver below the state folder */
	char *emulator;	   /* "": libvirt's choice */
	char *kernel, *initrd, *kernel_words, *blank_image;
	bool templates;
	int64_t pool_machines;
	char *accel; /* "auto", "kvm", "tcg" */
	bool allow_tcg;
	char *network_mode;  /* "auto", "bridge", "user" */
	char *dns;	     /* "": the host's */
	int64_t network_uid; /* passt runs as this when we are root */

	int64_t uid_first, uid_count; /* users of machines when we are root */
	int64_t memory_limit_bytes;   /* 0: 80 % of what is available at the start */
	int64_t machine_overhead_bytes;
	int64_t launch_limit; /* 0: two a core */
	int64_t admission_ms, boot_ms, silence_ms, ping_ms, stop_grace_ms;

	char *image_program; /* "": slipway-image beside this program */
	int64_t image_uid;
	int64_t image_cache_bytes;
	int64_t image_fresh_ms; /* 0: a tag's registry is asked each time */
	int64_t pull_ms;
	int64_t pull_limit;				    /* pulls at once */
	struct conf_map registry_users, registry_passwords; /* by host */
	struct conf_map registry_mirrors; /* by registry host: "host" or "host/prefix" */
	char *plain_http_registries;	  /* comma-separated hosts */

	int64_t logs_limit_bytes;
	int64_t retention_ms; /* of stopped tasks; 0: for ever */
	int64_t exec_idle_ms;
	int64_t poll_ms, sweep_ms, status_ms;
};

extern const struct conf_table provisioner_options_table;

/* Both tables filled from @path (NULL: defaults alone). The caller gives them to
 * conf_done(), also after a failure, if they were zeroed before. */
int provisioner_options_read(const char *path, struct shared_options *shared,
			     struct provisioner_options *options, struct err *err) MUST_CHECK;
/* Rules beyond the tables: words, ranges that belong together, users of registries with
 * their passwords. */
int provisioner_options_check(const struct provisioner_options *options, struct err *err)
	MUST_CHECK;

#endif
