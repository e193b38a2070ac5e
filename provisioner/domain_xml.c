/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine, device by device, and why it has each:
 *
 *   q35, qboot      the machine type that QEMU supports as a boundary, with a firmware that
 *                   starts a PVH kernel at once; disks can be plugged while it runs
 *   pcie-root-port  one for each disk that will be plugged in, no more
 *   virtio-serial   the agent's port
 *   virtio-rng      entropy before the agent has spoken to anybody
 *   virtio-blk      scratch (private: flushes are ignored, since it never outlives the machine)
 *                   and images (read-only, shared, cached once by the host for all machines)
 *   virtio-net      in bridge mode a tap that libvirt makes, without vhost; in user
 *                   mode a stream socket to passt, which libvirt 9.0 cannot say itself
 *   vhost-user-fs   for each folder of the host that it is given; its daemon maps the
 *                   guest's memory, which is a memfd then
 *   isa-serial      only if somebody wants the console
 *
 * Everything that QEMU or libvirt adds unasked is taken away: USB, balloon, SATA, SMBus,
 * keyboard controller, VMware port, SMM, HPET, graphics, network boot ROMs.
 *
 * Fixed slots of bus 0: 1 and 2 root ports (functions 0-7 of each), 3 serial, 4 rng,
 * 5 network, 6 onwards the disks that are there from the start, 30 downwards the folders.
 *
 * qemu:del cpu-unavailable-features: otherwise libvirt asks QEMU some 400 questions about the
 * processor at every start, which takes 0.3 s.
 *
 * The dac label with relabel='no' makes QEMU run as the machine's own user while no
 * file changes hands: the kernel and the images belong to all machines, and an owner
 * could write to them. The scratch file is given to that user by who made it.
 */
#include "provisioner/domain_xml.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/ident.h"
#include "microvm/wire/cmdline.h"
#include "microvm/wire/message.h"

#define QBOOT_PATH     "/usr/share/qemu/qboot.rom"
#define SLOT_PORTS     1u
#define SLOT_SERIAL    3u
#define SLOT_RNG       4u
#define SLOT_NETWORK   5u
#define SLOT_DISKS     6u
#define SLOT_SHARES    30u
#define FUNCTIONS      8u
#define VCPUS_MAX      255u
#define MEMORY_MIB_MAX (1024 * 1024)

/*
 * What the guest's kernel keeps for itself, measured with Debian's cloud kernel 6.1 from 256 MiB
 * to 16 GiB and 1 to 16 processors: its image, the initramfs and tables of fixed size take 33 to
 * 36 MiB, descriptions of pages 1.71 %, each processor a quarter of a MiB. That alone would
 * make MemTotal what was asked for; but containers can use all of their limit only if
 * the kernel and the agent have pages of their own beside it: 33 MiB, 1/128 of the task's memory
 * and 3 MiB for each further processor.
 */
#define KERNEL_FIXED_MIB 70
#define KERNEL_SHARE	 39 /* one part in so many, of what the task shall have */
#define KERNEL_VCPU_MIB	 4  /* for each but the first */

/* Without it a guest of more than 2 GiB sets 64 MiB aside to bounce the data of devices that cannot
 * reach all memory; there is none here. */
#define BOOT_WORDS " swiotlb=noforce"

int64_t domain_memory_mib(int64_t memory_mib, unsigned vcpus)
{
	return memory_mib + KERNEL_FIXED_MIB + (memory_mib + KERNEL_SHARE - 1) / KERNEL_SHARE +
	       KERNEL_VCPU_MIB * (int64_t)(vcpus - 1);
}

void domain_title(const char *instance, char *ret, size_t size)
{
	snprintf(ret, size, "slipway %s", instance ? instance : "");
}

