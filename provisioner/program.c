/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is opened, in this order, since each leans on those before it:
 *
 *     folders, lock      one provisioner for one state
 *     databases          migrated by whoever comes first
 *     loop, signals      before any thread
 *     accelerator        KVM only if a guest boots under it
 *     hypervisor         embedded libvirt, unless another URI is configured
 *     network, scratch disks, images
 *     flow, status       and from here on the loop
 *
 * Nothing is undone at the end but what is this process's own: machines, bridges
 * and passt go on, and the next life takes them over. Only when it is told to stop and
 * no task is left, bridges and tables go with it.
 */
#include "provisioner/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "billing/meter.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process_end.h"
#include "provisioner/accel.h"
#include "provisioner/flow.h"
#include "provisioner/host_memory.h"
#include "provisioner/hypervisor.h"
#include "provisioner/hypervisor_mend.h"
#include "provisioner/image_open.h"
#include "provisioner/instance.h"
#include "provisioner/status.h"

#define LAUNCHES_A_CORE	  2
#define PAUSE_FIRST_MS	  200
#define PAUSE_MOST_MS	  10000
#define POOL_QUIET_MS	  300
#define TEMPLATE_OPEN	  "slipway-template-open.so"
#define TEMPLATE_OPEN_MAX (1u << 20)
#define REFUSAL                                                                                    \
	"tasks cannot be run on this host: KVM does not work here, and allow_tcg forbids to run "  \
	"them under TCG"

struct program {
	const struct shared_options *shared;
	const struct provisioner_options *options;
	bool privileged;
	char instance[INSTANCE_SIZE]; /* of the state folder: tells our things from another's */
	int lock_fd;
	struct loop *loop;
	struct db *state, *logs;
	struct db *budget_state;   /* NULL: there are no prices */
	struct price_list *prices; /* the same */
	struct role_seed role_seed;
	char *uri;
	struct accel accel;
	struct machine_host *host;
	struct network *network;
	enum network_mode network_mode;
	struct storage *storage;
	struct image_store *images;
	struct flow *flow;
	struct status *status;
	bool told_to_stop; /* by a signal */
	int64_t memory_limit_bytes;
	/* What the flow borrows. */
	struct seal_key *secret_key; /* NULL: none */
	char *event_bell;
	char *process_ends, *doorbell, *exec_socket, *consoles, *templates, *template_open;
	char *shares, *share_program; /* NULL: machines are given no folders */
};

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* --- folders and databases --- */

