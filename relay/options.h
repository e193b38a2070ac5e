/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What slipway-relay reads of the configuration: whom to become, and the sources of events.
 */
#ifndef SLIPWAY_RELAY_OPTIONS_H
#define SLIPWAY_RELAY_OPTIONS_H

#include <stdio.h>

#include "relay/source.h"
#include "store/options.h"

#define SOURCES_MAX 64 /* each has a thread and a connection to the store */

struct relay_options {
	char *user, *group; /* as the gateway's */
	char *webhook_ca_file;
	bool webhook_private_addresses;
	struct conf_map kind, account, bus, source, type;
	struct conf_map folder, done, content;
	struct conf_map connection, table, channel;
	struct conf_map url, stream, subject, credentials;
};

extern const struct conf_table relay_options_table;

/* The configuration's text, for the lines that errors name: it may belong to root, and errors come
 * after that. */
struct relay_file {
	const char *path; /* borrowed; NULL: none */
	char *text;	  /* owned; NULL: none, or it cannot be read */
};
void relay_file_read(const char *path, struct relay_file *ret_file);
/* "FILE:LINE: " in front of an error about @key, where it stands there. Returns -1. */
int relay_file_wrap(const struct relay_file *file, const char *key, struct err *err);

void relay_options_print(const struct shared_options *shared, const struct relay_options *options,
			 FILE *out);

/* The sources, which borrow from both; accounts are names or ids as they are configured.
 * The caller frees *ret_sources. */
int relay_sources_read(const struct shared_options *shared, const struct relay_options *options,
		       const struct relay_file *file, struct source_options **ret_sources,
		       size_t *ret_count, struct err *err) MUST_CHECK;

#endif