/* Append @text so that it stands for itself in XML text and attributes. */
static int add_escaped(struct buf *out, const char *what, const char *text, struct err *err)
{
	for (const char *at = text; *at; at++) {
		const char *entity = NULL;

		switch (*at) {
		case '&':
			entity = "&amp;";
			break;
		case '<':
			entity = "&lt;";
			break;
		case '>':
			entity = "&gt;";
			break;
		case '\'':
			entity = "&apos;";
			break;
		case '"':
			entity = "&quot;";
			break;
		default:
			if ((unsigned char)*at < 0x20 || *at == 0x7f)
				return err_set(err, ERR_INVALID, "%s has a control character",
					       what);
		}
		if (entity ? buf_append_text(out, entity, err) < 0
			   : buf_append(out, at, 1, err) < 0)
			return -1;
	}
	return 0;
}

/* Append before, the escaped @text, after. */
static int add_value(struct buf *out, const char *before, const char *what, const char *text,
		     const char *after, struct err *err)
{
	if (buf_append_text(out, before, err) < 0 || add_escaped(out, what, text, err) < 0)
		return -1;
	return buf_append_text(out, after, err);
}

static bool is_mac(const char *mac)
{
	if (strlen(mac) != 17)
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? mac[i] != ':' : !isxdigit((unsigned char)mac[i]))
			return false;
	return true;
}

/* Serials travel through QEMU options and sysfs: keep to what both leave alone. */
static bool is_serial(const char *serial)
{
	return ident_is_name(serial, MACHINE_SERIAL_MAX);
}

static int check(const struct domain_platform *platform, const struct machine_spec *spec,
		 struct err *err)
{
	if (strcmp(platform->accel, "kvm") != 0 && strcmp(platform->accel, "tcg") != 0)
		return err_set(err, ERR_INVALID, "accel must be kvm or tcg");
	if (!ident_is_name(spec->name, MACHINE_NAME_SIZE - 1))
		return err_set(err, ERR_INVALID, "machine name is not a name");
	if (!spec->uuid || strlen(spec->uuid) != 36)
		return err_set(err, ERR_INVALID, "uuid must have 36 characters");
	if (spec->memory_mib < 1 || spec->memory_mib > MEMORY_MIB_MAX)
		return err_set(err, ERR_INVALID, "memory_mib must be from 1 to %d", MEMORY_MIB_MAX);
	if (spec->vcpus < 1 || spec->vcpus > VCPUS_MAX)
		return err_set(err, ERR_INVALID, "vcpus must be from 1 to %u", VCPUS_MAX);
	if (spec->spare_ports > DOMAIN_PORTS_MAX)
		return err_set(err, ERR_LIMIT, "spare_ports must be at most %d", DOMAIN_PORTS_MAX);
	if (spec->disk_count > MACHINE_DISKS_MAX)
		return err_set(err, ERR_LIMIT, "disk_count must be at most %d", MACHINE_DISKS_MAX);
	if (spec->share_count > MACHINE_SHARES_MAX)
		return err_set(err, ERR_LIMIT, "share_count must be at most %d",
			       MACHINE_SHARES_MAX);
	if (spec->share_count > 0 && (spec->memory != MACHINE_BOOT || !platform->share_program))
		return err_set(err, ERR_UNSUPPORTED, "this machine cannot be given folders");
	if (spec->memory != MACHINE_BOOT && (!spec->template_dir || spec->template_dir[0] != '/' ||
					     strchr(spec->template_dir, ',')))
		return err_set(err, ERR_INVALID, "template_dir must be absolute and have no comma");
	if (spec->memory == MACHINE_RESTORE && !platform->template_open)
		return err_set(err, ERR_UNSUPPORTED, "this host has no templates");
	if (!spec->mac)
		return 0;
	if (!is_mac(spec->mac))
		return err_set(err, ERR_INVALID, "mac is not a hardware address");
	if ((spec->socket != NULL) == (spec->tap != NULL && spec->bridge != NULL))
		return err_set(err, ERR_INVALID, "a network card needs tap and bridge, or socket");
	/* A comma would end the value on QEMU's command line. */
	if (spec->socket && strchr(spec->socket, ','))
		return err_set(err, ERR_INVALID, "socket has a comma");
	return 0;
}

