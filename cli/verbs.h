/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of the slipway command: one file each (cli/<verb>.c), one row here.
 * Sorted by name. A verb gets its own argc and argv (argv[0] is the verb) and
 * returns the exit status.
 */
#ifndef SLIPWAY_CLI_VERBS_H
#define SLIPWAY_CLI_VERBS_H

#define CLI_VERBS(X) /* X(name, arguments, one line of help) */                                    \
	X(account, "create NAME | list", "accounts that share this Slipway")                       \
	X(bill, "[task ID] [--by KEY] [--format FORM]", "what tasks held and what they cost")      \
	X(budget, "set NAME ... | list | remove NAME", "what may be spent, and what then happens") \
	X(doctor, "[--json]", "what this machine can do, what is missing, what mends it")          \
	X(events, "status | dead list|show|redrive|delete | tail", "events: waiting, dead, live")  \
	X(exec, "TASK [--container NAME] [--] COMMAND...", "run a command in a task's container")  \
	X(image, "prefetch REFERENCE... | list", "the cache of images")                            \
	X(kernel, "build | use debian|own | show", "a smaller kernel for microVMs")                \
	X(key, "create | list | disable, enable, delete ID", "access keys that sign requests")     \
	X(logs, "TASK [--follow]", "the output of a task")                                         \
	X(ps, "[--all]", "the tasks of your account")                                              \
	X(quota, "set ACCOUNT ... | list", "what an account may hold and launch")                  \
	X(run, "IMAGE [COMMAND...]", "run one task and show its output")                           \
	X(secret, "put NAME | list | remove NAME | key", "values that containers may name")        \
	X(stop, "TASK", "stop a task")                                                             \
	X(up, "[--once] [--port N] [--state DIR]", "start everything on this machine")             \
	X(version, "", "the version")                                                              \
	X(webhook, "create NAME ... | list | delete NAME", "where others may send events by HTTP")

#define CLI_AS_PROTOTYPE(name, arguments, help) int cli_##name(int argc, char **argv);
CLI_VERBS(CLI_AS_PROTOTYPE)

#endif
