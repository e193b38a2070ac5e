/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-gateway: the program that reads the internet and has no power. It
 * starts in stages, each of which gives up what the one before still needed:
 *
 *     configuration, price list                       (perhaps as root)
 *     certificate, listening sockets                  (the same)
 *     databases                                       (as its user)
 *     sandbox                                         (files, system calls)
 *     workers and the loop
 *
 * Ready is said by the log line "ready address=...". SIGTERM and SIGINT finish
 * what was asked and end; SIGHUP reads the certificate again. Nothing is saved at the
 * end: a kill loses nothing that was acknowledged.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/bell.h"
#include "core/clock.h"
#include "core/log.h"
#include "events/zone_set.h"
#include "gateway/api_write.h"
#include "gateway/billing_state.h"
#include "gateway/event_thread.h"
#include "gateway/events/hub.h"
#include "gateway/events/intake.h"
#include "gateway/exec_stream.h"
#include "gateway/json_memory.h"
#include "gateway/listener.h"
#include "gateway/metrics.h"
#include "gateway/options.h"
#include "gateway/pages.h"
#include "gateway/sandbox.h"
#include "gateway/signing_keys.h"
#include "gateway/work.h"
#include "store/doorbell.h"
#include "store/journal_keeper.h"
#include "store/option_names.h"
#include "store/task_version.h"

#define CONFIG_PATH	  "/etc/slipway/slipway.conf"
#define CERTIFICATE_MS	  10000	    /* how often files are looked at for a change */
#define WORKERS_MAX	  64	    /* of options.c */
#define KEPT_BYTES	  (1 << 20) /* of free memory, by malloc() */
#define SIGNING_KEYS_KEPT 64	    /* a worker; 170 bytes each */
#define FILES_BESIDE	  64	    /* descriptors that are not connections */

struct gateway {
	struct shared_options shared;
	struct gateway_options options;
	struct server server;
	struct listener *listener;
	struct doorbell *doorbell, *relay_bell;
	struct api_options api;
	struct api_worker workers[WORKERS_MAX];
	struct db *databases[2 * WORKERS_MAX + 4];
	size_t database_count;
	struct db *writer;		  /* one of them: of the group commit and of deliveries */
	struct event_deliverer deliverer; /* with two of them, state and logs */
	struct db *keeper_state;	  /* another: of the journal's keeper */
	struct journal_keeper *journal_keeper;
	struct event_thread *event_thread;
	struct bell *event_bell;
	struct pages_options pages;
	char *exec_socket, *status_file, *metrics_file;
	struct seal_key *secret_key; /* NULL: none */
	struct billing_state *billing;
};

/* On a worker's thread. */
static void *handle(void *ctx, unsigned worker, const struct request *request,
		    struct response *response)
{
	const struct gateway *gateway = ctx;
	const struct api_worker *own = &gateway->workers[worker];

	if (pages_answer(&gateway->pages, own->state, request, response) ||
	    exec_stream_answer(own->state, request, response))
		return NULL;
	return api_begin(own, request, response);
}

/* On the thread of the writes. */
static void write_calls(void *ctx, void *const *left, size_t count)
{
	const struct gateway *gateway = ctx;
	struct api_call *calls[WORK_WRITES_MAX];

	for (size_t i = 0; i < count; i++)
		calls[i] = left[i];
	api_write(gateway->writer, calls, count);
}

static bool written(void *ctx, void *left)
{
	(void)ctx;
	return api_end(left);
}

/* --- certificate, signals ----------------------------------------------------------- */

static void reload(struct gateway *gateway)
{
	struct err err;

	if (tls_server_reload(gateway->server.tls, &err) < 0) {
		log_error("certificate not reloaded, the old one stays: %s", err.text);
		return;
	}
	metric_add(METRIC_certificate_reloads_total, 1);
	log_info("certificate reloaded");
}