static int add_boot(const struct machine_spec *spec, struct buf *out, struct err *err)
{
	if (buf_append_text(out,
			    "  <os>\n"
			    "    <type arch='x86_64' machine='q35'>hvm</type>\n"
			    "    <loader readonly='yes' type='rom'>" QBOOT_PATH "</loader>\n",
			    err) < 0 ||
	    add_value(out, "    <kernel>", "kernel", spec->kernel, "</kernel>\n", err) < 0 ||
	    add_value(out, "    <initrd>", "initrd", spec->initrd, "</initrd>\n", err) < 0 ||
	    buf_append_text(out, "    <cmdline>" WIRE_CMDLINE_DEFAULT BOOT_WORDS, err) < 0)
		return -1;
	if (spec->cmdline && spec->cmdline[0] &&
	    add_value(out, " ", "cmdline", spec->cmdline, "", err) < 0)
		return -1;
	return buf_append_text(out, "</cmdline>\n  </os>\n", err);
}

static int add_head(const struct domain_platform *platform, const struct machine_spec *spec,
		    struct buf *out, struct err *err)
{
	bool kvm = strcmp(platform->accel, "kvm") == 0;
	char title[64];

	domain_title(platform->instance, title, sizeof(title));
	if (buf_printf(
		    out, err,
		    "<domain type='%s' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
		    "  <name>%s</name>\n",
		    kvm ? "kvm" : "qemu", spec->name) < 0 ||
	    add_value(out, "  <uuid>", "uuid", spec->uuid, "</uuid>\n", err) < 0 ||
	    add_value(out, "  <title>", "instance", title, "</title>\n", err) < 0 ||
	    buf_printf(out, err,
		       "  <memory unit='MiB'>%" PRId64 "</memory>\n"
		       "  <vcpu placement='static'>%u</vcpu>\n",
		       domain_memory_mib(spec->memory_mib, spec->vcpus), spec->vcpus) < 0 ||
	    (spec->share_count > 0 &&
	     buf_append_text(out,
			     "  <memoryBacking><source type='memfd'/><access mode='shared'/>"
			     "</memoryBacking>\n",
			     err) < 0) ||
	    add_boot(spec, out, err) < 0)
		return -1;
	return buf_printf(out, err,
			  "  <features><acpi/><apic/><smm state='off'/><vmport state='off'/>"
			  "</features>\n"
			  "  <cpu mode='%s'><topology sockets='1' dies='1' cores='%u' threads='1'/>"
			  "</cpu>\n"
			  "  <clock offset='utc'><timer name='hpet' present='no'/></clock>\n"
			  "  <on_poweroff>destroy</on_poweroff>\n"
			  "  <on_reboot>destroy</on_reboot>\n"
			  "  <on_crash>destroy</on_crash>\n",
			  kvm ? "host-passthrough" : "maximum", spec->vcpus);
}

static int add_ports(unsigned count, struct buf *out, struct err *err)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned function = i % FUNCTIONS;
		/* Function 0 announces that the slot has more. */
		const char *more = function == 0 && count - i > 1 ? " multifunction='on'" : "";

		if (buf_printf(out, err,
			       "    <controller type='pci' index='%u' model='pcie-root-port'>"
			       "<address type='pci' domain='0' bus='0' slot='%u' function='%u'%s/>"
			       "</controller>\n",
			       i + 1, SLOT_PORTS + i / FUNCTIONS, function, more) < 0)
			return -1;
	}
	return 0;
}

static int add_network(const struct machine_spec *spec, struct buf *out, struct err *err)
{
	if (!spec->mac || spec->socket)
		return 0; /* passt: see add_command_line() */
	if (buf_printf(out, err,
		       "    <interface type='bridge'>\n"
		       "      <mac address='%s'/>\n",
		       spec->mac) < 0 ||
	    add_value(out, "      <source bridge='", "bridge", spec->bridge, "'/>\n", err) < 0 ||
	    add_value(out, "      <target dev='", "tap", spec->tap, "'/>\n", err) < 0)
		return -1;
	return buf_printf(out, err,
			  "      <port isolated='yes'/>\n"
			  "      <model type='virtio'/>\n"
			  "      <driver name='qemu'/>\n"
			  "      <rom enabled='no'/>\n"
			  "      <address type='pci' domain='0' bus='0' slot='%u' function='0'/>\n"
			  "    </interface>\n",
			  SLOT_NETWORK);
}

