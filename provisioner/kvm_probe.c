/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three questions, from the cheapest to the surest; the first no decides:
 *
 *   1. may the machines' user open /dev/kvm, and does a loop on a virtual processor
 *      run at the speed of hardware (kvm_loop.c)? Asked at every start.
 *   2. is there a verdict of an earlier start? It holds for this boot of the host, this
 *      QEMU and this guest kernel.
 *   3. does the agent's guest boot under KVM, through libvirt as tasks do, and say hello
 *      before the deadline?
 *
 * libvirt's own word is not asked: it says yes wherever the device opens.
 */
#include "provisioner/kvm_probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/ident.h"
#include "core/loop.h"
#include "microvm/wire/frame.h"
#include "microvm/wire/message.h"
#include "provisioner/kvm_probe_private.h"
#include "provisioner/machine.h"

#define DEVICE		 "/dev/kvm"
#define DEFAULT_EMULATOR "/usr/bin/qemu-system-x86_64"
#define KEY_MAX		 1024
#define VERDICT_MAX	 4096
#define PROBE_MEMORY_MIB 256
#define MS		 1000000

/* --- the device ------------------------------------------------------------- */

/* May somebody with @uid and @gid use the device? Machines get the group of the device if that
 * may (see machine_libvirt.c), so for them the group's right is enough. */
static bool may_open(const struct stat *device, uid_t uid)
{
	mode_t both = S_IROTH | S_IWOTH;

	if (uid == 0)
		return access(DEVICE, R_OK | W_OK) == 0;
	if ((device->st_mode & both) == both)
		return true;
	both = S_IRGRP | S_IWGRP;
	return (device->st_mode & both) == both && device->st_gid != 0;
}

void kvm_probe_device(uid_t uid, gid_t gid, struct kvm_verdict *ret_verdict)
{
	struct kvm_verdict verdict = {.works = false};
	struct err err = ERR_INIT;
	struct stat device;
	int64_t ran_ns;

	(void)gid; /* the device's own group takes its place */
	if (stat(DEVICE, &device) < 0)
		(void)snprintf(verdict.why, KVM_WHY_MAX,
			       "%s: %s (is virtualisation switched on in the firmware, and the "
			       "module kvm_intel or kvm_amd loaded?)",
			       DEVICE, strerror(errno));
	else if (access(DEVICE, R_OK | W_OK) < 0)
		(void)snprintf(verdict.why, KVM_WHY_MAX,
			       "%s: %s (adduser USER kvm, and sign in again)", DEVICE,
			       strerror(errno));
	else if (kvm_loop(KVM_LOOP_MS, &ran_ns, &err) < 0)
		(void)snprintf(verdict.why, KVM_WHY_MAX,
			       "%s opens, but a virtual processor does not run at the speed of "
			       "hardware: %.200s",
			       DEVICE, err.text);
	else if (!may_open(&device, uid))
		(void)snprintf(verdict.why, KVM_WHY_MAX,
			       "the machines' user may not open %s: chgrp kvm %s && chmod 660 %s",
			       DEVICE, DEVICE, DEVICE);
	else {
		verdict.works = true;
		(void)snprintf(verdict.why, KVM_WHY_MAX,
			       "a virtual processor ran a million rounds in %.1f ms",
			       (double)ran_ns / MS);
	}
	*ret_verdict = verdict;
}

/* --- the verdict of an earlier start ---------------------------------------- */

/* Two lines: the key; then "kvm WHY" or "tcg WHY". */
bool kvm_verdict_read(const char *path, const char *key, struct kvm_verdict *ret_verdict)
{
	struct kvm_verdict verdict = {.kept = true};
	struct err err = ERR_INIT;
	const char *text;
	struct buf file;
	bool good = false;

	buf_init(&file, VERDICT_MAX);
	/* No such file, or one that is too long, is no verdict. */
	if (file_read(path, &file, &err) == 0 && (text = buf_text(&file)) != NULL &&
	    strncmp(text, key, strlen(key)) == 0 && text[strlen(key)] == '\n') {
		text += strlen(key) + 1;
		verdict.works = strncmp(text, "kvm ", 4) == 0;
		good = verdict.works || strncmp(text, "tcg ", 4) == 0;
		(void)snprintf(verdict.why, KVM_WHY_MAX, "%.*s",
			       good ? (int)strcspn(text + 4, "\n") : 0, good ? text + 4 : "");
	}
	buf_done(&file);
	if (good)
		*ret_verdict = verdict;
	return good;
}

int kvm_verdict_write(const char *path, const char *key, const struct kvm_verdict *verdict,
		      struct err *err)
{
	AUTO(freep)
	char *text = xasprintf("%s\n%s %s\n", key, verdict->works ? "kvm" : "tcg", verdict->why);

	return file_write(path, text, strlen(text), 0644, err);
}

/* A file by what changes when it is replaced. */
static void add_file(char *key, const char *path)
{
	size_t used = strlen(key);
	struct stat about = {.st_size = -1};

	(void)stat(path, &about);
	(void)snprintf(key + used, KEY_MAX - used, " %.200s:%lld:%lld.%09ld", path,
		       (long long)about.st_size, (long long)about.st_mtim.tv_sec,
		       about.st_mtim.tv_nsec);
}

/* --- the boot --------------------------------------------------------------- */

struct boot {
	struct loop *loop;
	struct machine_host *host;
	struct machine_channel *channel;
	struct frame_decoder frames;
	char name[MACHINE_NAME_SIZE];
	bool spoke, ended;
};

