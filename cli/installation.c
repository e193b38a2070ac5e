/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See installation.h. The sources may lie in a home folder that no other user may
 * enter, so what the unprivileged parts run or read (the image worker, the guest's
 * kernel) is copied below the state folder.
 *
 * An operator's own settings belong in STATE/local.conf: see configuration.h.
 */
#include "cli/installation.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/certificate.h"
#include "cli/configuration.h"
#include "cli/guest_kernel.h"
#include "cli/secret_key.h"
#include "cli/state.h"
#include "cli/subnet.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/seal.h"
#include "provisioner/instance.h"
#include "store/account.h"

#define COPY_MAX	 (256u * 1024 * 1024) /* the guest's kernel has some 50 MiB */
#define TEXT_MAX	 (64u * 1024)
#define SUN_PATH_ROOM	 60 /* of 107 bytes, for names below the run folder */
#define PRIVILEGED_LINES 3  /* of the configuration, the last ones */

static int find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid, struct err *err)
{
	const struct passwd *user = getpwnam(name);
	if (user == NULL)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no system user %s: scripts/setup makes it", name);
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return 0;
}

/* A run folder whose path is short and belongs to one state folder. */
static char *run_dir_of(const char *state, bool privileged)
{
	char instance[INSTANCE_SIZE];
	instance_of(state, instance);
	if (privileged)
		return xasprintf("/run/slipway-%s", instance);
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (runtime != NULL && runtime[0] == '/' && strlen(runtime) < 107 - SUN_PATH_ROOM)
		return xasprintf("%s/slipway-%s", runtime, instance);
	return xasprintf("/tmp/slipway-%u-%s", (unsigned)getuid(), instance);
}

static char *absolute(const char *path)
{
	if (path[0] == '/')
		return xstrdup(path);
	char here[4096];
	if (getcwd(here, sizeof(here)) == NULL)
		return xstrdup(path);
	return xasprintf("%s/%s", here, path);
}

/* Without --share: the sources in whose build folder the programs lie, or where an
 * installation puts what is no program. */
static int find_share(const char *option, const char *programs, char **ret_share, struct err *err)
{
	static const char *const places[] = {"../../..", "../share/slipway"};
	if (option != NULL) {
		*ret_share = absolute(option);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(freep) char *place = xasprintf("%s/%s", programs, places[i]);
		AUTO(freep) char *mark = xasprintf("%s/microvm/guest/build", place);
		char *real = access(mark, X_OK) == 0 ? realpath(place, NULL) : NULL;
		if (real != NULL) {
			*ret_share = real;
			return 0;
		}
	}
	return err_set(
		err, ERR_NOT_FOUND,
		"neither Slipway's sources nor ../share/slipway lie where the programs in %s "
		"look for them: name their folder with --share",
		programs);
}

int installation_init(struct installation *installation, const char *share, const char *state,
		      int64_t port, struct err *err)
{
	AUTO(freep) char *chosen = state_dir(state);
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return err_sys(err, errno, "find this program");
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	AUTO(freep) char *found = NULL;
	if (find_share(share, self, &found, err) < 0)
		return -1;
	*installation = (struct installation){
		.share = STEAL(found, NULL),
		.programs = xstrdup(self),
		.state = absolute(chosen),
		.port = port,
		.registry_port = port + 1,
		.privileged = geteuid() == 0,
		.gateway_uid = geteuid(),
		.image_uid = geteuid(),
		.gateway_gid = getegid(),
		.image_gid = getegid(),
	};
	installation->run = run_dir_of(installation->state, installation->privileged);
	installation->configuration = xasprintf("%s/slipway.conf", installation->state);
	snprintf(installation->endpoint, sizeof(installation->endpoint), "https://localhost:%lld",
		 (long long)port);
	if (!installation->privileged)
		return 0;
	if (find_user("slipway", &installation->gateway_uid, &installation->gateway_gid, err) < 0 ||
	    find_user("slipway-image", &installation->image_uid, &installation->image_gid, err) < 0)
		return -1;
	return 0;
}

void installation_done(struct installation *installation)
{
	free(installation->share);
	free(installation->programs);
	free(installation->state);
	free(installation->run);
	free(installation->configuration);
	*installation = (struct installation){0};
}

