/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: a machine that was booted once, and whose memory later machines map.
 *
 *   TEMPLATE_DIR/memory   the guest's memory as a file. Its own machine maps it shared; all
 *                         others privately, so that what they write is theirs
 *   TEMPLATE_DIR/state    the state of processors and devices, as QEMU's migration says it,
 *                         without the memory (capability x-ignore-shared)
 *
 * The state goes through a socket in a folder of the machine's own user, because
 * QEMU may open no file of ours: to save, QEMU connects and we listen; to restore, the other way
 * round. libvirt's own save and restore cannot be used: they take four times as
 * long and insist on the old machine's identity.
 *
 * Where it cannot work: a hypervisor that is not on this host (the files are here).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libvirt/libvirt-qemu.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/clock.h"
#include "core/file.h"
#include "provisioner/domain_xml.h"
#include "provisioner/machine_libvirt_private.h"

#define FOLDER	      "/migrate"
#define STEP_US	      500
#define LIMIT_MS      20000 /* a second is much; a host may be busy */
#define CPU_LINES     2	    /* model and features of the first processor */
#define CPU_LINE_SIZE 4096
#define COPY_SIZE     (64u * 1024)
#define STATE_MAX     (64 * 1024 * 1024) /* some 300 KiB are usual */
#define IGNORE_SHARED                                                                              \
	"{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[{"             \
	"\"capability\":\"x-ignore-shared\",\"state\":true}]}}"

static const struct timeval limit = {.tv_sec = LIMIT_MS / 1000};

/* A folder with a socket in it, for one migration. */
struct meeting {
	char *folder, *path;
	struct sockaddr_un address;
};

static void meeting_done(struct meeting *meeting)
{
	struct err err = ERR_INIT;

	if (meeting->folder)
		(void)!file_remove_tree(meeting->folder, &err); /* or machine_templates_begin() */
	free(meeting->folder);
	free(meeting->path);
}

static int meeting_make(const struct machine_host *host, const char *name, uid_t uid, gid_t gid,
			struct meeting *meeting, struct err *err)
{
	AUTO(freep) char *parent = xasprintf("%s" FOLDER, host->run_dir);

	*meeting = (struct meeting){.address = {.sun_family = AF_UNIX}};
	meeting->folder = xasprintf("%s/%s", parent, name);
	meeting->path = xasprintf("%s/s", meeting->folder);
	if (strlen(meeting->path) >= sizeof(meeting->address.sun_path))
		return err_set(err, ERR_LIMIT, "run folder %s is too long for sockets",
			       host->run_dir);
	memcpy(meeting->address.sun_path, meeting->path, strlen(meeting->path));
	if (file_make_dir(parent, 0711, err) < 0 || file_make_dir(meeting->folder, 0700, err) < 0)
		return -1;
	if (uid != 0 && chown(meeting->folder, uid, gid) < 0)
		return err_sys(err, errno, "owner of %s", meeting->folder);
	return 0;
}

/* Ask until the migration is over. */
static int wait_migrated(virDomainPtr domain, struct err *err)
{
	int64_t until_ns = clock_boot_ns() + (int64_t)LIMIT_MS * 1000000;

	do {
		AUTO(json_decrefp) json_t *answer = NULL;
		const char *status = "";

		if (virt_qmp(domain, "{\"execute\":\"query-migrate\"}", &answer, err) < 0)
			return -1;
		(void)json_unpack(answer, "{s:s}", "status", &status);
		if (strcmp(status, "completed") == 0)
			return 0;
		if (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0)
			return err_set(err, ERR_SYSTEM, "QEMU could not move the state: %s",
				       status);
		usleep(STEP_US);
	} while (clock_boot_ns() < until_ns);
	return err_set(err, ERR_TIMEOUT, "QEMU did not move the state in %d s", LIMIT_MS / 1000);
}

static int migrate(virDomainPtr domain, const char *command, const struct meeting *meeting,
		   struct err *err)
{
	AUTO(freep)
	char *text = xasprintf("{\"execute\":\"%s\",\"arguments\":{\"uri\":\"unix:%s\"}}", command,
			       meeting->path);

	if (virt_qmp(domain, IGNORE_SHARED, NULL, err) < 0)
		return -1;
	return virt_qmp(domain, text, NULL, err);
}

