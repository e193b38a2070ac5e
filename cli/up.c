/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway up: everything on this machine, with one command.
 *
 * Lays down what a first start needs (installation.h), forks the supervisor which
 * keeps registry, gateway, provisioner and relay running, then acts as any client: pushes
 * the small image to the local registry, registers a definition, runs one task
 * through the API and shows its output, phases and bill. Then it stays until
 * Ctrl-C, which stops the tasks and the programs; a second Ctrl-C leaves at once.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/claim.h"
#include "cli/client.h"
#include "cli/configuration_trial.h"
#include "cli/installation.h"
#include "cli/options.h"
#include "cli/readiness.h"
#include "cli/shutdown.h"
#include "cli/state.h"
#include "cli/supervisor.h"
#include "cli/task_follow.h"
#include "cli/verbs.h"
#include "core/clock.h"
#include "core/proc.h"
#include "core/shape.h"

#define READY_POLL_MS 100
#define PUSH_MS	      120000
#define PUSH_TRIES    100 /* of READY_POLL_MS: until the registry listens */
#define ERRORS_MAX    4096

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signo)
{
	static const char text[] =
		"\nleaving at once; running microVMs live on and the next start adopts them\n";
	(void)signo;
	if (++interrupts > 1) {
		ssize_t written = write(2, text, sizeof(text) - 1);
		(void)written; /* there is nobody left to tell */
		_exit(130);
	}
}

/* Steps that take a while say so, with the time they took. */
static int64_t step_begin(const char *name)
{
	printf("%s ... ", name);
	fflush(stdout);
	return clock_boot_ns();
}

static void step_end(int64_t since_ns)
{
	printf("%.1f s\n", (double)(clock_boot_ns() - since_ns) / 1e9);
}

static int start_programs(const struct installation *in, pid_t *ret_supervisor, struct err *err)
{
	static const char *const names[] = {"registry", "gateway", "provisioner", "relay"};
	char port[16];
	snprintf(port, sizeof(port), "%lld", (long long)in->registry_port);
	AUTO(freep) char *registry = xasprintf("%s/libexec/registry", in->state);
	AUTO(freep) char *registry_dir = xasprintf("%s/registry", in->state);
	AUTO(freep) char *gateway = xasprintf("%s/slipway-gateway", in->programs);
	AUTO(freep) char *provisioner = xasprintf("%s/slipway-provisioner", in->programs);
	AUTO(freep) char *relay = xasprintf("%s/slipway-relay", in->programs);
	const char *const argv[][8] = {
		{registry, "start", "--dir", registry_dir, "--port", port, NULL},
		{gateway, "--config", in->configuration, NULL},
		{provisioner, "--config", in->configuration, NULL},
		{relay, "--config", in->configuration, NULL},
	};
	struct supervisor_program programs[ARRAY_LEN(names)];
	char *logs[ARRAY_LEN(names)], *pids[ARRAY_LEN(names)];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		logs[i] = xasprintf("%s/log/%s.log", in->state, names[i]);
		pids[i] = xasprintf("%s/%s.pid", in->run, names[i]);
		programs[i] = (struct supervisor_program){
			.name = names[i],
			.argv = argv[i],
			.log_path = logs[i],
			.pid_path = pids[i],
			.user = i == 0 && in->privileged ? "slipway-image" : NULL,
		};
	}
	int result = supervisor_fork(programs, ARRAY_LEN(names), in->run, ret_supervisor, err);
	/* The supervisor has its own copy since the fork. */
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		free(logs[i]);
		free(pids[i]);
	}
	return result;
}