static void on_certificate_timer(void *ctx)
{
	struct gateway *gateway = ctx;

	if (tls_server_is_stale(gateway->server.tls))
		reload(gateway);
	(void)loop_timer_add(gateway->server.loop, CERTIFICATE_MS, on_certificate_timer, gateway);
}

static void on_hangup(void *ctx, int signo)
{
	(void)signo;
	reload(ctx);
}

static void on_stopped(void *ctx)
{
	struct gateway *gateway = ctx;

	loop_stop(gateway->server.loop);
}

static void on_terminate(void *ctx, int signo)
{
	struct gateway *gateway = ctx;

	log_info("stopping signal=%d connections=%zu", signo,
		 listener_connections(gateway->listener));
	listener_stop(gateway->listener, gateway->options.stop_ms, on_stopped, gateway);
}

static int watch_signals(struct gateway *gateway, struct err *err)
{
	struct loop *loop = gateway->server.loop;

	if (loop_signal_add(loop, SIGTERM, on_terminate, gateway, err) < 0 ||
	    loop_signal_add(loop, SIGINT, on_terminate, gateway, err) < 0 ||
	    loop_signal_add(loop, SIGHUP, on_hangup, gateway, err) < 0)
		return -1;
	return 0;
}

/* --- the stages of the start ---------------------------------------------------------- */

/* As many descriptors as the limits ask for. */
static int raise_file_limit(const struct gateway *gateway, struct err *err)
{
	rlim_t wanted = (rlim_t)gateway->options.limits.connections + FILES_BESIDE +
			(rlim_t)gateway->options.workers * 8;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(err, errno, "read the limit of open files");
	if (limit.rlim_cur >= wanted)
		return 0;
	if (limit.rlim_max < wanted && geteuid() != 0)
		return err_set(err, ERR_LIMIT,
			       "connection_limit needs %llu open files, and %llu are allowed",
			       (unsigned long long)wanted, (unsigned long long)limit.rlim_max);
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(err, errno, "raise the limit of open files");
	return 0;
}

static int open_network(struct gateway *gateway, struct err *err)
{
	struct server *server = &gateway->server;
	AUTO(freep) char *certificate = gateway_certificate(&gateway->options, &gateway->shared);
	AUTO(freep) char *key = gateway_key(&gateway->options, &gateway->shared);
	AUTO(freep) char *bell = shared_doorbell(&gateway->shared);

	server->limits = gateway->options.limits;
	server->budget.max = (size_t)gateway->options.body_memory_bytes;
	server->handle = handle;
	server->write = write_calls;
	server->written = written;
	server->handle_ctx = gateway;
	if (raise_file_limit(gateway, err) < 0 || loop_new(&server->loop, err) < 0 ||
	    tls_server_new(certificate, key, &server->tls, err) < 0 ||
	    doorbell_open(bell, &gateway->doorbell, err) < 0 ||
	    listener_open(server, gateway->options.listen, &gateway->listener, err) < 0 ||
	    sandbox_drop(&gateway->options, err) < 0)
		return -1;
	if (access(certificate, R_OK) < 0 || access(key, R_OK) < 0)
		log_warn(
			"certificate or key cannot be read by the user: a new one needs a restart");
	return 0;
}

/* After a durable write: both who makes tasks and who delivers events may have work. */
static void ring(void *ctx)
{
	const struct gateway *gateway = ctx;

	doorbell_ring(gateway->doorbell);
	if (task_version_noted())
		event_hub_stir();
	event_hub_ring(gateway->api.events);
}