int machine_templates_begin(const struct machine_host *host, struct err *err)
{
	AUTO(freep) char *parent = host->run_dir ? xasprintf("%s" FOLDER, host->run_dir) : NULL;

	return parent ? file_remove_tree(parent, err) : 0;
}

/* --- restore ---------------------------------------------------------------- */

static int send_state(int to, const char *path, struct err *err)
{
	AUTO(fd_closep) int from = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	off_t at = 0;

	if (from < 0 || fstat(from, &about) < 0)
		return err_sys(err, errno, "%s", path);
	while (at < about.st_size) {
		ssize_t sent = sendfile(to, from, &at, (size_t)(about.st_size - at));

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return err_sys(err, sent < 0 ? errno : EIO, "send the template's state");
	}
	return 0;
}

int machine_template_load(struct machine_host *host, virDomainPtr domain,
			  const struct machine_spec *spec, struct err *err)
{
	AUTO(meeting_done) struct meeting meeting = {0};
	AUTO(freep) char *state = xasprintf("%s" DOMAIN_TEMPLATE_STATE, spec->template_dir);
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return err_sys(err, errno, "socket");
	if (meeting_make(host, spec->name, spec->uid, spec->gid, &meeting, err) < 0 ||
	    migrate(domain, "migrate-incoming", &meeting, err) < 0)
		return err_wrap(err, "template");
	if (connect(fd, (struct sockaddr *)&meeting.address, sizeof(meeting.address)) < 0)
		return err_sys(err, errno, "meet QEMU at %s", meeting.path);
	if (send_state(fd, state, err) < 0)
		return -1;
	fd_closep(&fd);
	if (wait_migrated(domain, err) < 0)
		return err_wrap(err, "template");
	if (virDomainResume(domain) < 0)
		return virt_error(err, "let machine %s run", spec->name);
	return 0;
}

/* --- save ------------------------------------------------------------------- */

/* The next peer that runs as @uid: the socket can be reached by the other machines' users, too. */
static int accept_from(int listener, uid_t uid, int *ret_fd, struct err *err)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	int64_t until_ns = clock_boot_ns() + (int64_t)LIMIT_MS * 1000000;

	while (clock_boot_ns() < until_ns && poll(&ready, 1, LIMIT_MS) == 1) {
		struct sockaddr_un address;
		socklen_t len = sizeof(address);
		struct ucred peer;
		socklen_t peer_len = sizeof(peer);
		AUTO(fd_closep)
		int fd = accept4(listener, (struct sockaddr *)&address, &len, SOCK_CLOEXEC);

		if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) < 0 ||
		    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
			return err_sys(err, errno, "accept");
		if (peer.uid != uid)
			continue;
		*ret_fd = STEAL(fd, -1);
		return 0;
	}
	return err_set(err, ERR_TIMEOUT, "QEMU did not come with the state");
}

static int receive_state(int listener, uid_t uid, const char *path, struct err *err)
{
	AUTO(fd_closep) int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	AUTO(freep) char *bytes = xcalloc(1, COPY_SIZE);
	AUTO(fd_closep) int from = -1;
	int64_t size = 0;

	if (to < 0)
		return err_sys(err, errno, "create %s", path);
	if (accept_from(listener, uid, &from, err) < 0)
		return -1;
	for (;;) {
		ssize_t got = read(from, bytes, COPY_SIZE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, errno, "receive the state");
		if (got == 0)
			break;
		size += got;
		if (size > STATE_MAX || write(to, bytes, (size_t)got) != got)
			return err_sys(err, size > STATE_MAX ? EFBIG : errno, "write %s", path);
	}
	if (fsync(to) < 0)
		return err_sys(err, errno, "write %s", path);
	return 0;
}

static int listen_at(const struct meeting *meeting, int *ret_fd, struct err *err)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&meeting->address, sizeof(meeting->address)) < 0 ||
	    listen(fd, 1) < 0)
		return err_sys(err, errno, "listen at %s", meeting->path);
	/* QEMU is another user, and the two folders let it pass. */
	if (chmod(meeting->path, 0666) < 0 || chmod(meeting->folder, 0711) < 0)
		return err_sys(err, errno, "open %s", meeting->path);
	*ret_fd = STEAL(fd, -1);
	return 0;
}