static int make_folder(const char *base, const char *name, mode_t mode, uid_t uid, gid_t gid,
		       struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s%s%s", base, name[0] != '\0' ? "/" : "", name);
	if (file_make_dir(path, mode, err) < 0)
		return -1;
	if (geteuid() == 0 && lchown(path, uid, gid) < 0)
		return err_sys(err, errno, "chown %s", path);
	return 0;
}

static int make_folders(const struct installation *in, struct err *err)
{
	if (make_folder(in->state, "", 0711, 0, 0, err) < 0 ||
	    make_folder(in->state, "db", 0750, in->gateway_uid, in->gateway_gid, err) < 0 ||
	    make_folder(in->state, "log", 0755, 0, 0, err) < 0 ||
	    make_folder(in->state, "libexec", 0755, 0, 0, err) < 0 ||
	    make_folder(in->state, "guest", 0755, 0, 0, err) < 0 ||
	    make_folder(in->state, "registry", 0750, in->image_uid, in->image_gid, err) < 0 ||
	    make_folder(in->run, "", 0711, 0, 0, err) < 0)
		return -1;
	/* libvirt notes there which channels are open; a bare system may lack it. */
	if (in->privileged && access("/run/lock", F_OK) < 0)
		return file_make_dir("/run/lock", 01777, err);
	return 0;
}

/* Copy, unless the same bytes are there; a running program or guest keeps the old file. */
static int copy_file(const char *from, const char *to, mode_t mode, struct err *err)
{
	char old[SHA256_HEX_SIZE] = "", new[SHA256_HEX_SIZE] = "";
	struct err ignored = ERR_INIT;
	if (sha256_file_hex(from, new, err) < 0)
		return err_wrap(err, "copy to %s", to);
	/* An error here means that there is nothing to compare with. */
	if (sha256_file_hex(to, old, &ignored) == 0 && strcmp(old, new) == 0)
		return 0;
	struct buf bytes;
	buf_init(&bytes, COPY_MAX);
	int result = file_read(from, &bytes, err);
	if (result == 0)
		result = file_write(to, bytes.data, bytes.len, mode, err);
	buf_done(&bytes);
	return result;
}

static int copy_below(const struct installation *in, const char *from_dir, const char *from,
		      const char *to, mode_t mode, struct err *err)
{
	AUTO(freep) char *source = xasprintf("%s/%s", from_dir, from);
	AUTO(freep) char *target = xasprintf("%s/%s", in->state, to);
	return copy_file(source, target, mode, err);
}

/* What machines boot. */
static int lay_guest(const struct installation *in, struct err *err)
{
	static const char *const names[] = {"vmlinux", "initramfs", "blank", "manifest"};
	enum guest_kernel kernel;
	if (guest_kernel_chosen(in->state, &kernel, err) < 0)
		return -1;
	if (kernel == GUEST_KERNEL_OWN)
		return guest_kernel_lay_own(in, err);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(freep) char *from = xasprintf("build/guest/%s", names[i]);
		AUTO(freep) char *to = xasprintf("guest/%s", names[i]);
		if (copy_below(in, in->share, from, to, 0644, err) < 0)
			return -1;
	}
	return 0;
}

static int copy_files(const struct installation *in, struct err *err)
{
	if (lay_guest(in, err) < 0 ||
	    copy_below(in, in->programs, "slipway-image", "libexec/slipway-image", 0755, err) < 0 ||
	    copy_below(in, in->share, "scripts/registry", "libexec/registry", 0755, err) < 0 ||
	    copy_below(in, in->share, "conf/prices/slipway.conf", "libexec/prices.conf", 0644,
		       err) < 0)
		return -1;
	return 0;
}

/* The key that env.sh names, if it still signs; else a new one. */
static int first_key(struct db *db, const char *account, const char *env_path,
		     struct access_key *ret_key, struct err *err)
{
	struct buf text;
	struct err ignored = ERR_INIT;
	buf_init(&text, TEXT_MAX);
	char id[ACCESS_KEY_SIZE] = "";
	if (file_read(env_path, &text, &ignored) == 0 && buf_text(&text) != NULL) {
		const char *line = strstr(buf_text(&text), "export AWS_ACCESS_KEY_ID=");
		if (line != NULL)
			sscanf(line, "export AWS_ACCESS_KEY_ID=%20[A-Z0-9]", id);
	}
	buf_done(&text);
	if (id[0] != '\0' && access_key_find(db, id, ret_key, &ignored) == 0 && ret_key->active)
		return 0;
	return access_key_create(db, account, "admin", ret_key, err);
}

