/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of the file system: the databases (SQLite makes files beside
 * them), the certificate's and key's folders (they are read again when they
 * change, and a renewal puts new files in their place), and the provisioner's
 * status and metrics files, and the time zones of schedules. The doorbell is a socket, which
 * Landlock does not ask about.
 */
#include "gateway/sandbox.h"

#include <libgen.h>

#include "core/identity.h"
#include "core/isolate.h"
#include "core/log.h"
#include "events/zone_set.h"

int sandbox_drop(const struct gateway_options *options, struct err *err)
{
	return identity_become(options->user, options->group, err);
}

int sandbox_close(const struct gateway_options *options, const struct shared_options *shared,
		  struct err *err)
{
	AUTO(freep) char *databases = xasprintf("%s/db", shared->state_dir);
	AUTO(freep) char *certificate = gateway_certificate(options, shared);
	AUTO(freep) char *key = gateway_key(options, shared);
	const struct isolate_path wanted[] = {
		{.path = databases, .write = true},
		{.path = dirname(certificate)},
		{.path = dirname(key)},
		/* The status file is replaced by renaming, so its folder is what stays. */
		{.path = shared->state_dir},
		{.path = ZONE_FOLDER}, /* the last: a host may lack it */
	};
	size_t count = ARRAY_LEN(wanted);
	bool done = false;

	if (access(ZONE_FOLDER, R_OK) < 0) {
		log_warn("there is no %s: schedules know no time zone but UTC", ZONE_FOLDER);
		count--;
	}
	if (isolate_files(wanted, count, &done, err) < 0)
		return err_wrap(err, "close the file system");
	if (!done)
		log_warn("this kernel has no Landlock: the file system stays open to file rights");
	if (isolate_syscalls_server(err) < 0)
		return err_wrap(err, "close system calls");
	return 0;
}
