/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway version
 */
#include <stdio.h>

#include "cli/verbs.h"
#include "core/common.h"

int cli_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("slipway %s\n", SLIPWAY_VERSION);
	return 0;
}
