/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every program of Slipway must be told alike: where state lies, the region
 * of ARNs, the subnets and security groups that exist. One configuration file may
 * hold these keys and those of both programs.
 *
 * The state folder (root's, mode 0711):
 *     db/         state.db, logs.db, event-bell, relay.ready: writable by the gateway's user
 *     images/     the image cache: writable by the image worker's user
 *     scratch/    disks of running tasks
 *     tls/        certificate and key of the API
 *     prices.conf the operator's price list; without it libexec/prices.conf, the shipped one
 *     secret.key  seals the secrets that lie in state.db: the gateway's user's alone
 *     provisioner.status   JSON heartbeat of the provisioner
 *     provisioner.metrics  what it counts, in Prometheus' text form
 * The run folder (short, because paths of sockets are): doorbell, exec, libvirt's root, sockets.
 */
#ifndef SLIPWAY_STORE_OPTIONS_H
#define SLIPWAY_STORE_OPTIONS_H

#include "core/conf.h"
#include "store/extensions.h"
#include "store/file_system.h"

struct shared_options {
	char *state_dir;			     /* "/var/lib/slipway" */
	char *run_dir;				     /* "/run/slipway" */
	char *region;				     /* "us-east-1" */
	char *zone;				     /* "us-east-1a" */
	struct conf_map subnets;		     /* subnet.NAME = CIDR */
	struct conf_map groups;			     /* security_group.NAME = rules */
	struct conf_map roles;			     /* role.NAME = patterns of actions */
	struct conf_map buckets;		     /* bucket.NAME = folder */
	struct conf_map file_systems, access_points; /* see store/file_system.h */
	char *default_subnet;			     /* used when a request names none */
	char *default_group;
	struct extensions extensions;
	char *log_level;  /* "info" */
	char *secret_key; /* file of the key of stored secrets; "": in the state folder */
	char *prices;	  /* file of the price list; "": in the state folder */
};

extern const struct conf_table shared_options_table;

struct file_systems shared_file_systems(const struct shared_options *options); /* borrowed */

/* Paths below the folders; the caller frees them. */
char *shared_state_db(const struct shared_options *options);
char *shared_logs_db(const struct shared_options *options);
char *shared_doorbell(const struct shared_options *options);
/* The gateway's own doorbell (store/doorbell.h): there are new rows in the inbox of events. It lies
 * beside the databases: there, and only there, the gateway may make a socket however it is run. */
char *shared_event_bell(const struct shared_options *options);
/* slipway-relay's: there is something to be carried away (store/event_away.h). In the same place.
 */
char *shared_relay_bell(const struct shared_options *options);
/* slipway-relay writes it when all that it is configured for is open. */
char *shared_relay_ready(const struct shared_options *options);
char *shared_exec_socket(const struct shared_options *options);
char *shared_status_file(const struct shared_options *options);
char *shared_secret_key(const struct shared_options *options);
char *shared_metrics_file(const struct shared_options *options);
/* The price list: the one that is configured (whether it is there or not), else the one of the
 * state folder; NULL: there is none. */
char *shared_prices(const struct shared_options *options);

/* Subnet and group defaults name things that exist, folders are absolute. */
int shared_options_check(const struct shared_options *options, struct err *err) MUST_CHECK;

#endif
