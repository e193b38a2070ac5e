/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names, and the reading of one file into two tables.
 */
#include "store/option_names.h"

#include <string.h>

#define NAME(text)                                                                                 \
	{                                                                                          \
		.key = text                                                                        \
	}
#define MANY(text)                                                                                 \
	{                                                                                          \
		.key = text, .type = CONF_MAP                                                      \
	}

static const struct conf_row gateway_rows[] = {
	NAME("listen"),
	NAME("certificate"),
	NAME("key"),
	NAME("user"),
	NAME("group"),
	NAME("workers"),
	NAME("metrics"),
	NAME("require_network_configuration"),
	NAME("missed_schedules"),
	NAME("quota_tasks"),
	NAME("quota_vcpus"),
	NAME("quota_memory"),
	NAME("quota_launches"),
	NAME("quota_burst"),
	NAME("quota_events"),
	NAME("connection_limit"),
	NAME("connection_limit_per_peer"),
	NAME("stream_limit"),
	NAME("job_limit"),
	NAME("job_limit_per_connection"),
	NAME("body_memory_limit"),
	NAME("post_rate"),
	NAME("post_memory_limit"),
	NAME("output_limit"),
	NAME("handshake_timeout"),
	NAME("header_timeout"),
	NAME("body_timeout"),
	NAME("body_rate"),
	NAME("idle_timeout"),
	NAME("stall_timeout"),
	NAME("stop_timeout"),
};

static const struct conf_row provisioner_rows[] = {
	NAME("libvirt_uri"),
	NAME("emulator"),
	NAME("kernel"),
	NAME("initrd"),
	NAME("blank_image"),
	NAME("templates"),
	NAME("pool_machines"),
	NAME("kernel_words"),
	NAME("accel"),
	NAME("allow_tcg"),
	NAME("network_mode"),
	NAME("dns"),
	NAME("network_uid"),
	NAME("uid_first"),
	NAME("uid_count"),
	NAME("memory_limit"),
	NAME("machine_overhead"),
	NAME("launch_limit"),
	NAME("admission_timeout"),
	NAME("boot_timeout"),
	NAME("silence_timeout"),
	NAME("ping_interval"),
	NAME("stop_grace"),
	NAME("image_program"),
	NAME("image_uid"),
	NAME("image_cache_limit"),
	NAME("image_fresh_time"),
	NAME("pull_timeout"),
	NAME("pull_limit"),
	MANY("registry.*.user"),
	MANY("registry.*.password"),
	MANY("registry.*.mirror"),
	NAME("plain_http_registries"),
	NAME("logs_limit"),
	NAME("stopped_task_retention"),
	NAME("exec_idle_time"),
	NAME("poll_interval"),
	NAME("sweep_interval"),
	NAME("status_interval"),
};

static const struct conf_row relay_rows[] = {
	NAME("user"),
	NAME("group"),
	NAME("webhook_ca_file"),
	NAME("webhook_private_addresses"),
	MANY("source.*.kind"),
	MANY("source.*.account"),
	MANY("source.*.bus"),
	MANY("source.*.source"),
	MANY("source.*.type"),
	MANY("source.*.folder"),
	MANY("source.*.done"),
	MANY("source.*.content"),
	MANY("source.*.connection"),
	MANY("source.*.table"),
	MANY("source.*.channel"),
	MANY("source.*.url"),
	MANY("source.*.stream"),
	MANY("source.*.subject"),
	MANY("source.*.credentials"),
};

const struct conf_table gateway_option_names = {gateway_rows, ARRAY_LEN(gateway_rows)};
const struct conf_table provisioner_option_names = {provisioner_rows, ARRAY_LEN(provisioner_rows)};
const struct conf_table relay_option_names = {relay_rows, ARRAY_LEN(relay_rows)};

static size_t append(struct conf_row *rows, size_t count, const struct conf_table *table)
{
	memcpy(rows + count, table->rows, table->count * sizeof(*rows));
	return count + table->count;
}

int shared_options_read(const char *path, struct shared_options *shared,
			const struct conf_table *own, void *target, struct err *err)
{
	size_t names = gateway_option_names.count + provisioner_option_names.count +
		       relay_option_names.count;
	AUTO(freep) struct conf_row *rows = NULL;
	struct conf_table others;

	if (conf_defaults(&shared_options_table, shared, err) < 0 ||
	    conf_defaults(own, target, err) < 0)
		return -1;
	if (!path)
		return 0;
	rows = xcalloc(names + shared_options_table.count, sizeof(*rows));
	others = (struct conf_table){.rows = rows};
	others.count = append(rows, others.count, &gateway_option_names);
	others.count = append(rows, others.count, &provisioner_option_names);
	others.count = append(rows, others.count, &relay_option_names);
	if (conf_read(&shared_options_table, &others, path, shared, err) < 0)
		return -1;
	/* A key of our own is found in our table first. */
	others.count = append(rows, others.count, &shared_options_table);
	return conf_read(own, &others, path, target, err);
}