int domain_xml_disk(const struct machine_disk *disk, unsigned target, unsigned slot,
		    struct buf *out, struct err *err)
{
	if (target >= DOMAIN_TARGET_MAX)
		return err_set(err, ERR_LIMIT, "a machine has at most %d disks", DOMAIN_TARGET_MAX);
	if (!is_serial(disk->serial))
		return err_set(err, ERR_INVALID, "disk serial \"%s\" is not a name", disk->serial);
	if (!disk->path || disk->path[0] != '/')
		return err_set(err, ERR_INVALID, "disk path must be absolute");
	/* Images are cached by the host once for all; scratch never needs to survive. */
	if (buf_printf(out, err,
		       "    <disk type='file' device='disk'>\n"
		       "      <driver name='qemu' type='raw' cache='%s' io='threads'%s/>\n",
		       disk->readonly ? "writeback" : "unsafe",
		       disk->readonly ? "" : " discard='unmap'") < 0 ||
	    add_value(out, "      <source file='", "disk path", disk->path, "'/>\n", err) < 0 ||
	    buf_printf(out, err,
		       "      <target dev='vd%c' bus='virtio'/>\n"
		       "      <serial>%s</serial>\n"
		       "%s",
		       (char)('a' + target), disk->serial,
		       disk->readonly ? "      <readonly/>\n" : "") < 0)
		return -1;
	if (slot && buf_printf(out, err,
			       "      <address type='pci' domain='0' bus='0' slot='%u' "
			       "function='0'/>\n",
			       slot) < 0)
		return -1;
	return buf_append_text(out, "    </disk>\n", err);
}

static int add_shares(const struct domain_platform *platform, const struct machine_spec *spec,
		      struct buf *out, struct err *err)
{
	for (size_t i = 0; i < spec->share_count; i++) {
		const struct machine_share *share = &spec->shares[i];

		if (!is_serial(share->tag))
			return err_set(err, ERR_INVALID, "share tag \"%s\" is not a name",
				       share->tag);
		if (!share->path || share->path[0] != '/' || strchr(share->path, ','))
			return err_set(err, ERR_INVALID,
				       "share path must be absolute and have no comma");
		if (add_value(out,
			      "    <filesystem type='mount' accessmode='passthrough'>\n"
			      "      <driver type='virtiofs'/>\n"
			      "      <binary path='",
			      "share_program", platform->share_program, "'/>\n", err) < 0 ||
		    add_value(out, "      <source dir='", "share path", share->path, "'/>\n", err) <
			    0 ||
		    buf_printf(out, err,
			       "      <target dir='%s'/>\n"
			       "      <address type='pci' domain='0' bus='0' slot='%u' "
			       "function='0'/>\n"
			       "    </filesystem>\n",
			       share->tag, SLOT_SHARES - (unsigned)i) < 0)
			return -1;
	}
	return 0;
}

static int add_console(const struct machine_spec *spec, struct buf *out, struct err *err)
{
	if (!spec->console_path)
		return 0;
	return add_value(out, "    <serial type='pipe'><source path='", "console_path",
			 spec->console_path, ".pipe'/><target port='0'/></serial>\n", err);
}

