/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what we want to libvirt's domain XML. Pure: text in, text out, so that the
 * tests hold every line of it against golden files.
 */
#ifndef SLIPWAY_PROVISIONER_DOMAIN_XML_H
#define SLIPWAY_PROVISIONER_DOMAIN_XML_H

#include "core/buf.h"
#include "provisioner/machine.h"

#define DOMAIN_XML_MAX	       (64u * 1024) /* twelve disks and a long command line take 12 KiB */
#define DOMAIN_PORTS_MAX       15	    /* spare root ports: two slots of eight, less one */
#define DOMAIN_TARGET_MAX      26	    /* vda..vdz */
/* In the folder of a template. */
#define DOMAIN_TEMPLATE_MEMORY "/memory"
#define DOMAIN_TEMPLATE_STATE  "/state"

/* What all machines of one host share. */
struct domain_platform {
	const char *accel;	   /* "kvm" or "tcg" */
	const char *emulator;	   /* NULL: libvirt's default */
	const char *instance;	   /* NULL: none */
	const char *template_open; /* library that opens templates for reading; NULL: none */
	const char *share_program; /* stands for virtiofsd; NULL: there are no shares */
};

/* Append the whole domain. ERR_INVALID for a spec that cannot be said safely in XML
 * or on a QEMU command line. */
int domain_xml_machine(const struct domain_platform *platform, const struct machine_spec *spec,
		       struct buf *out, struct err *err) MUST_CHECK;

/* Append one disk. It gets @slot of bus 0; with slot 0 libvirt finds a spare port. */
int domain_xml_disk(const struct machine_disk *disk, unsigned target, unsigned slot,
		    struct buf *out, struct err *err) MUST_CHECK;

/* What QEMU must be given so that the guest's MemTotal is at least @memory_mib. */
int64_t domain_memory_mib(int64_t memory_mib, unsigned vcpus);

/* The title by which our machines are told from another Slipway's; @ret holds size bytes. */
void domain_title(const char *instance, char *ret, size_t size);

#endif
