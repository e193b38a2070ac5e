/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What QEMU can do and libvirt 9.0 has no call for, in QEMU's own words (QMP), through
 * libvirt's connection to it.
 */
#include <libvirt/libvirt-qemu.h>
#include <stdio.h>
#include <string.h>

#include "provisioner/machine_libvirt_private.h"

int virt_qmp(virDomainPtr domain, const char *command, json_t **ret_answer, struct err *err)
{
	AUTO(freep) char *text = NULL;
	AUTO(json_decrefp) json_t *answer = NULL;
	const char *why = NULL;
	json_t *result;

	if (virDomainQemuMonitorCommand(domain, command, &text, 0) < 0)
		return virt_error(err, "ask QEMU");
	answer = json_loads(text, 0, NULL);
	result = json_object_get(answer, "return");
	if (!result) {
		(void)json_unpack(answer, "{s:{s:s}}", "error", "desc", &why);
		return err_set(err, ERR_SYSTEM, "QEMU: %s", why ? why : "no answer");
	}
	if (ret_answer)
		*ret_answer = json_incref(result);
	return 0;
}

static int ask(virDomainPtr domain, json_t *command, struct err *err)
{
	AUTO(freep) char *text = command ? json_dumps(command, JSON_COMPACT) : NULL;

	json_decref(command);
	if (!text)
		return err_set(err, ERR_INVALID, "a path is not UTF-8");
	return virt_qmp(domain, text, NULL, err);
}

/*
 * libvirt numbers the files behind disks (<source index='2'>), and makes of each two nodes
 * in QEMU, libvirt-2-storage and libvirt-2-format. 0 if there is no such disk.
 */
static unsigned index_of(const char *xml, const char *serial)
{
	char word[64];
	const char *end;
	const char *found = NULL;

	(void)snprintf(word, sizeof(word), "<serial>%s</serial>", serial);
	end = strstr(xml, word);
	for (const char *at = xml; end && (at = strstr(at, "<source file='")) && at < end; at++)
		found = at;
	found = found ? strstr(found, " index='") : NULL;
	return found && found < end ? (unsigned)strtoul(found + strlen(" index='"), NULL, 10) : 0;
}

int machine_swap_disk(struct machine_host *host, const char *name, const char *serial,
		      const char *path, struct err *err)
{
	AUTO(virt_closep) virConnectPtr connection = machine_connection(host, err);
	AUTO(virt_domain_freep) virDomainPtr domain = NULL;
	AUTO(freep) char *xml = NULL;
	char format[40];
	unsigned index;

	if (!connection)
		return -1;
	domain = machine_domain(connection, name, err);
	if (!domain)
		return -1;
	xml = virDomainGetXMLDesc(domain, 0);
	if (!xml)
		return virt_error(err, "look at machine %s", name);
	index = index_of(xml, serial);
	if (index == 0)
		return err_set(err, ERR_NOT_FOUND, "machine %s has no disk %s", name, serial);
	(void)snprintf(format, sizeof(format), "libvirt-%u-format", index);
	if (ask(domain,
		json_pack("{s:s, s:{s:s, s:s, s:s, s:b, s:s}}", "execute", "blockdev-add",
			  "arguments", "driver", "file", "node-name", serial, "filename", path,
			  "read-only", 1, "aio", "threads"),
		err) < 0 ||
	    ask(domain,
		json_pack("{s:s, s:{s:[{s:s, s:s, s:s, s:b}]}}", "execute", "blockdev-reopen",
			  "arguments", "options", "driver", "raw", "node-name", format, "file",
			  serial, "read-only", 1),
		err) < 0)
		return err_wrap(err, "disk %s of machine %s", serial, name);
	return 0;
}
