/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the build: writes the containers' filter of system calls as a C
 * file, which the agent links. So nothing is made at boot, and the agent needs no
 * libseccomp.
 */
#include <stdio.h>

#include "microvm/filter/filter_rules.h"

static void print_program(const struct sock_filter *program, size_t length)
{
	printf("/* Written by microvm/filter at build time. */\n"
	       "#include \"microvm/agent/privilege.h\"\n\n"
	       "#include <linux/filter.h>\n\n"
	       "static struct sock_filter instructions[] = {\n");
	for (size_t i = 0; i < length; i++)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", program[i].code, program[i].jt,
		       program[i].jf, program[i].k);
	printf("};\n\n"
	       "const struct sock_fprog privilege_filter = {%zu, instructions};\n",
	       length);
}

int main(void)
{
	static struct sock_filter program[FILTER_MAX];
	struct err err = ERR_INIT;
	size_t length;

	if (filter_rules_build(program, &length, &err) < 0) {
		(void)fprintf(stderr, "slipway-filter: %s\n", err.text);
		return 1;
	}
	print_program(program, length);
	return fflush(stdout) == 0 ? 0 : 1;
}
