/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway run IMAGE [COMMAND...]: register a definition for the image (or use the
 * newest one that says the same), run one task of it, show its output, end with
 * its exit status.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/options.h"
#include "cli/state.h"
#include "cli/task_follow.h"
#include "cli/verbs.h"
#include "core/shape.h"

#define FAMILY_MAX 64

struct run_options {
	const char *state, *cluster;
	int64_t cpu, memory;
	struct option_texts env;
	bool detach, quiet, exec;
	const char *image;
	char **command;
	int command_count;
};

/* "run-NAME" from "registry:5000/path/NAME:tag@digest". */
static void family_of(const char *image, char *ret, size_t size)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash != NULL ? slash + 1 : image;
	size_t len = (size_t)snprintf(ret, size, "run-");
	for (; *name != '\0' && *name != ':' && *name != '@' && len + 1 < size; name++)
		ret[len++] = isalnum((unsigned char)*name) || *name == '_' ? *name : '-';
	ret[len] = '\0';
}

static json_t *definition_of(const struct run_options *options, const char *family)
{
	char cpu[24], memory[24];
	snprintf(cpu, sizeof(cpu), "%lld", (long long)options->cpu);
	snprintf(memory, sizeof(memory), "%lld", (long long)options->memory);
	return json_pack("{s:s, s:s, s:[s], s:s, s:s, s:[{s:s, s:s, s:b}]}", "family", family,
			 "networkMode", "awsvpc", "requiresCompatibilities", "FARGATE", "cpu", cpu,
			 "memory", memory, "containerDefinitions", "name", "main", "image",
			 options->image, "essential", 1);
}

/* true if the newest definition of the family says what we would register. */
static bool definition_matches(json_t *described, json_t *wanted)
{
	json_t *seen = json_object_get(described, "taskDefinition");
	json_t *a = json_array_get(json_object_get(seen, "containerDefinitions"), 0);
	json_t *b = json_array_get(json_object_get(wanted, "containerDefinitions"), 0);
	return json_equal(json_object_get(seen, "cpu"), json_object_get(wanted, "cpu")) &&
	       json_equal(json_object_get(seen, "memory"), json_object_get(wanted, "memory")) &&
	       json_equal(json_object_get(a, "image"), json_object_get(b, "image")) &&
	       json_equal(json_object_get(a, "name"), json_object_get(b, "name"));
}

static int ensure_definition(struct client *client, const struct run_options *options,
			     const char *family, struct err *err)
{
	AUTO(json_decrefp) json_t *wanted = definition_of(options, family);
	AUTO(json_decrefp) json_t *answer = NULL;
	struct err unknown = ERR_INIT;
	if (client_call(client, "ecs", "DescribeTaskDefinition",
			json_pack("{s:s}", "taskDefinition", family), &answer, &unknown) == 0 &&
	    definition_matches(answer, wanted))
		return 0;
	if (unknown.code == ERR_UNAVAILABLE) {
		*err = unknown;
		return -1;
	}
	json_decref(answer);
	answer = NULL;
	return client_call(client, "ecs", "RegisterTaskDefinition", json_incref(wanted), &answer,
			   err);
}

static json_t *overrides_of(const struct run_options *options)
{
	json_t *container = json_pack("{s:s}", "name", "main");
	if (options->command_count > 0) {
		json_t *command = json_array();
		for (int i = 0; i < options->command_count; i++)
			json_array_append_new(command, json_string(options->command[i]));
		json_object_set_new(container, "command", command);
	}
	json_t *environment = json_array();
	for (size_t i = 0; i < options->env.count; i++) {
		const char *pair = options->env.items[i];
		size_t len = strcspn(pair, "=");
		json_array_append_new(environment,
				      json_pack("{s:s%, s:s}", "name", pair, len, "value",
						pair[len] == '=' ? pair + len + 1 : ""));
	}
	json_object_set_new(container, "environment", environment);
	return json_pack("{s:[o]}", "containerOverrides", container);
}

static int launch(struct client *client, const struct run_options *options, const char *family,
		  char **ret_task, struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	json_t *input =
		json_pack("{s:s*, s:s, s:s, s:b, s:o}", "cluster", options->cluster,
			  "taskDefinition", family, "launchType", "FARGATE", "enableExecuteCommand",
			  options->exec, "overrides", overrides_of(options));
	if (client_call(client, "ecs", "RunTask", input, &answer, err) < 0)
		return -1;
	json_t *task = json_array_get(json_object_get(answer, "tasks"), 0);
	const char *arn = json_string_value(json_object_get(task, "taskArn"));
	if (arn == NULL) {
		json_t *failure = json_array_get(json_object_get(answer, "failures"), 0);
		const char *reason = json_string_value(json_object_get(failure, "reason"));
		return err_set(err, ERR_UNAVAILABLE, "the task was not started: %s",
			       reason != NULL ? reason : "no reason was given");
	}
	*ret_task = xstrdup(arn);
	return 0;
}

static int run(const struct run_options *options, struct err *err)
{
	AUTO(client_freep) struct client *client = NULL;
	AUTO(freep) char *task = NULL;
	AUTO(json_decrefp) json_t *last = NULL;
	char family[FAMILY_MAX];
	family_of(options->image, family, sizeof(family));
	if (client_open(options->state, &client, err) < 0 ||
	    ensure_definition(client, options, family, err) < 0 ||
	    launch(client, options, family, &task, err) < 0)
		return -1;
	if (options->detach) {
		printf("%s\n", task_short_id(task));
		return 0;
	}
	if (task_follow(client, options->cluster, task, options->quiet, NULL, &last, err) < 0)
		return -1;
	return task_conclude(last, options->quiet);
}

int cli_run(int argc, char **argv)
{
	struct run_options options = {.cpu = 256, .memory = 512};
	const struct option_row rows[] = {
		{"cluster", OPTION_TEXT, &options.cluster, "NAME", "cluster (default)"},
		{"cpu", OPTION_INT, &options.cpu, "UNITS", "CPU units, 1024 a core (256)"},
		{"memory", OPTION_INT, &options.memory, "MIB", "memory in MiB (512)"},
		{"env", OPTION_TEXTS, &options.env, "K=V", "an environment variable"},
		{"exec", OPTION_FLAG, &options.exec, NULL, "`slipway exec` may run commands in it"},
		{"detach", OPTION_FLAG, &options.detach, NULL, "print the task's id and end"},
		{"quiet", OPTION_FLAG, &options.quiet, NULL, "only the task's own output"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	int next =
		options_read("run [OPTIONS] IMAGE [COMMAND...]", rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	if (next == argc) {
		fprintf(stderr, "slipway run: name an image; `slipway run --help` tells more\n");
		return 2;
	}
	options.image = argv[next];
	options.command = argv + next + 1;
	options.command_count = argc - next - 1;
	struct err err = ERR_INIT;
	int status = run(&options, &err);
	return status < 0 ? state_complain("run", &err) : status;
}
