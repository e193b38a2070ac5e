/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows that gateway, provisioner and command share. `default` is a subnet and
 * a security group that every configuration has.
 */
#include "store/options.h"

#include "store/host_folder.h"
#include "store/role_policy.h"

#define ROW(...)   CONF_ROW(struct shared_options, __VA_ARGS__)
#define RANGE(...) CONF_RANGE(struct shared_options, __VA_ARGS__)
#define MIB	   (INT64_C(1024) * 1024)

static const struct conf_row rows[] = {
	ROW("state_dir", CONF_TEXT, state_dir, "/var/lib/slipway", "where state is kept"),
	ROW("run_dir", CONF_TEXT, run_dir, "/run/slipway",
	    "sockets; a short path, since paths of sockets are limited to 107 bytes"),
	ROW("region", CONF_TEXT, region, "us-east-1", "region of ARNs and signatures"),
	ROW("zone", CONF_TEXT, zone, "us-east-1a", "availability zone of this machine"),
	ROW("subnet.*", CONF_MAP, subnets, "default = 10.213.0.0/20",
	    "subnet.NAME = CIDR: a network that tasks may ask for"),
	ROW("security_group.*", CONF_MAP, groups, "default = published",
	    "security_group.NAME = rules: published, or tcp:80, udp:53-60 from CIDR, ..."),
	ROW("role.*", CONF_MAP, roles, NULL,
	    "role.NAME = actions that a task with this role may call: ecs:Describe*, logs:*"),
	CONF_RANGE(struct shared_options, "bucket.*", CONF_MAP, buckets, NULL, 0, CONF_MAP_HOSTS,
		   "bucket.NAME = FOLDER [for ACCOUNT, ...]: of arn:aws:s3:::NAME/KEY in "
		   "environmentFiles"),
	ROW("file_system.*", CONF_MAP, file_systems, NULL,
	    "file_system.ID = FOLDER [for ACCOUNT, ...]: of efsVolumeConfiguration.fileSystemId"),
	ROW("access_point.*", CONF_MAP, access_points, NULL,
	    "access_point.ID = FILE_SYSTEM-ID [FOLDER]: a folder of a file system"),
	ROW("default_subnet", CONF_TEXT, default_subnet, "default",
	    "subnet of tasks whose request names none"),
	ROW("default_security_group", CONF_TEXT, default_group, "default",
	    "security group of tasks whose request names none"),
	ROW("secret_key", CONF_TEXT, secret_key, "",
	    "file of the key that seals stored secrets; empty: secret.key in the state folder"),
	ROW("prices", CONF_TEXT, prices, "",
	    "price list of bills; empty: prices.conf in the state folder, else the shipped one"),
	ROW("custom_sizes", CONF_BOOL, extensions.custom_sizes, "no",
	    "beyond Fargate: tasks may have any cpu and memory up to the next two, not only "
	    "Fargate's sizes"),
	RANGE("custom_cpu_limit", CONF_INT, extensions.custom_cpu_limit, "16384", CUSTOM_CPU_MIN,
	      CUSTOM_CPU_LIMIT, "units of the largest custom size, 1024 a vCPU; the least is 64"),
	RANGE("custom_memory_limit", CONF_SIZE_BYTES, extensions.custom_memory_limit_bytes,
	      "120GiB", CUSTOM_MEMORY_MIN *MIB, CUSTOM_MEMORY_LIMIT *MIB,
	      "memory of the largest custom size; the least is 128MiB"),
	ROW("image_overrides", CONF_BOOL, extensions.image_overrides, "no",
	    "beyond Fargate: RunTask's tag slipway:image/CONTAINER names another image"),
	ROW("privileged_containers", CONF_BOOL, extensions.privileged_containers, "no",
	    "beyond Fargate: containers may be privileged, inside their task's own machine"),
	ROW("log_level", CONF_TEXT, log_level, "info", "error, warn, info or debug"),
};

const struct conf_table shared_options_table = {rows, ARRAY_LEN(rows)};

char *shared_state_db(const struct shared_options *options)
{
	return xasprintf("%s/db/state.db", options->state_dir);
}

char *shared_logs_db(const struct shared_options *options)
{
	return xasprintf("%s/db/logs.db", options->state_dir);
}

char *shared_doorbell(const struct shared_options *options)
{
	return xasprintf("%s/doorbell", options->run_dir);
}

char *shared_event_bell(const struct shared_options *options)
{
	return xasprintf("%s/db/event-bell", options->state_dir);
}

char *shared_relay_bell(const struct shared_options *options)
{
	return xasprintf("%s/db/relay-bell", options->state_dir);
}

char *shared_relay_ready(const struct shared_options *options)
{
	return xasprintf("%s/db/relay.ready", options->state_dir);
}

char *shared_exec_socket(const struct shared_options *options)
{
	return xasprintf("%s/exec", options->run_dir);
}

char *shared_status_file(const struct shared_options *options)
{
	return xasprintf("%s/provisioner.status", options->state_dir);
}

char *shared_secret_key(const struct shared_options *options)
{
	if (options->secret_key[0])
		return xstrdup(options->secret_key);
	return xasprintf("%s/secret.key", options->state_dir);
}

char *shared_metrics_file(const struct shared_options *options)
{
	return xasprintf("%s/provisioner.metrics", options->state_dir);
}

char *shared_prices(const struct shared_options *options)
{
	static const char *const places[] = {"prices.conf", "libexec/prices.conf"};

	if (options->prices[0])
		return xstrdup(options->prices);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		AUTO(freep) char *path = xasprintf("%s/%s", options->state_dir, places[i]);

		if (access(path, F_OK) == 0)
			return STEAL(path, NULL);
	}
	return NULL;
}

struct file_systems shared_file_systems(const struct shared_options *options)
{
	return (struct file_systems){&options->file_systems, &options->access_points};
}

int shared_options_check(const struct shared_options *options, struct err *err)
{
	struct file_systems systems;

	if (options->state_dir[0] != '/')
		return err_set(err, ERR_INVALID, "state_dir must be an absolute path");
	if (options->prices[0] && options->prices[0] != '/')
		return err_set(err, ERR_INVALID, "prices must be an absolute path");
	if (options->run_dir[0] != '/')
		return err_set(err, ERR_INVALID, "run_dir must be an absolute path");
	if (conf_map_get(&options->subnets, options->default_subnet) == NULL)
		return err_set(err, ERR_INVALID, "default_subnet names no subnet: %s",
			       options->default_subnet);
	if (conf_map_get(&options->groups, options->default_group) == NULL)
		return err_set(err, ERR_INVALID,
			       "default_security_group names no security_group: %s",
			       options->default_group);
	systems = shared_file_systems(options);
	if (host_folders_check("bucket", &options->buckets, err) < 0 ||
	    file_systems_check(&systems, err) < 0 ||
	    host_folders_check_apart("bucket", &options->buckets, &options->file_systems, err) <
		    0 ||
	    host_folders_check_apart("file_system", &options->file_systems, &options->file_systems,
				     err) < 0)
		return -1;
	return role_policies_check(&options->roles, err);
}
