/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h on libvirt 9. Where the connection comes from and what it says unasked stands in
 * machine_libvirt_events.c, the agent's stream in machine_libvirt_channel.c, the
 * console in machine_libvirt_console.c, the XML in domain_xml.c.
 *
 * What had to be learnt:
 *   - a machine is transient: it is created running and leaves nothing behind when it ends
 *   - a name is taken a moment longer than its machine runs, and a process a moment longer
 *     than its name: machine_destroy() waits for the name, libvirt waited for the process
 *   - an ended QEMU must be reaped: whoever runs this program must be a subreaper that
 *     waits (never this process itself, it would steal libvirt's own children)
 *   - after the process was killed and started again, an embedded driver finds its machines
 *     within half a second; one that ended meanwhile gives no event, machine_list() tells
 *   - the CPU quota is the whole domain's (vCPUs, emulator and I/O threads together),
 *     and it is set after the boot: a guest boots slowly under a small one
 */
#include <errno.h>
#include <inttypes.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "provisioner/domain_xml.h"
#include "provisioner/machine_libvirt_private.h"

#define CPU_PERIOD_US	 20000 /* long enough to cost nothing, short enough not to be felt */
#define CPU_QUOTA_MIN_US 1000  /* the kernel takes no less */
#define CPU_UNITS	 1024  /* of one core */
#define DESTROY_WAIT_MS	 20000 /* libvirt itself gives up on a stuck QEMU after 15 s or so */
#define DESTROY_STEP_US	 10000

void machine_host_ref(struct machine_host *host)
{
	atomic_fetch_add(&host->refs, 1);
}

void machine_host_unref(struct machine_host *host)
{
	if (atomic_fetch_sub(&host->refs, 1) != 1)
		return;
	pthread_cond_destroy(&host->changed);
	pthread_mutex_destroy(&host->lock);
	free(host->uri);
	free(host->accel);
	free(host->emulator);
	free(host->instance);
	free(host->run_dir);
	free(host->template_open);
	free(host->share_program);
	free(host->embed_root);
	free(host);
}

void virt_closep(virConnectPtr *connection)
{
	if (*connection)
		virConnectClose(*connection);
	*connection = NULL;
}

void virt_domain_freep(virDomainPtr *domain)
{
	if (*domain)
		virDomainFree(*domain);
	*domain = NULL;
}

virConnectPtr machine_connection(struct machine_host *host, struct err *err)
{
	virConnectPtr connection;

	pthread_mutex_lock(&host->lock);
	connection = host->connection;
	if (connection)
		virConnectRef(connection);
	pthread_mutex_unlock(&host->lock);
	if (!connection)
		(void)err_set(err, ERR_UNAVAILABLE, "no connection to the hypervisor %s",
			      host->uri);
	return connection;
}

virDomainPtr machine_domain(virConnectPtr connection, const char *name, struct err *err)
{
	virDomainPtr domain = virDomainLookupByName(connection, name);

	if (!domain)
		(void)virt_error(err, "find machine %s", name);
	return domain;
}

/* The folder in "qemu:///embed?root=FOLDER", or NULL. */
static char *embed_root(const char *uri)
{
	const char *root;

	if (strncmp(uri, "qemu:///embed?", strlen("qemu:///embed?")) != 0)
		return NULL;
	root = strstr(uri, "root=");
	return root ? xstrndup(root + 5, strcspn(root + 5, "&")) : NULL;
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* The machines that run already have consoles to be read on. */
static void follow_consoles(struct machine_host *host)
{
	virDomainPtr *domains = NULL;
	int count = virConnectListAllDomains(host->connection, &domains,
					     VIR_CONNECT_LIST_DOMAINS_ACTIVE);

	for (int i = 0; i < count; i++) {
		AUTO(freep) char *xml = virDomainGetXMLDesc(domains[i], 0);
		char *serial = xml ? strstr(xml, "<serial type='pipe'>") : NULL;
		char *path = serial ? strstr(serial, "<source path='") : NULL;

		if (path) {
			path += strlen("<source path='");
			path[strcspn(path, "'")] = '\0';
			machine_console_follow(host, path);
		}
		virDomainFree(domains[i]);
	}
	free(domains);
}

int machine_host_open(const struct machine_host_options *options, struct machine_host **ret_host,
		      struct err *err)
{
	struct machine_host *host;

	if (virt_events_start(err) < 0)
		return -1;
	host = xcalloc(1, sizeof(*host));
	atomic_init(&host->refs, 1);
	pthread_mutex_init(&host->lock, NULL);
	pthread_cond_init(&host->changed, NULL);
	host->loop = options->loop;
	host->ended = options->ended;
	host->lost = options->lost;
	host->ctx = options->ctx;
	host->uri = xstrdup(options->uri);
	host->accel = xstrdup(options->accel);
	host->emulator = copy(options->emulator);
	host->instance = copy(options->instance);
	host->run_dir = copy(options->run_dir);
	host->template_open = copy(options->template_open);
	host->share_program = copy(options->share_program);
	host->embed_root = embed_root(options->uri);
	if (machine_templates_begin(host, err) < 0) {
		machine_host_unref(host);
		return -1;
	}
	if (machine_connect(host, err) < 0) {
		/* Another machine's libvirtd may come later; an embedded driver will not. */
		if (host->embed_root || machine_reconnect_start(host, err) < 0) {
			machine_host_unref(host);
			return -1;
		}
		if (host->lost)
			host->lost(host->ctx, true);
	} else {
		follow_consoles(host);
	}
	*ret_host = host;
	return 0;
}

void machine_host_free(struct machine_host *host)
{
	virConnectPtr connection;

	if (!host)
		return;
	host->closed = true;
	machine_console_close_all(host);
	pthread_mutex_lock(&host->lock);
	host->stopping = true;
	connection = STEAL(host->connection, NULL);
	pthread_cond_broadcast(&host->changed);
	pthread_mutex_unlock(&host->lock);
	if (connection) {
		virConnectDomainEventDeregisterAny(connection, host->lifecycle_id);
		if (!host->embed_root)
			virConnectUnregisterCloseCallback(connection, NULL);
		virConnectClose(connection);
	}
	machine_host_unref(host);
}

/*
 * /dev/kvm usually belongs to a group of its own; a machine under KVM gets that group instead of
 * one of its own, which nothing of ours depends on (files are given to its user).
 */
static gid_t machine_group(const struct machine_host *host, const struct machine_spec *spec)
{
	struct stat device;

	if (strcmp(host->accel, "kvm") != 0 || stat("/dev/kvm", &device) < 0)
		return spec->gid;
	if ((device.st_mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP) && device.st_gid != 0)
		return device.st_gid;
	return spec->gid;
}

int64_t machine_memory_mib(struct machine_size size)
{
	return domain_memory_mib(size.memory_mib, size.vcpus);
}

int machine_start(struct machine_host *host, const struct machine_spec *spec, struct err *err)
{
	struct machine_spec filled = *spec;
	struct domain_platform platform = {host->accel, host->emulator, host->instance,
					   host->template_open, host->share_program};
	AUTO(virt_closep) virConnectPtr connection = NULL;
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;
	struct buf xml;
	int done = -1;

	if (host->embed_root && geteuid() == 0 && spec->uid == 0)
		return err_set(err, ERR_INVALID, "machine %s would run as root", spec->name);
	connection = machine_connection(host, err);
	if (!connection)
		return -1;
	filled.gid = machine_group(host, spec);
	buf_init(&xml, DOMAIN_XML_MAX);
	if (domain_xml_machine(&platform, &filled, &xml, err) < 0)
		goto out;
	if (spec->console_path &&
	    machine_console_make(spec->console_path, spec->uid, filled.gid, err) < 0)
		goto out;
	if (spec->memory == MACHINE_RECORD && machine_template_record(&filled, err) < 0)
		goto out;
	domain = virDomainCreateXML(connection, buf_text(&xml),
				    spec->memory == MACHINE_RESTORE ? VIR_DOMAIN_START_PAUSED : 0);
	if (!domain) {
		(void)virt_error(err, "start machine %s", spec->name);
		goto out;
	}
	if (spec->memory == MACHINE_RESTORE &&
	    machine_template_load(host, domain, &filled, err) < 0) {
		struct err more = ERR_INIT;

		if (machine_destroy(host, spec->name, &more) < 0)
			log_warn("machine %s: %s", spec->name, more.text);
		goto out;
	}
	if (spec->console_path) {
		AUTO(freep) char *pipe_path = xasprintf("%s.pipe", spec->console_path);

		machine_console_follow(host, pipe_path);
	}
	done = 0;
out:
	if (done < 0 && spec->console_path && err->code != ERR_EXISTS)
		machine_console_remove(spec->console_path);
	buf_done(&xml);
	return done;
}

/* True if @xml has a disk called vd and the @target-th letter. */
static bool is_target_taken(const char *xml, unsigned target)
{
	char word[32];

	(void)snprintf(word, sizeof(word), "<target dev='vd%c'", (char)('a' + target));
	return strstr(xml, word) != NULL;
}

static bool has_serial(const char *xml, const char *serial)
{
	char word[64];

	(void)snprintf(word, sizeof(word), "<serial>%s</serial>", serial);
	return strstr(xml, word) != NULL;
}

int machine_attach(struct machine_host *host, const char *name, const struct machine_disk *disk,
		   struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = machine_connection(host, err);
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;
	AUTO(freep) char *now = NULL;

	if (!connection)
		return -1;
	domain = machine_domain(connection, name, err);
	if (!domain)
		return -1;
	now = virDomainGetXMLDesc(domain, 0);
	if (!now)
		return virt_error(err, "look at machine %s", name);
	if (has_serial(now, disk->serial))
		return err_set(err, ERR_EXISTS, "machine %s has a disk %s", name, disk->serial);
	for (unsigned target = 0; target < DOMAIN_TARGET_MAX; target++) {
		struct buf xml;
		int done;

		if (is_target_taken(now, target))
			continue;
		buf_init(&xml, DOMAIN_XML_MAX);
		if (domain_xml_disk(disk, target, 0, &xml, err) < 0) {
			buf_done(&xml);
			return -1;
		}
		done = virDomainAttachDeviceFlags(domain, buf_text(&xml), VIR_DOMAIN_AFFECT_LIVE);
		buf_done(&xml);
		if (done == 0)
			return 0;
		(void)virt_error(err, "attach disk %s to machine %s", disk->serial, name);
		/* Somebody else took the letter since we looked. */
		if (err->code != ERR_EXISTS)
			return -1;
	}
	return err_set(err, ERR_LIMIT, "machine %s has no place for disk %s", name, disk->serial);
}

int machine_limit_cpu(struct machine_host *host, const char *name, unsigned vcpus,
		      int64_t cpu_units, struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = NULL;
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;
	virTypedParameterPtr params = NULL;
	int count = 0, room = 0, done;
	int64_t quota_us = cpu_units * CPU_PERIOD_US / CPU_UNITS;

	if (cpu_units < 1 || cpu_units > (int64_t)vcpus * CPU_UNITS)
		return err_set(err, ERR_INVALID, "cpu_units must be from 1 to %u for %u vcpus",
			       vcpus * CPU_UNITS, vcpus);
	if (quota_us < CPU_QUOTA_MIN_US)
		quota_us = CPU_QUOTA_MIN_US;
	connection = machine_connection(host, err);
	if (!connection)
		return -1;
	domain = machine_domain(connection, name, err);
	if (!domain)
		return -1;
	if (virTypedParamsAddULLong(&params, &count, &room, VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD,
				    CPU_PERIOD_US) < 0 ||
	    virTypedParamsAddLLong(&params, &count, &room, VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA,
				   quota_us) < 0 ||
	    virDomainSetSchedulerParametersFlags(domain, params, count, VIR_DOMAIN_AFFECT_LIVE) < 0)
		done = virt_error(err, "limit the processor of machine %s", name);
	else
		done = 0;
	virTypedParamsFree(params, count);
	/* libvirt's words for a host without a cpu controller, and for a plain user. */
	if (done < 0 &&
	    (strstr(err->text, "controller is not mounted") || strstr(err->text, "session mode")))
		err->code = ERR_UNSUPPORTED;
	return done;
}

/* The logs that libvirt writes for each machine would stay for ever. */
static void remove_log(const struct machine_host *host, const char *name)
{
	AUTO(freep) char *path = NULL;

	if (!host->embed_root)
		return;
	path = xasprintf("%s/log/qemu/%s.log", host->embed_root, name);
	(void)unlink(path); /* a machine that never started has none */
	for (unsigned i = 0; host->share_program && i < MACHINE_SHARES_MAX; i++) {
		AUTO(freep)
		char *of_share =
			xasprintf("%s/log/qemu/%s-fs%u-virtiofsd.log", host->embed_root, name, i);

		(void)unlink(of_share); /* most machines have none */
	}
}

int machine_destroy(struct machine_host *host, const char *name, struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = NULL;
	int64_t until_ns = clock_boot_ns() + (int64_t)DESTROY_WAIT_MS * 1000000;
	struct err why = ERR_INIT;

	if (!ident_is_name(name, MACHINE_NAME_SIZE - 1))
		return err_set(err, ERR_INVALID, "machine name is not a name");
	connection = machine_connection(host, err);
	if (!connection)
		return -1;
	/* "Not running" means that somebody else is just ending it: wait for the name. */
	do {
		AUTO(virt_domain_freep)
		virDomainPtr domain = machine_domain(connection, name, &why);

		if (!domain && why.code == ERR_NOT_FOUND) {
			remove_log(host, name);
			return 0;
		}
		if (!domain)
			break;
		if (virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_DEFAULT) < 0) {
			(void)virt_error(&why, "destroy machine %s", name);
			usleep(DESTROY_STEP_US);
		}
	} while (clock_boot_ns() < until_ns);
	*err = why;
	return -1;
}

/* True if the machine is ours and not another Slipway's. */
static bool is_ours(const struct machine_host *host, virDomainPtr domain)
{
	AUTO(freep) char *title = NULL;
	char own[64];

	if (strncmp(virDomainGetName(domain), MACHINE_PREFIX, strlen(MACHINE_PREFIX)) != 0)
		return false;
	if (!host->instance)
		return true;
	title = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_TITLE, NULL, 0);
	domain_title(host->instance, own, sizeof(own));
	return title && strcmp(title, own) == 0;
}