static int make_account(const struct installation *in, const char *env_path,
			struct access_key *ret_key, struct err *err)
{
	AUTO(db_freep) struct db *state = NULL;
	AUTO(db_freep) struct db *logs = NULL;
	AUTO(freep) char *state_path = xasprintf("%s/db/state.db", in->state);
	AUTO(freep) char *logs_path = xasprintf("%s/db/logs.db", in->state);
	struct account account;
	struct err missing = ERR_INIT;
	if (db_open_state(state_path, &state, err) < 0 || db_open_logs(logs_path, &logs, err) < 0)
		return -1;
	if (account_find_by_name(state, "default", &account, &missing) < 0 &&
	    account_create(state, "default", &account, err) < 0)
		return err_wrap(err, "make the first account");
	if (first_key(state, account.id, env_path, ret_key, err) < 0)
		return err_wrap(err, "make the first access key");
	return 0;
}

/* The operator's own settings, "" where there are none. They may hold passwords of
 * registries, and editors make files that everybody reads: closed here. */
static int read_local(const struct installation *in, struct buf *text, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/local.conf", in->state);
	if (access(path, F_OK) < 0)
		return 0;
	if (chmod(path, 0600) < 0)
		return err_sys(err, errno, "close %s to other users", path);
	return file_read(path, text, err);
}

static int write_environment(const struct installation *in, const char *path,
			     const struct access_key *key, const char *local, struct err *err)
{
	AUTO(freep) char *region = NULL;
	if (!configuration_value(local, "region", &region))
		region = xstrdup("us-east-1");
	AUTO(freep)
	char *text =
		xasprintf("# Source this file, and stock clients speak to this Slipway:  . %s\n"
			  "export SLIPWAY_ENDPOINT=%s\n"
			  "export SLIPWAY_STATE=%s\n"
			  "export AWS_ENDPOINT_URL=%s\n"
			  "export AWS_ACCESS_KEY_ID=%s\n"
			  "export AWS_SECRET_ACCESS_KEY=%s\n"
			  "export AWS_REGION=%s\n"
			  "export AWS_DEFAULT_REGION=%s\n"
			  "export AWS_CA_BUNDLE=%s/tls/ca.pem\n"
			  "export NODE_EXTRA_CA_CERTS=%s/tls/ca.pem\n"
			  "export AWS_PAGER=\n",
			  path, in->endpoint, in->state, in->endpoint, key->id, key->secret, region,
			  region, in->state, in->state);
	return file_write(path, text, strlen(text), 0600, err);
}

/*
 * A thousand users for machines, which no other program has: between the ranges for
 * containers (systemd's, up to 1879048191) and those that some kernels take as negative.
 * They follow from the state folder's path, for two Slipways on one machine must not share
 * them.
 */
static char *uid_first_of(const char *state)
{
	uint8_t digest[SHA256_SIZE];
	sha256(state, strlen(state), digest);
	return xasprintf("%u", 1879049000u + 1000u * (digest[4] * 256u + digest[5]));
}

/* The range that an earlier start chose is kept; on a first start there is none. */
static char *subnet_of(const struct installation *in)
{
	AUTO(freep) char *before = NULL;
	struct err err = ERR_INIT;
	struct buf old;
	buf_init(&old, TEXT_MAX);
	if (access(in->configuration, F_OK) == 0 && file_read(in->configuration, &old, &err) == 0)
		(void)configuration_value(buf_text(&old), "subnet.default", &before);
	char *subnet = subnet_of_installation(in->state, before);
	buf_done(&old);
	return subnet;
}

/* Readable by its owner alone: it may hold passwords of registries. As root both
 * programs read it before they drop anything. */