int machine_template_record(const struct machine_spec *spec, struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s" DOMAIN_TEMPLATE_MEMORY, spec->template_dir);
	AUTO(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int64_t bytes = domain_memory_mib(spec->memory_mib, spec->vcpus) << 20;

	if (fd < 0 || ftruncate(fd, bytes) < 0)
		return err_sys(err, errno, "make %s", path);
	if (spec->uid != 0 && fchown(fd, spec->uid, spec->gid) < 0)
		return err_sys(err, errno, "owner of %s", path);
	return 0;
}

/* What was mapped by QEMU belongs to nobody who runs one, and lies on the disk. */
static int close_memory(const char *path, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || (geteuid() == 0 && fchown(fd, 0, 0) < 0) || fchmod(fd, 0444) < 0 ||
	    fsync(fd) < 0)
		return err_sys(err, errno, "close %s", path);
	return 0;
}

static int save(struct machine_host *host, const char *name, const char *template_dir,
		struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = machine_connection(host, err);
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;
	AUTO(freep) char *state = xasprintf("%s" DOMAIN_TEMPLATE_STATE, template_dir);
	AUTO(freep) char *memory = xasprintf("%s" DOMAIN_TEMPLATE_MEMORY, template_dir);
	AUTO(meeting_done) struct meeting meeting = {0};
	AUTO(fd_closep) int listener = -1;
	struct stat about;

	if (!connection)
		return -1;
	/* Its owner is the machine's user. */
	if (stat(memory, &about) < 0)
		return err_sys(err, errno, "%s", memory);
	domain = machine_domain(connection, name, err);
	if (!domain)
		return -1;
	if (virDomainSuspend(domain) < 0)
		return virt_error(err, "suspend machine %s", name);
	if (meeting_make(host, name, 0, 0, &meeting, err) < 0 ||
	    listen_at(&meeting, &listener, err) < 0 ||
	    migrate(domain, "migrate", &meeting, err) < 0 ||
	    receive_state(listener, about.st_uid, state, err) < 0)
		return -1;
	return wait_migrated(domain, err);
}

int machine_template_save(struct machine_host *host, const char *name, const char *template_dir,
			  struct err *err)
{
	AUTO(freep) char *memory = xasprintf("%s" DOMAIN_TEMPLATE_MEMORY, template_dir);
	struct err more = ERR_INIT;
	int result = save(host, name, template_dir, err);

	if (machine_destroy(host, name, &more) < 0 && result == 0) {
		*err = more;
		result = -1;
	}
	if (result == 0)
		result = close_memory(memory, err);
	return result < 0 ? err_wrap(err, "template of machine %s", name) : 0;
}

/* --- what it fits ----------------------------------------------------------- */

/* The lines "model name" and "flags" of the first processor. */
static int describe_processor(struct buf *out, struct err *err)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	AUTO(freep) char *line = xcalloc(1, CPU_LINE_SIZE);
	unsigned left = CPU_LINES;
	int done = 0;

	if (!file)
		return err_sys(err, errno, "/proc/cpuinfo");
	while (done == 0 && left > 0 && fgets(line, CPU_LINE_SIZE, file)) {
		if (strncmp(line, "model name", 10) != 0 && strncmp(line, "flags", 5) != 0)
			continue;
		done = buf_append_text(out, line, err);
		left--;
	}
	(void)fclose(file); /* was read only */
	return done;
}

int machine_template_describe(struct machine_host *host, struct buf *out, struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = NULL;
	unsigned long driver = 0;
	unsigned long hypervisor = 0;
	const char *emulator = host->emulator ? host->emulator : "/usr/bin/qemu-system-x86_64";
	struct stat about;

	if (!host->embed_root || !host->template_open || !host->run_dir)
		return err_set(err, ERR_UNSUPPORTED, "no templates with %s", host->uri);
	connection = machine_connection(host, err);
	if (!connection)
		return -1;
	if (virConnectGetLibVersion(connection, &driver) < 0 ||
	    virConnectGetVersion(connection, &hypervisor) < 0)
		return virt_error(err, "versions");
	if (stat(emulator, &about) < 0)
		return err_sys(err, errno, "%s", emulator);
	/* A rebuilt QEMU of the same version may lay out its state differently. */
	if (buf_printf(out, err, "accel %s libvirt %lu qemu %lu %lld %lld\n", host->accel, driver,
		       hypervisor, (long long)about.st_size, (long long)about.st_mtime) < 0)
		return -1;
	return describe_processor(out, err);
}