static int push_image(const struct installation *in, struct err *err)
{
	AUTO(freep) char *source = xasprintf("oci:%s/build/hello-image:latest", in->share);
	AUTO(freep)
	char *target =
		xasprintf("docker://127.0.0.1:%lld/hello:latest", (long long)in->registry_port);
	const char *argv[] = {
		"skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", source, target,
		NULL};
	int status = 1;
	for (unsigned tries = 0; tries < PUSH_TRIES && interrupts == 0; tries++) {
		struct buf errors;
		buf_init(&errors, ERRORS_MAX);
		struct proc_call call = {.argv = argv, .errors = &errors, .deadline_ms = PUSH_MS};
		err_clear(err);
		int result = proc_run(&call, &status, err);
		if (result == 0 && status != 0)
			(void)err_set(err, ERR_UNAVAILABLE, "skopeo: %s", buf_text(&errors));
		buf_done(&errors);
		if (result < 0 || status == 0)
			return result;
		clock_pause_ms(READY_POLL_MS);
	}
	return -1;
}

static int register_hello(struct client *client, const struct installation *in, struct err *err)
{
	AUTO(json_decrefp) json_t *cluster = NULL;
	AUTO(json_decrefp) json_t *answer = NULL;
	AUTO(freep)
	char *image = xasprintf("127.0.0.1:%lld/hello:latest", (long long)in->registry_port);
	if (client_call(client, "ecs", "CreateCluster",
			json_pack("{s:s}", "clusterName", "default"), &cluster, err) < 0)
		return -1;
	return client_call(client, "ecs", "RegisterTaskDefinition",
			   json_pack("{s:s, s:s, s:[s], s:s, s:s, s:[{s:s, s:s, s:b}]}", "family",
				     "hello", "networkMode", "awsvpc", "requiresCompatibilities",
				     "FARGATE", "cpu", "256", "memory", "512",
				     "containerDefinitions", "name", "hello", "image", image,
				     "essential", 1),
			   &answer, err);
}

/* As `slipway bill task ID` shows it. */
static int show_bill(const struct installation *in, const char *task)
{
	char *words[] = {xstrdup("bill"),    xstrdup("task"),	 xstrdup(task),
			 xstrdup("--state"), xstrdup(in->state), NULL};
	int status = cli_bill(ARRAY_LEN(words) - 1, words);
	for (size_t i = 0; words[i] != NULL; i++)
		free(words[i]);
	return status == 0 ? 0 : -1;
}

static int first_task(struct client *client, const struct installation *in, int *ret_status,
		      struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	AUTO(json_decrefp) json_t *last = NULL;
	if (register_hello(client, in, err) < 0 ||
	    client_call(client, "ecs", "RunTask",
			json_pack("{s:s, s:s}", "taskDefinition", "hello", "launchType", "FARGATE"),
			&answer, err) < 0)
		return -1;
	json_t *task = json_array_get(json_object_get(answer, "tasks"), 0);
	const char *arn = json_string_value(json_object_get(task, "taskArn"));
	if (arn == NULL)
		return err_set(err, ERR_UNAVAILABLE, "the first task was not started");
	printf("first task %s\n", task_short_id(arn));
	fflush(stdout);
	if (task_follow(client, NULL, arn, false, &interrupts, &last, err) < 0)
		return -1;
	*ret_status = task_conclude(last, false);
	printf("\nphases of its launch:\n");
	task_print_phases(last, stdout);
	printf("\nits bill:\n");
	fflush(stdout);
	if (show_bill(in, task_short_id(arn)) < 0)
		return err_set(err, ERR_SYSTEM, "the bill cannot be shown");
	return 0;
}

static void print_invitation(const struct installation *in)
{
	printf("\nSlipway is up at %s\n\n"
	       "  . %s/env.sh\n"
	       "  aws ecs list-tasks --desired-status STOPPED --endpoint-url $SLIPWAY_ENDPOINT\n"
	       "  aws ecs run-task --task-definition hello --endpoint-url $SLIPWAY_ENDPOINT\n"
	       "  aws logs tail /slipway/tasks --follow --endpoint-url $SLIPWAY_ENDPOINT\n"
	       "  curl --cacert $AWS_CA_BUNDLE --aws-sigv4 aws:amz:us-east-1:ecs \\\n"
	       "      --user $AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY \\\n"
	       "      -H 'Content-Type: application/x-amz-json-1.1' \\\n"
	       "      -H 'X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListTasks' \\\n"
	       "      -d '{\"desiredStatus\":\"STOPPED\"}' $SLIPWAY_ENDPOINT/\n"
	       "  %s/slipway run 127.0.0.1:%lld/hello\n"
	       "  %s/slipway bill\n\n"
	       "Logs of the programs: %s/log. Ctrl-C stops everything.\n",
	       in->endpoint, in->state, in->programs, (long long)in->registry_port, in->programs,
	       in->state);
	fflush(stdout);
}

