/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway - the one command that people type: finds the verb's row and calls it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/verbs.h"
#include "core/common.h"
#include "core/log.h"

struct verb {
	const char *name, *arguments, *help;
	int (*run)(int argc, char **argv);
};

#define AS_ROW(verb, arguments, help) {#verb, arguments, help, cli_##verb},
static const struct verb verbs[] = {CLI_VERBS(AS_ROW)};

static void print_help(FILE *out)
{
	fprintf(out, "slipway - run tasks in microVMs of their own, through the Amazon ECS API\n\n"
		     "Usage: slipway VERB [ARGUMENTS]\n\n");
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(out, "  %-8s %-42s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].help);
	fprintf(out, "\nslipway VERB --help tells more; so does `man slipway`, in the sources "
		     "`man cli/man/slipway.1`.\n");
}

int main(int argc, char **argv)
{
	log_open("slipway", LOG_LEVEL_INFO);
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "slipway: there is no verb '%s'; `slipway help` lists them\n", argv[1]);
	return 2;
}
