/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway is told: its own rows, beside the shared ones of
 * store/options.h. One file holds both.
 */
#ifndef SLIPWAY_GATEWAY_OPTIONS_H
#define SLIPWAY_GATEWAY_OPTIONS_H

#include "gateway/server.h"
#include "store/options.h"
#include "store/quota.h"

struct gateway_options {
	char *listen;
	char *certificate, *key; /* "": in the state folder */
	char *user, *group;	 /* "": stay who we are; the user's own group */
	int64_t workers;
	char *metrics; /* "loopback", "all", "off" */
	bool require_network_configuration;
	char *missed_schedules; /* "catch-up", "skip" */
	struct quota quota;	/* of accounts that have none of their own */
	struct server_limits limits;
	int64_t job_limit;
	int64_t body_memory_bytes;
	int64_t post_rate, post_memory_bytes;
	int64_t stop_ms;
};

extern const struct conf_table gateway_options_table;

/* Rules beyond the table. */
int gateway_options_check(const struct gateway_options *options, struct err *err) MUST_CHECK;

/* Every key of the gateway, the shared ones first, as a file that can be read again. */
void gateway_options_print(const struct shared_options *shared,
			   const struct gateway_options *options, FILE *out);

/* The caller frees them. */
char *gateway_certificate(const struct gateway_options *options,
			  const struct shared_options *shared);
char *gateway_key(const struct gateway_options *options, const struct shared_options *shared);

#endif
