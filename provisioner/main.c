/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-provisioner: gives every task its machine, and writes down what
 * happened. It needs a hypervisor, and as root gives each machine a user of its
 * own; it listens to nobody but the doorbell and the gateway's
 * sessions of commands (exec_door.h).
 *
 *     slipway-provisioner [--config FILE] [--state DIR] [--run-dir DIR]
 *                         [--print-config | --check-config]
 *
 * Starting is recovery and stopping is being killed: there is nothing to do on the
 * way out. To end tasks, end them through the API.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/log.h"
#include "core/wipe.h"
#include "provisioner/program.h"

#define EXIT_FAILED 1
#define EXIT_USAGE  2

struct call {
	const char *config, *state_dir, *run_dir;
	bool print, check;
};

static void print_usage(FILE *to)
{
	(void)fprintf(to,
		      "Usage: slipway-provisioner [--config FILE] [--state DIR] [--run-dir DIR]\n"
		      "\n"
		      "  --config FILE   configuration; without it the defaults\n"
		      "  --state DIR     over the configuration's state_dir\n"
		      "  --run-dir DIR   over the configuration's run_dir\n"
		      "  --check-config  read the configuration, say what is wrong, end\n"
		      "  --print-config  print every key with its help and value, end\n"
		      "  --version       print the version, end\n"
		      "  --help          print this, end\n");
}

/* 0, or the exit status plus one. */
static int read_call(int argc, char **argv, struct call *call)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},  {"state", required_argument, NULL, 's'},
		{"run-dir", required_argument, NULL, 'r'}, {"print-config", no_argument, NULL, 'p'},
		{"check-config", no_argument, NULL, 'k'},  {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},	   {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			call->config = optarg;
			break;
		case 's':
			call->state_dir = optarg;
			break;
		case 'r':
			call->run_dir = optarg;
			break;
		case 'p':
			call->print = true;
			break;
		case 'k':
			call->check = true;
			break;
		case 'h':
			print_usage(stdout);
			return 1 + EXIT_SUCCESS;
		case 'v':
			(void)printf("slipway-provisioner %s\n", SLIPWAY_VERSION);
			return 1 + EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return 1 + EXIT_USAGE;
		}
	}
	if (optind == argc)
		return 0;
	print_usage(stderr);
	return 1 + EXIT_USAGE;
}

static int read_options(const struct call *call, struct shared_options *shared,
			struct provisioner_options *options, struct err *err)
{
	if (provisioner_options_read(call->config, shared, options, err) < 0)
		return -1;
	if (call->state_dir &&
	    conf_set(&shared_options_table, "state_dir", call->state_dir, shared, err) < 0)
		return -1;
	if (call->run_dir &&
	    conf_set(&shared_options_table, "run_dir", call->run_dir, shared, err) < 0)
		return -1;
	if (shared_options_check(shared, err) < 0)
		return -1;
	return provisioner_options_check(options, err);
}

static int run(const struct shared_options *shared, const struct provisioner_options *options,
	       struct err *err)
{
	struct program *program;
	int result;

	if (program_open(shared, options, &program, err) < 0)
		return err_wrap(err, "start");
	result = program_run(program, err);
	program_close(program);
	return result;
}

static int act(const struct call *call, const struct shared_options *shared,
	       const struct provisioner_options *options, struct err *err)
{
	enum log_level level;

	if (call->print) {
		conf_print(&shared_options_table, shared, stdout);
		conf_print(&provisioner_options_table, options, stdout);
		return 0;
	}
	if (log_level_parse(shared->log_level, &level) < 0)
		return err_set(err, ERR_INVALID,
			       "log_level must be error, warn, info or debug, not '%s'",
			       shared->log_level);
	if (call->check)
		return 0;
	log_open("slipway-provisioner", level);
	return run(shared, options, err);
}

/* Neither we nor QEMU leave a core with a secret in it: of 1 byte, since a limit of 0 does
 * not hold where cores are given to a program. */
static void forbid_cores(void)
{
	const struct rlimit limit = {1, 1};

	if (setrlimit(RLIMIT_CORE, &limit) < 0)
		log_warn("cores of this program are not forbidden: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct call call = {0};
	struct shared_options shared = {0};
	struct provisioner_options options = {0};
	struct err err = ERR_INIT;
	int status = read_call(argc, argv, &call);

	if (status > 0)
		return status - 1;
	wipe_documents();
	forbid_cores();
	/* libvirt makes folders that QEMU's users pass through by the umask we came with. */
	umask(0022);
	log_open("slipway-provisioner", LOG_LEVEL_INFO);
	if (read_options(&call, &shared, &options, &err) < 0 ||
	    act(&call, &shared, &options, &err) < 0) {
		log_error("%s", err.text);
		status = EXIT_FAILED;
	}
	conf_done(&shared_options_table, &shared);
	conf_done(&provisioner_options_table, &options);
	return status;
}
