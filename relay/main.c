/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-relay: brings events from other systems in, and carries events out to API destinations.
 * It speaks with foreign servers and has no power: it is the gateway's user, and writes nothing but
 * the inbox of events and the ends of deliveries. It starts in stages, each of which gives up what
 * the one before still needed:
 *
 *     configuration                                   (perhaps as root)
 *     store, key of secrets, sources                  (as its user)
 *     sandbox                                         (files, system calls)
 *     a thread for each source, one for API destinations, and the loop, which is rung when there
 *     is something to be sent
 *
 * Ready is said by the log line "ready sources=..." and by the file db/relay.ready. SIGTERM and
 * SIGINT end it, and so does a folder or file of a source that has come or was replaced, as the
 * sandbox is of those that were there: whoever supervises it starts it again. Nothing is saved at
 * the end: a kill loses nothing that was acknowledged.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/bell.h"
#include "core/file.h"
#include "core/identity.h"
#include "core/log.h"
#include "core/loop.h"
#include "relay/carrier.h"
#include "relay/dispatch.h"
#include "relay/options.h"
#include "relay/path_watch.h"
#include "relay/sandbox.h"
#include "store/event_source.h"
#include "store/option_names.h"

#define CONFIG_PATH "/etc/slipway/slipway.conf"

struct relay {
	struct shared_options shared;
	struct relay_options options;
	const char *config;
	bool check, print;
	struct relay_file file;
	struct source_options *sources;
	size_t source_count;
	struct loop *loop;
	struct doorbell *bell;
	struct carrier *carriers[SOURCES_MAX];
	struct seal_key *key; /* NULL: there is none */
	struct dispatch_options outgoing;
	struct dispatch *dispatch;
	struct path_watch *paths;
	struct bell *relay_bell; /* the relay's own */
	char *ready_path;
};

static void on_terminate(void *ctx, int signo)
{
	struct relay *relay = ctx;

	log_info("stopping signal=%d", signo);
	loop_stop(relay->loop);
}

/* The sandbox is of the paths as they were: slipway up, or whoever else has started it, does so
 * again. */
static void on_path(void *ctx, const char *path)
{
	struct relay *relay = ctx;

	log_info("starting anew, as there is something new path=%s", path);
	loop_stop(relay->loop);
}

/* --- the stages of the start --- */

/* Each has a connection of its own to the store. */
static int open_source(struct relay *relay, size_t i, struct err *err)
{
	AUTO(freep) char *path = shared_state_db(&relay->shared);
	AUTO(db_freep) struct db *db = NULL;
	const struct source_options *source = &relay->sources[i];

	if (db_open_state(path, &db, err) < 0)
		return -1;
	if (carrier_open(source, db, relay->bell, &relay->carriers[i], err) < 0) {
		AUTO(freep) char *key = xasprintf("source.%s.kind", source->name);

		(void)err_wrap(err, "source %s", source->name);
		return relay_file_wrap(&relay->file, key, err);
	}
	db = NULL; /* the carrier's now */
	return 0;
}