static void set_api_options(struct gateway *gateway)
{
	const struct shared_options *shared = &gateway->shared;

	gateway->api = (struct api_options){
		.region = shared->region,
		.zone = shared->zone,
		.subnets = &shared->subnets,
		.groups = &shared->groups,
		.roles = &shared->roles,
		.buckets = &shared->buckets,
		.file_systems = shared_file_systems(shared),
		.default_subnet = shared->default_subnet,
		.default_group = shared->default_group,
		.billing = gateway->billing,
		.extensions = shared->extensions,
		.quota = &gateway->options.quota,
		.require_network_configuration = gateway->options.require_network_configuration,
		.ring = ring,
		.ring_ctx = gateway,
		.events = event_hub_new(),
		.intake = event_intake_new(&(struct event_intake_limits){
			gateway->options.post_rate, (size_t)gateway->options.post_memory_bytes}),
		.zones = zone_set_new(ZONE_FOLDER),
		.skip_missed = strcmp(gateway->options.missed_schedules, "skip") == 0,
	};
	gateway->exec_socket = shared_exec_socket(shared);
	gateway->server.exec_socket = gateway->exec_socket;
	gateway->status_file = shared_status_file(shared);
	gateway->metrics_file = shared_metrics_file(shared);
	gateway->pages = (struct pages_options){
		.metrics = PAGES_METRICS_LOOPBACK,
		.status_file = gateway->status_file,
		.metrics_file = gateway->metrics_file,
	};
	if (strcmp(gateway->options.metrics, "all") == 0)
		gateway->pages.metrics = PAGES_METRICS_ALL;
	else if (strcmp(gateway->options.metrics, "off") == 0)
		gateway->pages.metrics = PAGES_METRICS_OFF;
}

/* Other programs have put events into the inbox. */
static void on_events(void *ctx)
{
	const struct gateway *gateway = ctx;

	event_hub_stir();
	event_hub_ring(gateway->api.events);
}

/* As the gateway's user, to whom the folder belongs. */
static int open_event_bell(struct gateway *gateway, struct err *err)
{
	AUTO(freep) char *path = shared_event_bell(&gateway->shared);
	AUTO(freep) char *relay = shared_relay_bell(&gateway->shared);

	if (doorbell_open(relay, &gateway->relay_bell, err) < 0)
		return -1;
	event_hub_set_relay(gateway->api.events, gateway->relay_bell);
	return bell_open(gateway->server.loop, &(struct bell_place){path, "the bell of events"},
			 on_events, gateway, &gateway->event_bell, err);
}

