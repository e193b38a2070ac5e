/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The databases' folder (the state is written, the gateway rung), the sources' own files, the file
 * of authorities, and what finding and trusting a server needs: names, certificates, the C
 * library's modules for names.
 */
#include "relay/sandbox.h"

#include "core/isolate.h"
#include "core/log.h"

#define PATHS_MAX 512

static const char *const readable[] = {
	"/etc",
	"/usr",
	"/run/systemd/resolve", /* where a link in /etc may lead */
	"/run/NetworkManager",
	"/run/resolvconf",
};

int relay_sandbox_close(const struct shared_options *shared, const struct source_options *sources,
			size_t count, const char *ca_file, struct err *err)
{
	AUTO(freep) char *databases = xasprintf("%s/db", shared->state_dir);
	struct isolate_path wanted[PATHS_MAX] = {{.path = databases, .write = true}};
	size_t wanted_count = 1;
	bool done = false;

	for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
		if (access(readable[i], R_OK) == 0)
			wanted[wanted_count++].path = readable[i];
	}
	if (ca_file[0])
		wanted[wanted_count++].path = ca_file;
	for (size_t i = 0; i < count && wanted_count + 2 <= PATHS_MAX; i++) {
		const struct source_options *source = &sources[i];

		/* What is not there is waited for by path_watch.h. */
		if (source->folder[0] && access(source->folder, F_OK) == 0)
			wanted[wanted_count++] = (struct isolate_path){.path = source->folder,
								       .write = source->move_done};
		if (source->credentials[0] && access(source->credentials, F_OK) == 0)
			wanted[wanted_count++].path = source->credentials;
	}
	if (isolate_files(wanted, wanted_count, &done, err) < 0)
		return err_wrap(err, "close the file system");
	if (!done)
		log_warn("this kernel has no Landlock: the file system stays open to file rights");
	if (isolate_syscalls_server(err) < 0)
		return err_wrap(err, "close system calls");
	return 0;
}
