/* SPDX-License-Identifier: Apache-2.0 */
/* The file has the keys of all programs; the provisioner's table knows which ones those are. */
#include "cli/settings.h"

#include "provisioner/image_open.h"

int settings_read(const char *state_dir, struct shared_options *ret_shared, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/slipway.conf", state_dir);
	struct provisioner_options options = {0};
	int rc;

	if (access(path, R_OK) < 0)
		return conf_defaults(&shared_options_table, ret_shared, err);
	rc = provisioner_options_read(path, ret_shared, &options, err);
	conf_done(&provisioner_options_table, &options);
	return rc;
}