static int take_lock(struct program *program, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/provisioner.lock", program->shared->state_dir);

	program->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (program->lock_fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (flock(program->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(err, errno, "lock %s", path);
	return err_set(err, ERR_CONFLICT, "another provisioner runs on %s",
		       program->shared->state_dir);
}

/* A folder that is there keeps its owner and mode: others may share it. */
static int ensure_folder(const char *path, mode_t mode, struct err *err)
{
	struct stat about;

	if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
		return 0;
	return file_make_dir(path, mode, err);
}

static int open_databases(struct program *program, struct err *err)
{
	AUTO(freep) char *folder = xasprintf("%s/db", program->shared->state_dir);
	AUTO(freep) char *state = shared_state_db(program->shared);
	AUTO(freep) char *logs = shared_logs_db(program->shared);

	if (ensure_folder(folder, 0750, err) < 0 || db_open_state(state, &program->state, err) < 0)
		return -1;
	if (role_seed_make(program->state, &program->role_seed, err) < 0 ||
	    meter_take_over(program->state, clock_wall_ms(), err) < 0)
		return -1;
	return db_open_logs(logs, &program->logs, err);
}

/* Without prices nothing is spent, so no budget is watched. */
static int open_prices(struct program *program, struct err *err)
{
	AUTO(freep) char *state = shared_state_db(program->shared);
	AUTO(freep) char *path = shared_prices(program->shared);

	if (!path) {
		log_warn("there is no price list: budgets are not watched");
		return 0;
	}
	if (price_list_read(path, &program->prices, err) < 0)
		return err_wrap(err, "price list");
	return db_open_state(state, &program->budget_state, err);
}

/* Without one, tasks that name no secret run all the same. */
static int open_secret_key(struct program *program, struct err *err)
{
	AUTO(freep) char *path = shared_secret_key(program->shared);

	if (seal_key_open(path, &program->secret_key, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	log_warn("no key for secrets, tasks that name one cannot start: %s", err->text);
	err_clear(err);
	return 0;
}

static int open_folders(struct program *program, struct err *err)
{
	if (ensure_folder(program->shared->state_dir, 0711, err) < 0 ||
	    ensure_folder(program->shared->run_dir, 0711, err) < 0 || take_lock(program, err) < 0)
		return -1;
	program->doorbell = shared_doorbell(program->shared);
	program->event_bell = shared_event_bell(program->shared);
	program->exec_socket = shared_exec_socket(program->shared);
	program->process_ends = xasprintf("%s/" PROCESS_ENDS_NAME, program->shared->run_dir);
	program->consoles = xasprintf("%s/console", program->shared->run_dir);
	return ensure_folder(program->consoles, 0711, err);
}

/* --- hypervisor --- */

static void on_machine_ended(void *ctx, const char *name)
{
	struct program *program = ctx;

	flow_machine_ended(&program->flow, name);
}

static void on_host_lost(void *ctx, bool lost)
{
	struct program *program = ctx;

	flow_host_lost(&program->flow, lost);
}

static int choose_uri(struct program *program, struct err *err)
{
	AUTO(freep) char *root = NULL;
	unsigned mended = 0;

	if (or_null(program->options->libvirt_uri)) {
		program->uri = xstrdup(program->options->libvirt_uri);
		return 0;
	}
	root = xasprintf("%s/libvirt", program->shared->run_dir);
	if (hypervisor_mend(root, &mended, err) < 0)
		return -1;
	if (mended > 0)
		log_warn("took away %u machines that the life before was just starting", mended);
	return hypervisor_prepare(root, &program->uri, err);
}

static int choose_accel(struct program *program, struct err *err)
{
	const struct provisioner_options *options = program->options;
	uid_t uid = program->privileged ? (uid_t)options->uid_first : 0;
	struct kvm_probe_options probe = {
		.state_dir = program->shared->state_dir,
		.run_dir = program->shared->run_dir,
		.uri = program->uri,
		.emulator = or_null(options->emulator),
		.kernel = options->kernel,
		.initrd = options->initrd,
		.uid = uid,
		.gid = (gid_t)uid,
	};

	if (accel_choose(options->accel, &probe, &program->accel, err) < 0)
		return -1;
	if (strcmp(program->accel.name, "tcg") == 0)
		log_warn("machines run under TCG: slow, and QEMU promises no isolation without "
			 "KVM: %s",
			 program->accel.why);
	return 0;
}

/* QEMU, as any user, must be able to read the library, which may not be so where it was built. */
static int open_templates(struct program *program, struct err *err)
{
	AUTO(freep) char *built = file_beside_program(TEMPLATE_OPEN);
	AUTO(freep) char *installed = file_beside_program("../lib/slipway/" TEMPLATE_OPEN);
	AUTO(buf_done) struct buf bytes;

	buf_init(&bytes, TEMPLATE_OPEN_MAX);
	program->templates = xasprintf("%s/templates", program->shared->state_dir);
	if (!program->options->templates)
		return file_remove_tree(program->templates, err);
	if (access(built, R_OK) < 0 && access(installed, R_OK) < 0) {
		log_warn("no templates of machines: %s is missing", built);
		return 0;
	}
	program->template_open = xasprintf("%s/%s", program->templates, TEMPLATE_OPEN);
	if (file_make_dir(program->templates, 0711, err) < 0 ||
	    file_read(access(built, R_OK) == 0 ? built : installed, &bytes, err) < 0)
		return -1;
	return file_write(program->template_open, bytes.data, bytes.len, 0644, err);
}

/* They are served by root, and lie where this program sees them. */
static int open_shares(struct program *program, struct err *err)
{
	if (!program->privileged || or_null(program->options->libvirt_uri))
		return 0;
	program->shares = xasprintf("%s/shares", program->shared->run_dir);
	program->share_program = file_beside_program("slipway-share");
	return ensure_folder(program->shares, 0700, err);
}

static int open_host(struct program *program, struct err *err)
{
	struct machine_host_options options = {
		.uri = program->uri,
		.run_dir = program->shared->run_dir,
		.accel = program->accel.name,
		.emulator = or_null(program->options->emulator),
		.loop = program->loop,
		.ended = on_machine_ended,
		.lost = on_host_lost,
		.ctx = program,
	};

	if (open_templates(program, err) < 0)
		return -1;
	if (open_shares(program, err) < 0)
		return -1;
	options.template_open = program->template_open;
	options.share_program = program->share_program;
	/* Elsewhere than in our own embedded driver there may be machines of others. */
	if (or_null(program->options->libvirt_uri))
		options.instance = program->instance;
	return machine_host_open(&options, &program->host, err);
}

/* --- network, images --- */

/* One line of the log for each line of @notes. */
static void log_notes(const char *notes)
{
	while (*notes) {
		int len = (int)strcspn(notes, "\n");

		log_info("network: %.*s", len, notes);
		notes += len;
		notes += *notes == '\n';
	}
}

/* A guest whose containers own it must be kept from this host by the host. */
static int choose_network(struct program *program, struct err *err)
{
	const char *mode = program->options->network_mode;

	program->network_mode = NETWORK_BRIDGE;
	if (strcmp(mode, "user") == 0 || (strcmp(mode, "auto") == 0 && !program->privileged))
		program->network_mode = NETWORK_USER;
	if (program->network_mode == NETWORK_USER &&
	    program->shared->extensions.privileged_containers)
		return err_set(err, ERR_INVALID,
			       "privileged_containers needs network_mode bridge, and root: in user "
			       "mode it is the guest itself that keeps tasks from this host's "
			       "addresses");
	return 0;
}

static int open_network(struct program *program, struct err *err)
{
	struct network_options options = {
		.mode = program->network_mode,
		.subnets = &program->shared->subnets,
		.groups = &program->shared->groups,
		.dns = program->options->dns,
		.run_dir = program->shared->run_dir,
		.instance = program->instance,
		.uid = program->privileged ? (uid_t)program->options->network_uid : 0,
		.gid = program->privileged ? (gid_t)program->options->network_uid : 0,
	};

	if (network_open(&options, &program->network, err) < 0)
		return -1;
	log_notes(network_notes(program->network));
	return 0;
}

static int open_images(struct program *program, struct err *err)
{
	return image_open(program->shared, program->options, &program->images, err);
}

static int open_storage(struct program *program, struct err *err)
{
	AUTO(freep) char *folder = xasprintf("%s/scratch", program->shared->state_dir);

	return storage_open(folder, &program->storage, err);
}

/* --- flow --- */

static unsigned launch_limit(const struct provisioner_options *options)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (options->launch_limit > 0)
		return (unsigned)options->launch_limit;
	return (unsigned)(cores > 0 ? cores : 1) * LAUNCHES_A_CORE;
}

static int open_flow(struct program *program, struct err *err)
{
	const struct provisioner_options *options = program->options;
	struct flow_options flow = {
		.loop = program->loop,
		.state = program->state,
		.logs = program->logs,
		.budget_state = program->budget_state,
		.prices = program->prices,
		.host = program->host,
		.network = program->network,
		.storage = program->storage,
		.images = image_store_source(program->images),
		.kernel = options->kernel,
		.initrd = options->initrd,
		.kernel_words = options->kernel_words,
		/* Only our own QEMU opens files that libvirt was not told of. */
		.blank_image = or_null(options->libvirt_uri) ? NULL : or_null(options->blank_image),
		.template_dir = options->templates ? program->templates : NULL,
		.pool_machines = (unsigned)options->pool_machines,
		.pool_quiet_ms = POOL_QUIET_MS,
		.console_dir = program->consoles,
		.region = program->shared->region,
		.secret_key = program->secret_key,
		.extensions = program->shared->extensions,
		.roles = &program->shared->roles,
		.buckets = &program->shared->buckets,
		.shares = {program->shares, shared_file_systems(program->shared)},
		.role_seed = program->role_seed,
		.doorbell = program->doorbell,
		.event_bell = program->event_bell,
		.process_ends = program->process_ends,
		.exec_socket = program->exec_socket,
		.exec_idle_ms = options->exec_idle_ms,
		.session = {.hello_ms = options->boot_ms,
			    .ping_ms = options->ping_ms,
			    .silence_ms = options->silence_ms},
		.uid_first = program->privileged ? (uid_t)options->uid_first : 0,
		.uid_count = (unsigned)options->uid_count,
		.memory_limit_bytes = program->memory_limit_bytes,
		.machine_overhead_bytes = options->machine_overhead_bytes,
		.launch_limit = launch_limit(options),
		.pull_limit = (unsigned)options->pull_limit,
		.admission_ms = options->admission_ms,
		.stop_grace_ms = options->stop_grace_ms,
		.poll_ms = options->poll_ms,
		.sweep_ms = options->sweep_ms,
		.logs_limit_bytes = options->logs_limit_bytes,
		.retention_ms = options->retention_ms,
		.pause_first_ms = PAUSE_FIRST_MS,
		.pause_most_ms = PAUSE_MOST_MS,
	};

	if (strcmp(program->accel.name, "tcg") == 0 && !options->allow_tcg)
		flow.refusal = REFUSAL;
	return flow_new(&flow, &program->flow, err);
}

static int begin_status(struct program *program, struct err *err)
{
	AUTO(freep) char *path = shared_status_file(program->shared);
	AUTO(freep) char *metrics = shared_metrics_file(program->shared);
	struct status_options options = {
		.loop = program->loop,
		.flow = program->flow,
		.path = path,
		.metrics = metrics,
		.accel = program->accel.name,
		.why = program->accel.why,
		.network = program->network_mode == NETWORK_BRIDGE ? "bridge" : "user",
		.memory_limit_bytes = program->memory_limit_bytes,
		.every_ms = program->options->status_ms,
	};

	return status_begin(&options, &program->status, err);
}

/* --- life --- */

static void on_signal(void *ctx, int signo)
{
	struct program *program = ctx;

	log_info("%s: machines go on, the next start takes them over",
		 signo == SIGTERM ? "SIGTERM" : "SIGINT");
	program->told_to_stop = true;
	loop_stop(program->loop);
}

/* Told to stop, and no task is left: then nothing of the network need stay either. */
static void leave_network(struct program *program)
{
	struct flow_counts counts;
	struct err err = ERR_INIT;

	if (!program->told_to_stop)
		return;
	flow_count(program->flow, &counts);
	if (counts.tasks > 0 || counts.machines > 0)
		return;
	if (network_remove(program->network, &err) < 0)
		log_warn("network stays: %s", err.text);
}

static int open_loop(struct program *program, struct err *err)
{
	(void)signal(SIGPIPE, SIG_IGN); /* a write to a closed socket is an error like others */
	if (loop_new(&program->loop, err) < 0 ||
	    loop_signal_add(program->loop, SIGTERM, on_signal, program, err) < 0)
		return -1;
	return loop_signal_add(program->loop, SIGINT, on_signal, program, err);
}

static int choose_memory(struct program *program, struct err *err)
{
	program->memory_limit_bytes = program->options->memory_limit_bytes;
	if (program->memory_limit_bytes > 0)
		return 0;
	return host_memory_limit(program->host, &program->memory_limit_bytes, err);
}

static int open_all(struct program *program, struct err *err)
{
	if (choose_network(program, err) < 0 || open_folders(program, err) < 0 ||
	    open_secret_key(program, err) < 0 || open_databases(program, err) < 0 ||
	    open_prices(program, err) < 0 || open_loop(program, err) < 0)
		return -1;
	if (choose_uri(program, err) < 0 || choose_accel(program, err) < 0 ||
	    open_host(program, err) < 0)
		return err_wrap(err, "hypervisor");
	if (open_network(program, err) < 0)
		return err_wrap(err, "network");
	if (open_storage(program, err) < 0 || open_images(program, err) < 0 ||
	    choose_memory(program, err) < 0 || open_flow(program, err) < 0)
		return -1;
	return begin_status(program, err);
}

int program_open(const struct shared_options *shared, const struct provisioner_options *options,
		 struct program **ret_program, struct err *err)
{
	struct program *program = xcalloc(1, sizeof(*program));

	program->shared = shared;
	program->options = options;
	program->privileged = geteuid() == 0;
	program->lock_fd = -1;
	instance_of(shared->state_dir, program->instance);
	if (open_all(program, err) < 0) {
		program_close(program);
		return -1;
	}
	log_info("ready: accel=%s network=%s memory=%lldMiB state=%s", program->accel.name,
		 program->network_mode == NETWORK_BRIDGE ? "bridge" : "user",
		 (long long)(program->memory_limit_bytes >> 20), shared->state_dir);
	*ret_program = program;
	return 0;
}

int program_run(struct program *program, struct err *err)
{
	if (loop_run(program->loop, err) < 0)
		return -1;
	if (flow_gave_up(program->flow))
		return err_set(err, ERR_CONFLICT, "the store is not as it was left");
	if (program->told_to_stop)
		flow_end_pool(program->flow);
	leave_network(program);
	return 0;
}

void program_close(struct program *program)
{
	if (!program)
		return;
	status_end(program->status);
	flow_free(STEAL(program->flow, NULL));
	image_store_free(program->images);
	storage_free(program->storage);
	network_free(program->network);
	machine_host_free(program->host);
	db_free(program->state);
	db_free(program->logs);
	db_free(program->budget_state);
	price_list_free(program->prices);
	loop_free(program->loop);
	free(program->uri);
	seal_key_free(program->secret_key);
	free(program->process_ends);
	free(program->doorbell);
	free(program->event_bell);
	free(program->exec_socket);
	free(program->consoles);
	free(program->shares);
	free(program->share_program);
	free(program->templates);
	free(program->template_open);
	fd_closep(&program->lock_fd);
	free(program);
}