/* Without one, everything but secrets is served. */
static int open_secret_key(struct gateway *gateway, struct err *err)
{
	AUTO(freep) char *path = shared_secret_key(&gateway->shared);

	if (seal_key_open(path, &gateway->secret_key, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		log_warn("no key for secrets, they cannot be stored or read: %s", err->text);
		err_clear(err);
	}
	gateway->api.secret_key = gateway->secret_key;
	return 0;
}

static int open_store(struct gateway *gateway, struct err *err)
{
	AUTO(freep) char *state = shared_state_db(&gateway->shared);
	AUTO(freep) char *logs = shared_logs_db(&gateway->shared);

	for (int64_t i = 0; i < gateway->options.workers; i++) {
		struct db **databases = &gateway->databases[gateway->database_count];

		if (db_open_state(state, &databases[0], err) < 0)
			return -1;
		gateway->database_count++;
		if (db_open_logs(logs, &databases[1], err) < 0)
			return -1;
		gateway->database_count++;
		gateway->workers[i] = (struct api_worker){
			.options = &gateway->api,
			.state = databases[0],
			.logs = databases[1],
			.signing = signing_keys_new(SIGNING_KEYS_KEPT),
		};
	}
	if (db_open_state(state, &gateway->writer, err) < 0)
		return -1;
	gateway->databases[gateway->database_count++] = gateway->writer;
	db_share(gateway->writer);
	if (db_open_state(state, &gateway->keeper_state, err) < 0)
		return -1;
	gateway->databases[gateway->database_count++] = gateway->keeper_state;
	gateway->deliverer =
		(struct event_deliverer){.options = &gateway->api, .writer = gateway->writer};
	if (db_open_state(state, &gateway->deliverer.state, err) < 0)
		return -1;
	gateway->databases[gateway->database_count++] = gateway->deliverer.state;
	if (db_open_logs(logs, &gateway->deliverer.logs, err) < 0)
		return -1;
	gateway->databases[gateway->database_count++] = gateway->deliverer.logs;
	return 0;
}

static int start(struct gateway *gateway, struct err *err)
{
	if (open_network(gateway, err) < 0)
		return -1;
	set_api_options(gateway);
	if (open_event_bell(gateway, err) < 0 || open_secret_key(gateway, err) < 0 ||
	    open_store(gateway, err) < 0 ||
	    sandbox_close(&gateway->options, &gateway->shared, err) < 0 ||
	    watch_signals(gateway, err) < 0 ||
	    jobs_new(gateway->server.loop, (unsigned)gateway->options.workers,
		     (size_t)gateway->options.job_limit, &gateway->server.jobs, err) < 0 ||
	    jobs_new_batched(gateway->server.loop, (size_t)gateway->options.job_limit,
			     WORK_WRITES_MAX, work_write, &gateway->server, &gateway->server.writes,
			     err) < 0 ||
	    journal_keeper_new(gateway->writer, gateway->keeper_state, &gateway->journal_keeper,
			       err) < 0 ||
	    event_thread_new(&gateway->deliverer, &gateway->event_thread, err) < 0)
		return -1;
	(void)loop_timer_add(gateway->server.loop, CERTIFICATE_MS, on_certificate_timer, gateway);
	for (size_t i = 0; listener_address(gateway->listener, i); i++)
		log_info("ready address=%s version=%s", listener_address(gateway->listener, i),
			 SLIPWAY_VERSION);
	return 0;
}

static void gateway_done(struct gateway *gateway)
{
	/* Connections first: the jobs that run then have nobody to answer. */
	listener_free(gateway->listener);
	if (gateway->server.jobs)
		jobs_free(STEAL(gateway->server.jobs, NULL));
	/* After them, as what they leave is submitted there. */
	if (gateway->server.writes)
		jobs_free(STEAL(gateway->server.writes, NULL));
	event_thread_free(gateway->event_thread);
	journal_keeper_free(gateway->journal_keeper);
	bell_free(gateway->event_bell);
	event_hub_free(gateway->api.events);
	event_intake_free(gateway->api.intake);
	zone_set_free(gateway->api.zones);
	for (size_t i = 0; i < ARRAY_LEN(gateway->workers); i++)
		signing_keys_free(gateway->workers[i].signing);
	for (size_t i = 0; i < gateway->database_count; i++)
		db_free(gateway->databases[i]);
	doorbell_free(gateway->doorbell);
	doorbell_free(gateway->relay_bell);
	tls_server_free(gateway->server.tls);
	if (gateway->server.loop)
		loop_free(gateway->server.loop);
	free(gateway->exec_socket);
	free(gateway->status_file);
	free(gateway->metrics_file);
	seal_key_free(gateway->secret_key);
	billing_state_free(gateway->billing);
	conf_done(&shared_options_table, &gateway->shared);
	conf_done(&gateway_options_table, &gateway->options);
}

/* --- the command line ----------------------------------------------------------------- */

struct arguments {
	const char *config;
	bool check, print;
};

static void print_usage(FILE *out)
{
	fprintf(out, "Usage: slipway-gateway [--config FILE] [--set KEY=VALUE]...\n"
		     "\n"
		     "  --config FILE    configuration; without it " CONFIG_PATH ", if it exists\n"
		     "  --set KEY=VALUE  over the file; may be repeated\n"
		     "  --check-config   read the configuration, say what is wrong, end\n"
		     "  --print-config   print every key with its help and value, end\n"
		     "  --version        print the version, end\n"
		     "  --help           print this, end\n");
}

/* "key=value" into the table that has the key. */
static int set_option(struct gateway *gateway, const char *text, struct err *err)
{
	AUTO(freep) char *key = xstrdup(text);
	char *equals = strchr(key, '=');
	struct err first;

	if (!equals)
		return err_set(err, ERR_INVALID, "--set %s: not KEY=VALUE", text);
	*equals = '\0';
	for (size_t i = 0; i < gateway_options_table.count; i++) {
		if (strcmp(gateway_options_table.rows[i].key, key) == 0)
			return conf_set(&gateway_options_table, key, equals + 1, &gateway->options,
					err);
	}
	if (conf_set(&shared_options_table, key, equals + 1, &gateway->shared, &first) < 0)
		return err_set(err, first.code, "--set: %s", first.text);
	return 0;
}

/* 0: go on; 1: all is said, end well; -1: the command line is wrong. */
static int parse_arguments(struct gateway *gateway, struct arguments *arguments, int argc,
			   char **argv, bool apply, struct err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"set", required_argument, NULL, 's'},
		{"check-config", no_argument, NULL, 'k'},
		{"print-config", no_argument, NULL, 'p'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			arguments->config = optarg;
			break;
		case 's':
			if (apply && set_option(gateway, optarg, err) < 0)
				return -1;
			break;
		case 'k':
			arguments->check = true;
			break;
		case 'p':
			arguments->print = true;
			break;
		case 'v':
			printf("slipway-gateway %s\n", SLIPWAY_VERSION);
			return 1;
		case 'h':
			print_usage(stdout);
			return 1;
		default:
			return err_set(err, ERR_INVALID, "see slipway-gateway --help");
		}
	}
	if (optind < argc)
		return err_set(err, ERR_INVALID, "unexpected argument %s", argv[optind]);
	return 0;
}

