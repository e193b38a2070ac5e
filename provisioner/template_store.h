/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates of machines on the disk: one folder for each size of machine that was
 * asked for. What a template was made of is part of its name, so one of
 * another kernel, agent, QEMU or processor is never used, and goes.
 *
 *     FOLDER/KEY-MEMORYxVCPUS/memory, state     see machine_libvirt_template.c
 *     FOLDER/KEY-MEMORYxVCPUS.part              being made; renamed when whole
 *
 * Calls block for some file operations (removing one for longer: from a job), and may be made from
 * any thread; no two at once begin, finish or remove one size.
 */
#ifndef SLIPWAY_PROVISIONER_TEMPLATE_STORE_H
#define SLIPWAY_PROVISIONER_TEMPLATE_STORE_H

#include "provisioner/machine.h"

#define TEMPLATES_MAX 8 /* some 100 MiB each; the one that was used longest ago goes */

struct template_store_options {
	const char *folder; /* made (mode 0711) if it is missing */
	struct machine_host *host;
	const char *kernel, *initrd, *kernel_words, *blank_image; /* borrowed */
};

struct template_store;

/* ERR_UNSUPPORTED where the hypervisor can have none. Removes all that do not fit. */
int template_store_open(const struct template_store_options *options,
			struct template_store **ret_store, struct err *err) MUST_CHECK;
void template_store_free(struct template_store *store); /* files stay; takes NULL */

/* Sizes of those that are there, the one used last first. */
size_t template_store_sizes(const struct template_store *store,
			    struct machine_size ret_sizes[TEMPLATES_MAX]);
bool template_store_has(struct template_store *store, struct machine_size size);

/* A folder for a template to be made in; the caller frees *ret_path. */
int template_store_begin(struct template_store *store, struct machine_size size, char **ret_path,
			 struct err *err) MUST_CHECK;
/* What was begun is whole. */
int template_store_finish(struct template_store *store, struct machine_size size, struct err *err)
	MUST_CHECK;
/* It is of no use, or what was begun came to nothing: take it away. */
void template_store_remove(struct template_store *store, struct machine_size size);

/* Pure: the folder of the template of this size, which the caller frees. */
char *template_store_path(const struct template_store *store, struct machine_size size);

#endif
