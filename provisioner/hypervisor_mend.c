/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See hypervisor_mend.h. libvirt keeps ROOT/run/qemu/NAME.xml for each machine and
 * writes it several times on the way up: first with pid 0, then, once QEMU runs,
 * still as 'starting up', and whole only at the end. Its folders ROOT/lib/qemu/domain-ID-NAME and
 * .../channel/target/domain-ID-NAME stand in the record by their paths. A QEMU of ours shows itself
 * in /proc by `guest=NAME,` and by the root's path in its arguments.
 *
 * A virtiofsd ends with the QEMU that it serves, but one whose QEMU never came waits for ever. Its
 * number stands in ROOT/run/qemu/ID-MACHINE-fsN-fs.pid (cut short as the folders' names are).
 */
#include "provisioner/hypervisor_mend.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "core/clock.h"
#include "core/file.h"
#include "provisioner/machine.h"

#define STATUS_MAX   (1024u * 1024) /* a status file has some 20 KiB */
#define COMMAND_MAX  (256u * 1024)  /* arguments of a QEMU: 4 KiB */
#define PID_MAX_LEN  32
#define GONE_MS	     5000 /* a killed QEMU gives its memory back first */
#define GONE_STEP_MS 10

static const char name_start[] = "guest=";

bool hypervisor_status_is_whole(const char *text)
{
	const char *status = strstr(text, "<domstatus ");
	const char *end = status ? strchr(status, '>') : NULL;
	char head[512];

	if (!end || (size_t)(end - status) >= sizeof(head))
		return false;
	memcpy(head, status, (size_t)(end - status));
	head[end - status] = '\0';
	return !strstr(head, "reason='starting up'") && !strstr(head, "pid='0'");
}

/* Whether machine @name has a record that libvirt can go on from. */
static bool is_recorded(const char *records, const char *name)
{
	AUTO(freep) char *path = xasprintf("%s/%s.xml", records, name);
	struct err unread = ERR_INIT;
	struct buf text;
	bool whole;

	buf_init(&text, STATUS_MAX);
	whole = file_read(path, &text, &unread) == 0 && buf_text(&text) &&
		hypervisor_status_is_whole(buf_text(&text));
	buf_done(&text);
	return whole;
}

/* The machine's name if process @pid is a QEMU of @root, else false. */
static bool machine_of(const char *pid, const char *root, char ret_name[MACHINE_NAME_SIZE])
{
	AUTO(freep) char *path = xasprintf("/proc/%s/cmdline", pid);
	struct err unread = ERR_INIT;
	struct buf words;
	const char *found = NULL;

	buf_init(&words, COMMAND_MAX);
	if (file_read(path, &words, &unread) == 0 && words.len > 0 &&
	    memmem(words.data, words.len, "qemu-system", strlen("qemu-system")) &&
	    memmem(words.data, words.len, root, strlen(root)))
		found = memmem(words.data, words.len, name_start, strlen(name_start));
	if (found && buf_text(&words)) {
		/* buf_text() may have moved the bytes. */
		found = memmem(words.data, words.len, name_start, strlen(name_start));
		found += strlen(name_start);
		(void)snprintf(ret_name, MACHINE_NAME_SIZE, "%.*s", (int)strcspn(found, ","),
			       found);
	}
	buf_done(&words);
	return found != NULL;
}

static int end_process(const char *pid_text, struct err *err)
{
	pid_t pid = (pid_t)strtol(pid_text, NULL, 10);

	for (int waited = 0; waited < GONE_MS; waited += GONE_STEP_MS) {
		if (kill(pid, SIGKILL) < 0 && errno == ESRCH)
			return 0;
		clock_pause_ms(GONE_STEP_MS);
	}
	return err_set(err, ERR_TIMEOUT, "process %s of a half started machine does not end",
		       pid_text);
}

static int end_processes(const char *root, const char *records, unsigned *count, struct err *err)
{
	AUTO(dir_closep) DIR *processes = opendir("/proc");
	const struct dirent *entry;

	if (!processes)
		return err_sys(err, errno, "open /proc");
	while ((entry = readdir(processes))) {
		char name[MACHINE_NAME_SIZE];

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !machine_of(entry->d_name, root, name) || is_recorded(records, name))
			continue;
		if (end_process(entry->d_name, err) < 0)
			return -1;
		++*count;
	}
	return 0;
}

/* Whether a whole record speaks of libvirt's folder @name ("domain-ID-MACHINE", cut short). */
static bool is_in_use(const char *records, const char *name)
{
	AUTO(freep) char *part = xasprintf("/%s/", name);
	AUTO(dir_closep) DIR *folder = opendir(records);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		AUTO(freep) char *path = xasprintf("%s/%s", records, entry->d_name);
		struct err unread = ERR_INIT;
		struct buf text;
		bool found;

		buf_init(&text, STATUS_MAX);
		found = file_read(path, &text, &unread) == 0 && buf_text(&text) &&
			strstr(buf_text(&text), part);
		buf_done(&text);
		if (found)
			return true;
	}
	return false;
}