/* Without a key connections stay closed, and what is for them waits. */
static int open_key(struct relay *relay, struct err *err)
{
	AUTO(freep) char *path = shared_secret_key(&relay->shared);

	if (seal_key_open(path, &relay->key, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	log_warn("there is no key of secrets: nothing is sent to API destinations path=%s", path);
	return 0;
}

static int open_dispatch(struct relay *relay, struct err *err)
{
	AUTO(freep) char *path = shared_state_db(&relay->shared);
	AUTO(db_freep) struct db *db = NULL;

	if (open_key(relay, err) < 0 || db_open_state(path, &db, err) < 0)
		return -1;
	relay->outgoing = (struct dispatch_options){
		.region = relay->shared.region,
		.key = relay->key,
		.webhook = {.ca_file = relay->options.webhook_ca_file,
			    .private_addresses = relay->options.webhook_private_addresses},
	};
	if (dispatch_open(&relay->outgoing, db, &relay->dispatch, err) < 0)
		return -1;
	db = NULL; /* the dispatch's now */
	return 0;
}

/* As its user, to whom the folder belongs. */
static int open_bell(struct relay *relay, struct err *err)
{
	AUTO(freep) char *path = shared_relay_bell(&relay->shared);

	return bell_open(relay->loop, &(struct bell_place){path, "the bell of the relay"},
			 dispatch_wake, relay->dispatch, &relay->relay_bell, err);
}

/* What was known of sources in an earlier life. */
static int forget_sources(const struct relay *relay, struct err *err)
{
	AUTO(freep) char *path = shared_state_db(&relay->shared);
	AUTO(db_freep) struct db *db = NULL;

	return db_open_state(path, &db, err) < 0 ? -1 : event_source_clear(db, err);
}

static int open_all(struct relay *relay, struct err *err)
{
	AUTO(freep) char *bell = shared_event_bell(&relay->shared);

	relay->ready_path = shared_relay_ready(&relay->shared);
	if (loop_new(&relay->loop, err) < 0 || doorbell_open(bell, &relay->bell, err) < 0 ||
	    identity_become(relay->options.user, relay->options.group, err) < 0 ||
	    forget_sources(relay, err) < 0)
		return -1;
	relay->paths =
		path_watch_new(relay->loop, relay->sources, relay->source_count, on_path, relay);
	for (size_t i = 0; i < relay->source_count; i++) {
		if (open_source(relay, i, err) < 0)
			return -1;
	}
	return open_dispatch(relay, err) < 0 ? -1 : open_bell(relay, err);
}

static int start(struct relay *relay, struct err *err)
{
	static const char text[] = SLIPWAY_VERSION "\n";

	if (open_all(relay, err) < 0 ||
	    relay_sandbox_close(&relay->shared, relay->sources, relay->source_count,
				relay->options.webhook_ca_file, err) < 0 ||
	    loop_signal_add(relay->loop, SIGTERM, on_terminate, relay, err) < 0 ||
	    loop_signal_add(relay->loop, SIGINT, on_terminate, relay, err) < 0)
		return -1;
	/* It may hold passwords. */
	free(STEAL(relay->file.text, NULL));
	for (size_t i = 0; i < relay->source_count; i++) {
		if (carrier_start(relay->carriers[i], err) < 0)
			return -1;
	}
	if (dispatch_start(relay->dispatch, err) < 0)
		return -1;
	if (file_write(relay->ready_path, text, sizeof(text) - 1, 0644, err) < 0)
		return -1;
	/* What an earlier life wrote without ringing. */
	doorbell_ring(relay->bell);
	log_info("ready sources=%zu version=%s", relay->source_count, SLIPWAY_VERSION);
	return 0;
}

static void relay_done(struct relay *relay)
{
	for (size_t i = 0; i < relay->source_count; i++) {
		if (relay->carriers[i])
			carrier_stop(relay->carriers[i]);
	}
	for (size_t i = 0; i < relay->source_count; i++)
		carrier_free(relay->carriers[i]);
	path_watch_free(relay->paths);
	bell_free(relay->relay_bell);
	dispatch_free(relay->dispatch);
	seal_key_free(relay->key);
	free(relay->sources);
	free(relay->file.text);
	doorbell_free(relay->bell);
	if (relay->loop)
		loop_free(relay->loop);
	free(relay->ready_path);
	conf_done(&shared_options_table, &relay->shared);
	conf_done(&relay_options_table, &relay->options);
}

/* --- the command line --- */

static void print_usage(FILE *out)
{
	(void)fputs("Usage: slipway-relay [--config FILE]\n"
		    "\n"
		    "  --config FILE    configuration; without it " CONFIG_PATH ", if it exists\n"
		    "  --check-config   read the configuration, say what is wrong, end\n"
		    "  --print-config   print every key with its help and value, end\n"
		    "  --version        print the version, end\n"
		    "  --help           print this, end\n",
		    out);
}

/* 0: go on; 1: all is said, end well; -1: the command line is wrong. */
static int parse_arguments(struct relay *relay, int argc, char **argv, struct err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
		{"print-config", no_argument, NULL, 'p'}, {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			relay->config = optarg;
			break;
		case 'k':
			relay->check = true;
			break;
		case 'p':
			relay->print = true;
			break;
		case 'v':
			printf("slipway-relay %s\n", SLIPWAY_VERSION);
			return 1;
		case 'h':
			print_usage(stdout);
			return 1;
		default:
			return err_set(err, ERR_INVALID, "see slipway-relay --help");
		}
	}
	if (optind < argc)
		return err_set(err, ERR_INVALID, "unexpected argument %s", argv[optind]);
	return 0;
}

static int configure(struct relay *relay, struct err *err)
{
	enum log_level level;

	if (!relay->config && access(CONFIG_PATH, F_OK) == 0)
		relay->config = CONFIG_PATH;
	if (shared_options_read(relay->config, &relay->shared, &relay_options_table,
				&relay->options, err) < 0 ||
	    shared_options_check(&relay->shared, err) < 0)
		return -1;
	if (log_level_parse(relay->shared.log_level, &level) < 0)
		return err_set(err, ERR_INVALID,
			       "log_level must be error, warn, info or debug, not '%s'",
			       relay->shared.log_level);
	log_open("relay", level);
	relay_file_read(relay->config, &relay->file);
	return relay_sources_read(&relay->shared, &relay->options, &relay->file, &relay->sources,
				  &relay->source_count, err);
}

int main(int argc, char **argv)
{
	static struct relay relay;
	struct err err = ERR_INIT;
	int result;

	log_open("relay", LOG_LEVEL_INFO);
	result = parse_arguments(&relay, argc, argv, &err);
	if (result == 1)
		return EXIT_SUCCESS;
	if (result == 0)
		result = configure(&relay, &err);
	if (result == 0 && relay.print) {
		relay_options_print(&relay.shared, &relay.options, stdout);
	} else if (result == 0 && !relay.check) {
		result = start(&relay, &err);
		if (result == 0)
			result = loop_run(relay.loop, &err);
	}
	if (result < 0)
		log_error("%s", err.text);
	relay_done(&relay);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
