/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the chapters of machine_test share: claims and their count, a host with its loop and
 * one channel, machines to start, and looks at their processes.
 */
#ifndef SLIPWAY_TESTS_E2E_MACHINE_WORLD_H
#define SLIPWAY_TESTS_E2E_MACHINE_WORLD_H

#include "core/buf.h"
#include "core/ident.h"
#include "core/loop.h"
#include "provisioner/machine.h"

#define ROOT	   "/tmp/slipway-machine-test"
#define BOOT_MS	   60000 /* without hardware help and on a loaded machine */
#define ANSWER_MS  30000
#define MEMORY_MIB 192
#define QEMU_USER  70123
#define PATH_SIZE  300

extern int passed, failed;
extern const char *guest_folder, *agent_folder;

struct world {
	struct loop *loop;
	int lost, back;
	struct machine_host *host;
	struct machine_channel *channel;
	struct buf heard;
	size_t heard_bytes; /* when not kept */
	bool keep, stream_ended;
	int ended_events;
	char ended_name[MACHINE_NAME_SIZE];
};

struct set {
	struct machine_spec spec;
	char name[MACHINE_NAME_SIZE], uuid[IDENT_UUID_SIZE];
	char kernel[PATH_SIZE], initrd[PATH_SIZE], scratch[PATH_SIZE], console[PATH_SIZE];
};

void check(bool good, const char *claim);
bool ok(int result, const struct err *err, const char *claim);
/* Run the loop until @done or the time is over; returns done(). */
bool wait_until(struct world *world, bool (*done)(const struct world *), int64_t wait_ms);
bool never(const struct world *world);
bool stream_has_ended(const struct world *world);
bool is_lost(const struct world *world);
bool is_back(const struct world *world);
bool has_ended_event(const struct world *world);
/* With @uri NULL: the embedded driver in @root. */
int world_open_at(struct world *world, const char *uri, const char *root, struct err *err);
int world_open(struct world *world, struct err *err);
void world_done(struct world *world);
/* Say @line; the answer without its end mark, borrowed until the next. */
const char *ask(struct world *world, const char *line);
/* Open the channel and hear the guest's first word. */
bool meet(struct world *world, const char *name);
void make_file(const char *path, off_t size, mode_t mode, uid_t owner);
/* A machine of its own name, or called @name. */
void set_fill(struct set *set, const char *name);
pid_t qemu_of(const char *name);
/* True if /proc/@pid/status has @line. */
bool status_has(pid_t pid, const char *line);
bool same_namespace(pid_t pid, const char *which);
/* Character devices in the machine's /dev. */
int devices_of(pid_t pid);
bool owned_by_root(const char *path);
struct machine_seen seen_of(struct world *world, const char *name);
void on_bytes(void *ctx, const void *bytes, size_t len);

#endif