static void on_bytes(void *ctx, const void *bytes, size_t len)
{
	struct boot *boot = ctx;
	struct err err = ERR_INIT;
	struct frame frame;

	if (len == 0) {
		boot->ended = true;
		loop_stop(boot->loop);
		return;
	}
	if (frame_feed(&boot->frames, bytes, len, &err) < 0)
		frame_decoder_reset(&boot->frames); /* nonsense: the deadline decides */
	while (frame_next(&boot->frames, &frame))
		boot->spoke |= frame.type == FRAME_HELLO;
	if (boot->spoke)
		loop_stop(boot->loop);
}

static void on_deadline(void *ctx)
{
	struct boot *boot = ctx;

	loop_stop(boot->loop);
}

static void boot_done(struct boot *boot)
{
	struct err err = ERR_INIT;

	machine_channel_close(boot->channel);
	/* What is left over of a probe is swept with the machines of no task. */
	if (boot->host && machine_destroy(boot->host, boot->name, &err) < 0)
		(void)err_wrap(&err, "probe");
	machine_host_free(boot->host);
	/* Events that are on their way hold the host: one turn takes them. */
	if (boot->loop) {
		(void)loop_timer_add(boot->loop, 100, on_deadline, boot);
		if (loop_run(boot->loop, &err) < 0)
			(void)err_wrap(&err, "probe");
	}
	loop_free(boot->loop);
	frame_decoder_done(&boot->frames);
}

static int boot_and_wait(struct boot *boot, const struct kvm_probe_options *options,
			 int64_t deadline_ms, char why[KVM_WHY_MAX], struct err *err)
{
	int64_t from_ns = clock_boot_ns();
	struct err refused = ERR_INIT;
	struct loop_timer *deadline;
	char uuid[IDENT_UUID_SIZE];
	struct machine_spec spec = {.name = boot->name,
				    .uuid = uuid,
				    .memory_mib = PROBE_MEMORY_MIB,
				    .vcpus = 1,
				    .kernel = options->kernel,
				    .initrd = options->initrd,
				    .cmdline = WIRE_CMDLINE_PROBE,
				    .uid = options->uid,
				    .gid = options->gid};

	ident_uuid(uuid);
	if (machine_start(boot->host, &spec, &refused) < 0 ||
	    machine_channel_open(boot->host, boot->name, on_bytes, boot, &boot->channel, &refused) <
		    0) {
		(void)snprintf(why, KVM_WHY_MAX, "a guest could not be started: %.400s",
			       refused.text);
		return 0;
	}
	deadline = loop_timer_add(boot->loop, deadline_ms, on_deadline, boot);
	if (loop_run(boot->loop, err) < 0)
		return -1;
	if (boot->spoke || boot->ended)
		loop_timer_cancel(deadline);
	if (boot->spoke)
		(void)snprintf(why, KVM_WHY_MAX, "a guest booted in %.1f s",
			       (double)(clock_boot_ns() - from_ns) / 1e9);
	else if (boot->ended)
		(void)snprintf(why, KVM_WHY_MAX, "a guest ended before it had spoken");
	else
		(void)snprintf(why, KVM_WHY_MAX, "a guest did not speak within %d s",
			       (int)(deadline_ms / 1000));
	return 0;
}

int kvm_probe_boot(const struct kvm_probe_options *options, const char *accel, int64_t deadline_ms,
		   bool *ret_spoke, char why[KVM_WHY_MAX], struct err *err)
{
	struct machine_host_options host = {.uri = options->uri,
					    .run_dir = options->run_dir,
					    .accel = accel,
					    .emulator = options->emulator};
	struct boot boot = {.loop = NULL};
	char id[IDENT_HEX32_SIZE];
	int done = -1;

	ident_hex32(id);
	(void)snprintf(boot.name, sizeof(boot.name), "slipway-%s-0", id);
	frame_decoder_init(&boot.frames);
	if (loop_new(&boot.loop, err) == 0) {
		host.loop = boot.loop;
		if (machine_host_open(&host, &boot.host, err) == 0)
			done = boot_and_wait(&boot, options, deadline_ms, why, err);
	}
	if (done == 0)
		*ret_spoke = boot.spoke;
	boot_done(&boot);
	return done;
}

int kvm_probe(const struct kvm_probe_options *options, struct kvm_verdict *ret_verdict,
	      struct err *err)
{
	AUTO(freep) char *path = xasprintf("%s/kvm-verdict", options->state_dir);
	bool here = strncmp(options->uri, "qemu:///", strlen("qemu:///")) == 0;
	struct kvm_verdict verdict = {.works = false};
	struct err unkept = ERR_INIT;
	char key[KEY_MAX];

	if (here) {
		kvm_probe_device(options->uid, options->gid, &verdict);
		if (!verdict.works) {
			*ret_verdict = verdict;
			return 0;
		}
	}
	(void)snprintf(key, sizeof(key), "%s %.200s", clock_boot_id(), options->uri);
	add_file(key, options->emulator ? options->emulator : DEFAULT_EMULATOR);
	add_file(key, options->kernel);
	if (kvm_verdict_read(path, key, ret_verdict))
		return 0;
	if (kvm_probe_boot(options, "kvm", KVM_BOOT_MS, &verdict.works, verdict.why, err) < 0)
		return err_wrap(err, "probe kvm");
	/* Not kept, it is asked for again at the next start: no reason to fail this one. */
	if (kvm_verdict_write(path, key, &verdict, &unkept) < 0)
		err_clear(&unkept);
	*ret_verdict = verdict;
	return 0;
}