static enum machine_state state_of(virDomainPtr domain)
{
	int state;

	if (virDomainGetState(domain, &state, NULL, 0) < 0)
		return MACHINE_GONE;
	switch (state) {
	case VIR_DOMAIN_SHUTDOWN:
	case VIR_DOMAIN_SHUTOFF:
	case VIR_DOMAIN_CRASHED:
		return MACHINE_ENDED;
	default:
		return MACHINE_RUNNING;
	}
}

int machine_list(struct machine_host *host, struct machine_seen **ret_list, size_t *ret_count,
		 struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = machine_connection(host, err);
	virDomainPtr *domains = NULL;
	struct machine_seen *list;
	size_t used = 0;
	int count;

	if (!connection)
		return -1;
	count = virConnectListAllDomains(connection, &domains, 0);
	if (count < 0)
		return virt_error(err, "list machines");
	list = xcalloc((size_t)count + 1, sizeof(*list));
	for (int i = 0; i < count; i++) {
		struct machine_seen *seen = &list[used];

		/* One that ended since we asked is not there any more. */
		if (is_ours(host, domains[i])) {
			(void)snprintf(seen->name, sizeof(seen->name), "%s",
				       virDomainGetName(domains[i]));
			seen->state = state_of(domains[i]);
			used += seen->state != MACHINE_GONE;
		}
		virDomainFree(domains[i]);
	}
	free(domains);
	*ret_list = list;
	*ret_count = used;
	return 0;
}