static int add_devices(const struct domain_platform *platform, const struct machine_spec *spec,
		       struct buf *out, struct err *err)
{
	if (buf_append_text(out, "  <devices>\n", err) < 0)
		return -1;
	if (platform->emulator && add_value(out, "    <emulator>", "emulator", platform->emulator,
					    "</emulator>\n", err) < 0)
		return -1;
	if (buf_append_text(out,
			    "    <controller type='usb' model='none'/>\n"
			    "    <memballoon model='none'/>\n"
			    "    <controller type='pci' index='0' model='pcie-root'/>\n",
			    err) < 0 ||
	    add_ports(spec->spare_ports, out, err) < 0 ||
	    buf_printf(out, err,
		       "    <controller type='virtio-serial' index='0' ports='2'>"
		       "<address type='pci' domain='0' bus='0' slot='%u' function='0'/>"
		       "</controller>\n"
		       "    <channel type='unix'><target type='virtio' name='" WIRE_PORT_NAME "'/>"
		       "<address type='virtio-serial' controller='0' bus='0' port='1'/>"
		       "</channel>\n"
		       "    <rng model='virtio'><backend model='builtin'/>"
		       "<address type='pci' domain='0' bus='0' slot='%u' function='0'/></rng>\n",
		       SLOT_SERIAL, SLOT_RNG) < 0 ||
	    add_network(spec, out, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->disk_count; i++)
		if (domain_xml_disk(&spec->disks[i], (unsigned)i, SLOT_DISKS + (unsigned)i, out,
				    err) < 0)
			return -1;
	if (add_shares(platform, spec, out, err) < 0 || add_console(spec, out, err) < 0)
		return -1;
	return buf_append_text(out, "  </devices>\n", err);
}

static int add_identity(const struct machine_spec *spec, struct buf *out, struct err *err)
{
	if (spec->uid == 0)
		return 0;
	return buf_printf(out, err,
			  "  <seclabel type='static' model='dac' relabel='no'>"
			  "<label>+%u:+%u</label></seclabel>\n",
			  (unsigned)spec->uid, (unsigned)spec->gid);
}

/*
 * Memory that lies in a file, or begins as a copy of one. A second -machine is merged with
 * libvirt's; the memory that libvirt made stays unused and is never touched.
 */
static int add_memory(const struct domain_platform *platform, const struct machine_spec *spec,
		      struct buf *out, struct err *err)
{
	bool restore = spec->memory == MACHINE_RESTORE;

	if (spec->memory == MACHINE_BOOT)
		return 0;
	if (add_value(out,
		      "    <qemu:arg value='-object'/>"
		      "<qemu:arg value='memory-backend-file,id=template,mem-path=",
		      "template_dir", spec->template_dir, DOMAIN_TEMPLATE_MEMORY, err) < 0 ||
	    buf_printf(out, err,
		       ",size=%" PRId64 "M,share=%s'/>\n"
		       "    <qemu:arg value='-machine'/>"
		       "<qemu:arg value='memory-backend=template'/>\n",
		       domain_memory_mib(spec->memory_mib, spec->vcpus),
		       restore ? "off" : "on") < 0)
		return -1;
	if (!restore)
		return 0;
	return add_value(out,
			 "    <qemu:arg value='-incoming'/><qemu:arg value='defer'/>\n"
			 "    <qemu:env name='LD_PRELOAD' value='",
			 "template_open", platform->template_open, "'/>\n", err);
}

static int add_command_line(const struct domain_platform *platform, const struct machine_spec *spec,
			    struct buf *out, struct err *err)
{
	if (buf_append_text(out,
			    "  <qemu:commandline>\n"
			    "    <qemu:arg value='-machine'/>"
			    "<qemu:arg value='sata=off,smbus=off,i8042=off'/>\n",
			    err) < 0 ||
	    add_memory(platform, spec, out, err) < 0)
		return -1;
	if (spec->mac && spec->socket) {
		if (add_value(
			    out,
			    "    <qemu:arg value='-netdev'/>"
			    "<qemu:arg value='stream,id=net0,server=off,addr.type=unix,addr.path=",
			    "socket", spec->socket, "'/>\n", err) < 0 ||
		    buf_printf(out, err,
			       "    <qemu:arg value='-device'/>"
			       "<qemu:arg value='virtio-net-pci,netdev=net0,mac=%s,bus=pcie.0,"
			       "addr=0x%x,romfile='/>\n",
			       spec->mac, SLOT_NETWORK) < 0)
			return -1;
	}
	return buf_append_text(
		out,
		"  </qemu:commandline>\n"
		"  <qemu:capabilities><qemu:del capability='cpu-unavailable-features'/>"
		"</qemu:capabilities>\n"
		"</domain>\n",
		err);
}

int domain_xml_machine(const struct domain_platform *platform, const struct machine_spec *spec,
		       struct buf *out, struct err *err)
{
	if (check(platform, spec, err) < 0 || add_head(platform, spec, out, err) < 0 ||
	    add_devices(platform, spec, out, err) < 0 || add_identity(spec, out, err) < 0)
		return -1;
	return add_command_line(platform, spec, out, err);
}