/* The number in @path if that process is a virtiofsd, or about to become one; else 0. */
static pid_t share_of(const char *path)
{
	AUTO(freep) char *command = NULL;
	AUTO(buf_done) struct buf number;
	AUTO(buf_done) struct buf words;
	struct err unread = ERR_INIT;
	long pid = 0;

	buf_init(&number, PID_MAX_LEN);
	buf_init(&words, COMMAND_MAX);
	if (file_read(path, &number, &unread) == 0 && buf_text(&number))
		pid = strtol(buf_text(&number), NULL, 10);
	if (pid <= 1)
		return 0;
	command = xasprintf("/proc/%ld/cmdline", pid);
	if (file_read(command, &words, &unread) < 0 || words.len == 0 ||
	    (!memmem(words.data, words.len, "virtiofsd", strlen("virtiofsd")) &&
	     !memmem(words.data, words.len, "slipway-share", strlen("slipway-share"))))
		return 0;
	return (pid_t)pid;
}

static int end_share(void *ctx, const char *records, const char *file, struct err *err)
{
	const char *end = strstr(file, "-fs.pid");
	const char *short_end = end;
	AUTO(freep) char *path = xasprintf("%s/%s", records, file);
	AUTO(freep) char *domain = NULL;
	AUTO(freep) char *number = NULL;
	unsigned *count = ctx;
	pid_t pid;

	if (!end || end[strlen("-fs.pid")] != '\0')
		return 0;
	while (short_end > file && *--short_end != '-')
		continue;
	domain = xasprintf("domain-%.*s", (int)(short_end - file), file);
	if (is_in_use(records, domain))
		return 0;
	pid = share_of(path);
	number = xasprintf("%d", (int)pid);
	if (pid > 0 && end_process(number, err) < 0)
		return -1;
	*count += pid > 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", path);
	return 0;
}

static int drop_record(const char *records, const char *name, struct err *err)
{
	AUTO(freep) char *status = xasprintf("%s/%s.xml", records, name);
	AUTO(freep) char *pid = xasprintf("%s/%s.pid", records, name);

	if ((unlink(status) < 0 && errno != ENOENT) || (unlink(pid) < 0 && errno != ENOENT))
		return err_sys(err, errno, "remove %s", status);
	return 0;
}

static int drop_records(const char *records, unsigned *count, struct err *err)
{
	AUTO(dir_closep) DIR *folder = opendir(records);
	const struct dirent *entry;

	if (!folder)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open %s", records);
	while ((entry = readdir(folder))) {
		AUTO(freep) char *name = xstrdup(entry->d_name);
		char *end = strrchr(name, '.');

		if (!end || strcmp(end, ".xml") != 0)
			continue;
		*end = '\0';
		if (is_recorded(records, name))
			continue;
		if (drop_record(records, name, err) < 0)
			return -1;
		++*count;
	}
	return 0;
}

/* Sockets and keys of machines that are no more, below @parent. */
static int drop_folders(const char *parent, const char *records, struct err *err)
{
	AUTO(dir_closep) DIR *folder = opendir(parent);
	const struct dirent *entry;

	if (!folder)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open %s", parent);
	while ((entry = readdir(folder))) {
		AUTO(freep) char *path = xasprintf("%s/%s", parent, entry->d_name);

		if (strncmp(entry->d_name, "domain-", strlen("domain-")) == 0 &&
		    !is_in_use(records, entry->d_name) && file_remove_tree(path, err) < 0)
			return -1;
	}
	return 0;
}

int hypervisor_mend(const char *root, unsigned *ret_count, struct err *err)
{
	AUTO(freep) char *records = xasprintf("%s/run/qemu", root);
	AUTO(freep) char *keys = xasprintf("%s/lib/qemu", root);
	AUTO(freep) char *channels = xasprintf("%s/channel/target", keys);
	unsigned processes = 0, dropped = 0;

	if (access(records, F_OK) < 0) {
		*ret_count = 0;
		return 0;
	}
	/* Processes first: a record that goes must not leave one behind. */
	if (end_processes(root, records, &processes, err) < 0 ||
	    drop_records(records, &dropped, err) < 0 ||
	    file_each_name(records, end_share, &processes, err) < 0 ||
	    drop_folders(keys, records, err) < 0 || drop_folders(channels, records, err) < 0)
		return err_wrap(err, "clear half started machines of %s", root);
	*ret_count = processes > dropped ? processes : dropped;
	return 0;
}