int machine_usage(struct machine_host *host, const char *name, struct machine_usage *ret_usage,
		  struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = machine_connection(host, err);
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;
	virDomainMemoryStatStruct memory[VIR_DOMAIN_MEMORY_STAT_NR];
	struct machine_usage usage = {0};
	virDomainBlockStatsStruct block;
	virDomainInfo info;
	int count;

	if (!connection)
		return -1;
	domain = machine_domain(connection, name, err);
	if (!domain)
		return -1;
	if (virDomainGetInfo(domain, &info) < 0)
		return virt_error(err, "measure machine %s", name);
	usage.cpu_ns = (int64_t)info.cpuTime;
	count = virDomainMemoryStats(domain, memory, VIR_DOMAIN_MEMORY_STAT_NR, 0);
	if (count < 0)
		return virt_error(err, "measure memory of machine %s", name);
	for (int i = 0; i < count; i++)
		if (memory[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS)
			usage.memory_rss_kib = (int64_t)memory[i].val;
	/* "" is all disks together. */
	if (virDomainBlockStats(domain, "", &block, sizeof(block)) < 0)
		return virt_error(err, "measure disks of machine %s", name);
	usage.read_bytes = block.rd_bytes;
	usage.write_bytes = block.wr_bytes;
	*ret_usage = usage;
	return 0;
}