static int configure(struct gateway *gateway, struct arguments *arguments, int argc, char **argv,
		     struct err *err)
{
	enum log_level level;

	if (!arguments->config && access(CONFIG_PATH, F_OK) == 0)
		arguments->config = CONFIG_PATH;
	if (shared_options_read(arguments->config, &gateway->shared, &gateway_options_table,
				&gateway->options, err) < 0 ||
	    parse_arguments(gateway, arguments, argc, argv, true, err) < 0 ||
	    shared_options_check(&gateway->shared, err) < 0 ||
	    gateway_options_check(&gateway->options, err) < 0)
		return -1;
	if (log_level_parse(gateway->shared.log_level, &level) < 0)
		return err_set(err, ERR_INVALID,
			       "log_level must be error, warn, info or debug, not '%s'",
			       gateway->shared.log_level);
	log_open("gateway", level);
	if (arguments->print)
		return 0;
	return billing_state_open(&gateway->shared, gateway->options.workers, &gateway->billing,
				  err);
}

int main(int argc, char **argv)
{
	static struct gateway gateway;
	struct arguments arguments = {.config = NULL};
	struct err err = ERR_INIT;
	int result;

	/* Without the bins that malloc() empties anew for each block of a KiB: requests mix
	 * many small blocks with some large ones, and it took a tenth of all time. */
	(void)mallopt(M_MXFAST, 0);
	/* And without giving each quarter of a MiB back to the kernel to ask for it again. */
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	json_memory_use();
	log_open("gateway", LOG_LEVEL_INFO);
	result = parse_arguments(&gateway, &arguments, argc, argv, false, &err);
	if (result == 1)
		return EXIT_SUCCESS;
	if (result == 0)
		result = configure(&gateway, &arguments, argc, argv, &err);
	if (result == 0 && arguments.print) {
		gateway_options_print(&gateway.shared, &gateway.options, stdout);
	} else if (result == 0 && !arguments.check) {
		result = start(&gateway, &err);
		if (result == 0)
			result = loop_run(gateway.server.loop, &err);
	}
	if (result < 0)
		log_error("%s", err.text);
	gateway_done(&gateway);
	if (result == 0 && !arguments.print && !arguments.check)
		log_info("stopped");
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