static int write_configuration(const struct installation *in, const char *local, struct err *err)
{
	AUTO(freep) char *listen = xasprintf("127.0.0.1:%lld", (long long)in->port);
	AUTO(freep) char *registry = xasprintf("127.0.0.1:%lld", (long long)in->registry_port);
	AUTO(freep) char *certificate = xasprintf("%s/tls/server.pem", in->state);
	AUTO(freep) char *key = xasprintf("%s/tls/server.key", in->state);
	AUTO(freep) char *kernel = xasprintf("%s/guest/vmlinux", in->state);
	AUTO(freep) char *initrd = xasprintf("%s/guest/initramfs", in->state);
	AUTO(freep) char *blank = xasprintf("%s/guest/blank", in->state);
	AUTO(freep) char *worker = xasprintf("%s/libexec/slipway-image", in->state);
	AUTO(freep) char *image_uid = xasprintf("%u", (unsigned)in->image_uid);
	AUTO(freep) char *subnet = subnet_of(in);
	AUTO(freep) char *uid_first = uid_first_of(in->state);
	const struct configuration_line lines[] = {
		{"state_dir", in->state, false},
		{"run_dir", in->run, false},
		{"listen", listen, false},
		{"certificate", certificate, false},
		{"key", key, false},
		{"kernel", kernel, false},
		{"initrd", initrd, false},
		{"blank_image", blank, false},
		{"image_program", worker, false},
		{"plain_http_registries", registry, true},
		{"subnet.default", subnet, false},
		/* From here on only as root. */
		{"user", "slipway", false},
		{"image_uid", image_uid, false},
		{"uid_first", uid_first, false},
	};
	size_t count = in->privileged ? ARRAY_LEN(lines) : ARRAY_LEN(lines) - PRIVILEGED_LINES;
	struct buf text;
	buf_init(&text, TEXT_MAX);
	int result = buf_printf(&text, err,
				"# Written by `slipway up` at each start. Your own settings go "
				"into %s/local.conf.\n",
				in->state);
	if (result == 0)
		result = configuration_write(lines, count, local, &text, err);
	if (result == 0)
		result = file_write(in->configuration, text.data, text.len, 0600, err);
	buf_done(&text);
	return result;
}

/* The key that seals stored secrets: as the gateway's user's own, the provisioner is root. One
 * that the operator keeps elsewhere is his to make. */
static int make_secret_key(const struct installation *in, const char *local, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/secret.key", in->state);
	AUTO(freep) char *own = NULL;
	if (configuration_value(local, "secret_key", &own) && own[0] != '\0')
		return secret_key_check(own, in->state, err);
	if (secret_key_check(path, in->state, err) < 0 || seal_key_make(path, NULL, err) < 0)
		return -1;
	if (in->privileged && lchown(path, in->gateway_uid, in->gateway_gid) < 0)
		return err_sys(err, errno, "give %s to the gateway", path);
	return 0;
}

/* The gateway reads certificate and key again on SIGHUP, as its own user. */
static int share_key(const struct installation *in, struct err *err)
{
	AUTO(freep) char *key = xasprintf("%s/tls/server.key", in->state);
	if (!in->privileged)
		return 0;
	if (lchown(key, 0, in->gateway_gid) < 0 || chmod(key, 0640) < 0)
		return err_sys(err, errno, "give %s to the gateway", key);
	return 0;
}

int installation_make(const struct installation *in, struct err *err)
{
	AUTO(freep) char *tls = xasprintf("%s/tls", in->state);
	AUTO(freep) char *env_path = xasprintf("%s/env.sh", in->state);
	struct access_key key;
	struct buf local;
	bool made = false;
	if (make_folders(in, err) < 0 || copy_files(in, err) < 0 ||
	    certificate_ensure(tls, &made, err) < 0 || share_key(in, err) < 0)
		return -1;
	buf_init(&local, TEXT_MAX);
	int result = read_local(in, &local, err);
	const char *text = result == 0 ? buf_text(&local) : NULL;
	if (result == 0)
		result = make_secret_key(in, text, err);
	if (result == 0)
		result = make_account(in, env_path, &key, err);
	if (result == 0)
		result = write_environment(in, env_path, &key, text, err);
	if (result == 0)
		result = write_configuration(in, text, err);
	buf_done(&local);
	return result;
}