static int start(const struct installation *in, pid_t *ret_supervisor, struct err *err)
{
	int64_t since = step_begin("preparing state folder, certificate, account");
	if (installation_make(in, err) < 0)
		return -1;
	step_end(since);
	if (configuration_trial(in, err) < 0)
		return -1;
	return start_programs(in, ret_supervisor, err);
}

static int greet(const struct readiness *readiness, int *ret_status, struct err *err)
{
	const struct installation *in = readiness->installation;
	AUTO(client_freep) struct client *client = NULL;
	if (client_open(in->state, &client, err) < 0)
		return -1;
	int64_t since = step_begin("waiting for the gateway");
	if (readiness_gateway(readiness, client, err) < 0)
		return -1;
	step_end(since);
	since = step_begin("waiting for the provisioner");
	if (readiness_provisioner(readiness, err) < 0)
		return -1;
	step_end(since);
	since = step_begin("waiting for the relay");
	if (readiness_relay(readiness, err) < 0)
		return -1;
	step_end(since);
	since = step_begin("pushing the first image to the local registry");
	if (push_image(in, err) < 0)
		return err_wrap(err, "push the first image");
	step_end(since);
	return first_task(client, in, ret_status, err);
}

static int up(const struct installation *in, bool once, struct err *err)
{
	AUTO(fd_closep) int lock = -1;
	struct readiness readiness;
	int status = 1;
	if (claim_installation(in, &lock, err) < 0)
		return -1;
	readiness_begin(&readiness, in, &interrupts);
	if (start(in, &readiness.supervisor, err) < 0)
		return -1;
	int result = greet(&readiness, &status, err);
	if (result == 0 && !once) {
		print_invitation(in);
		while (interrupts == 0 && !supervisor_has_ended(readiness.supervisor))
			clock_pause_ms(READY_POLL_MS);
		status = 0;
	}
	if (result < 0)
		fprintf(stderr, "\nslipway up: %s\nlogs of the programs: %s/log\n", err->text,
			in->state);
	struct err stop_err = ERR_INIT;
	if (shutdown_all(in, readiness.supervisor, &stop_err) < 0) {
		fprintf(stderr, "slipway up: %s\n", stop_err.text);
		return 1;
	}
	return result < 0 ? 1 : status;
}

int cli_up(int argc, char **argv)
{
	const char *share = NULL, *state = NULL;
	int64_t port = 8443;
	bool once = false;
	const struct option_row rows[] = {
		{"once", OPTION_FLAG, &once, NULL,
		 "end after the first task, with its exit status"},
		{"port", OPTION_INT, &port, "N", "port of the API on loopback (8443)"},
		{"state", OPTION_TEXT, &state, "DIR", "where state is kept"},
		{"share", OPTION_TEXT, &share, "DIR", "where guest kernel and first image lie"},
	};
	int next = options_read("up [OPTIONS]", rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	if (next != argc || port < 1 || port > 65534) {
		fprintf(stderr,
			"slipway up: --port must be from 1 to 65534, and nothing follows\n");
		return 2;
	}
	struct sigaction action = {.sa_handler = on_interrupt};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	struct installation installation = {0};
	struct err err = ERR_INIT;
	int status = -1;
	if (installation_init(&installation, share, state, port, &err) == 0)
		status = up(&installation, once, &err);
	installation_done(&installation);
	return status < 0 ? state_complain("up", &err) : status;
}
