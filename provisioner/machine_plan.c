/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's devices are the same wherever it comes from, or it could not begin from a template:
 * a disk for what is written, then one for the first image, then ports for others.
 */
#include "provisioner/machine_plan.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "microvm/wire/message.h"

#define MIB ((int64_t)1 << 20)

/* NULL: it goes nowhere. The caller frees it. */
static char *console_path(const struct flow_options *options, const char *name)
{
	return options->console_dir ? xasprintf("%s/%s.log", options->console_dir, name) : NULL;
}

int machine_plan_start(const struct flow_options *options, const struct machine_plan *plan,
		       struct err *err)
{
	AUTO(freep) char *console = console_path(options, plan->name);
	char uuid[IDENT_UUID_SIZE];
	struct machine_spec spec = {
		.name = plan->name,
		.uuid = uuid,
		.memory_mib = plan->size.memory_mib,
		.vcpus = plan->size.vcpus,
		.kernel = options->kernel,
		.initrd = options->initrd,
		.cmdline = options->kernel_words,
		.memory = plan->memory,
		.template_dir = plan->template_dir,
		.disks = {{.serial = WIRE_SCRATCH_SERIAL, .path = plan->scratch},
			  {.path = plan->slot, .readonly = true}},
		.disk_count = plan->slot ? 2 : 1,
		.spare_ports = plan->spare_ports,
		.shares = plan->shares ? plan->shares->items : NULL,
		.share_count = plan->shares ? plan->shares->count : 0,
		.mac = plan->mac,
		.tap = plan->tap,
		.bridge = plan->bridge,
		.socket = plan->socket,
		.uid = plan->uid,
		.gid = plan->uid,
		.console_path = console,
	};

	ident_uuid(uuid);
	(void)snprintf(spec.disks[1].serial, sizeof(spec.disks[1].serial), WIRE_IMAGE_SERIAL, 0u);
	return machine_start(options->host, &spec, err);
}

static int remove_console(const struct flow_options *options, const char *name, struct err *err)
{
	AUTO(freep) char *path = console_path(options, name);

	if (path && unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", path);
	return 0;
}

void machine_plan_process(const struct flow_options *options, const char *name,
			  struct process_id *ret_process)
{
	struct err err = ERR_INIT;

	if (machine_process(options->host, name, ret_process, &err) == 0)
		return;
	*ret_process = (struct process_id){.pid = 0};
	if (err.code != ERR_UNSUPPORTED)
		log_warn("machine %s: its process is not known: %s", name, err.text);
}

int machine_plan_undo(const struct flow_options *options, const char *name,
		      const struct network_lease *lease, int64_t *ret_ended_ns, struct err *err)
{
	if (machine_destroy(options->host, name, err) < 0)
		return -1;
	if (ret_ended_ns)
		*ret_ended_ns = clock_boot_ns();
	if (lease && network_dismiss(options->network, lease, err) < 0)
		return err_wrap(err, "network");
	if (storage_remove(options->storage, name, err) < 0 ||
	    shares_remove(&options->shares, name, err) < 0)
		return -1;
	return remove_console(options, name, err);
}

int64_t machine_plan_memory(const struct flow_options *options, struct machine_size size)
{
	return machine_memory_mib(size) * MIB + options->machine_overhead_bytes;
}
