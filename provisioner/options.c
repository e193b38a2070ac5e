/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the provisioner. Defaults are those of a small machine that runs
 * nothing else of weight.
 */
#include "provisioner/options.h"

#include <string.h>

#include "provisioner/image_mirror.h"
#include "store/option_names.h"

#define ROW(...)   CONF_ROW(struct provisioner_options, __VA_ARGS__)
#define RANGE(...) CONF_RANGE(struct provisioner_options, __VA_ARGS__)

#define SECOND	 1000
#define MINUTE	 (60 * SECOND)
#define HOUR	 (60 * (int64_t)MINUTE)
#define UID_LAST 2000000000 /* below what the kernel reserves */

static const struct conf_row rows[] = {
	ROW("libvirt_uri", CONF_TEXT, libvirt_uri, "",
	    "hypervisor; empty: libvirt's embedded QEMU driver, in this program"),
	ROW("emulator", CONF_TEXT, emulator, "", "path of QEMU; empty: libvirt's choice"),
	ROW("kernel", CONF_TEXT, kernel, "/usr/lib/slipway/guest/kernel", "the guests' kernel"),
	ROW("initrd", CONF_TEXT, initrd, "/usr/lib/slipway/guest/initrd",
	    "the guests' initial file system, with the agent"),
	ROW("blank_image", CONF_TEXT, blank_image, "/usr/lib/slipway/guest/blank",
	    "what a machine has in the place of its image until it gets a task"),
	ROW("templates", CONF_BOOL, templates, "yes",
	    "whether machines begin as copies of one that was booted before; never with "
	    "network_mode user"),
	RANGE("pool_machines", CONF_INT, pool_machines, "2", 0, 64,
	      "machines that wait for a task, of the sizes of the last launches; 0: none. "
	      "Never with network_mode user"),
	ROW("kernel_words", CONF_TEXT, kernel_words, "",
	    "more words for the kernel's command line"),
	ROW("accel", CONF_TEXT, accel, "auto",
	    "kvm, tcg, or auto: kvm where a guest boots under it, else tcg"),
	ROW("allow_tcg", CONF_BOOL, allow_tcg, "yes",
	    "whether tasks may run under TCG, for which QEMU promises no isolation"),
	ROW("network_mode", CONF_TEXT, network_mode, "auto",
	    "bridge (root), user (passt), or auto: bridge where it is permitted"),
	ROW("dns", CONF_TEXT, dns, "",
	    "name servers of tasks, comma-separated; empty: the host's own"),
	RANGE("network_uid", CONF_INT, network_uid, "64098", 1, UID_LAST,
	      "user of passt, when this program is root's"),
	RANGE("uid_first", CONF_INT, uid_first, "64100", 1, UID_LAST,
	      "first user of machines, when this program is root's"),
	RANGE("uid_count", CONF_INT, uid_count, "1000", 1, 100000,
	      "users of machines: no more machines than that at once"),
	RANGE("memory_limit", CONF_SIZE_BYTES, memory_limit_bytes, "0", 0, INT64_MAX,
	      "memory of all machines; 0: 80 % of what is available when this program starts"),
	RANGE("machine_overhead", CONF_SIZE_BYTES, machine_overhead_bytes, "96MiB", 0,
	      (int64_t)64 << 30, "counted for each machine beside its guest's memory: QEMU's own"),
	RANGE("launch_limit", CONF_INT, launch_limit, "0", 0, 1024,
	      "launches at once; 0: two for each processor"),
	RANGE("admission_timeout", CONF_DURATION_MS, admission_ms, "10min", SECOND, 24 * HOUR,
	      "how long a task waits for free memory before it fails"),
	RANGE("boot_timeout", CONF_DURATION_MS, boot_ms, "60s", SECOND, HOUR,
	      "how long a guest may take to its first word; tried four times"),
	RANGE("silence_timeout", CONF_DURATION_MS, silence_ms, "60s", SECOND, HOUR,
	      "a guest that says nothing for so long is ended"),
	RANGE("ping_interval", CONF_DURATION_MS, ping_ms, "5s", 100, MINUTE,
	      "how often a guest is asked for a sign of life"),
	RANGE("stop_grace", CONF_DURATION_MS, stop_grace_ms, "30s", SECOND, HOUR,
	      "beyond the containers' stop timeouts, before the machine is ended"),
	ROW("image_program", CONF_TEXT, image_program, "",
	    "the image worker; empty: slipway-image beside this program"),
	RANGE("image_uid", CONF_INT, image_uid, "64099", 1, UID_LAST,
	      "user of the image worker, when this program is root's"),
	RANGE("image_cache_limit", CONF_SIZE_BYTES, image_cache_bytes, "20GiB", 1 << 20, INT64_MAX,
	      "size of the cache of images"),
	RANGE("image_fresh_time", CONF_DURATION_MS, image_fresh_ms, "60s", 0, 7 * 24 * HOUR,
	      "how long what a tag led to is believed; 0s: the registry is asked at each launch"),
	RANGE("pull_timeout", CONF_DURATION_MS, pull_ms, "15min", SECOND, 24 * HOUR,
	      "how long the pull of one image may take"),
	RANGE("pull_limit", CONF_INT, pull_limit, "4", 1, 64, "pulls at once"),
	RANGE("registry.*.user", CONF_MAP, registry_users, NULL, 0, CONF_MAP_HOSTS,
	      "registry.HOST.user = name that signs in at a registry"),
	RANGE("registry.*.password", CONF_MAP, registry_passwords, NULL, 0, CONF_MAP_HOSTS,
	      "registry.HOST.password = its password"),
	RANGE("registry.*.mirror", CONF_MAP, registry_mirrors, NULL, 0, CONF_MAP_HOSTS,
	      "registry.HOST.mirror = OTHER[/PREFIX]: images named after HOST are fetched there"),
	ROW("plain_http_registries", CONF_TEXT, plain_http_registries, "",
	    "hosts, comma-separated, that are spoken to without TLS"),
	RANGE("logs_limit", CONF_SIZE_BYTES, logs_limit_bytes, "2GiB", 1 << 20, INT64_MAX,
	      "size of all log events; the oldest go first"),
	RANGE("stopped_task_retention", CONF_DURATION_MS, retention_ms, "1h", 0, 36500 * 24 * HOUR,
	      "how long a stopped task can be described, as on AWS an hour at least; 0s: for ever. "
	      "Its bill stays"),
	RANGE("exec_idle_time", CONF_DURATION_MS, exec_idle_ms, "20min", SECOND, 24 * HOUR,
	      "a command in a container (ExecuteCommand) without input and output is ended"),
	RANGE("poll_interval", CONF_DURATION_MS, poll_ms, "1s", 10, MINUTE,
	      "how often the store is looked at without a ring of the doorbell"),
	RANGE("sweep_interval", CONF_DURATION_MS, sweep_ms, "5min", SECOND, 24 * HOUR,
	      "how often what belongs to no task is looked for"),
	RANGE("status_interval", CONF_DURATION_MS, status_ms, "3s", SECOND / 2, MINUTE,
	      "how often the status file is written"),
};

const struct conf_table provisioner_options_table = {rows, ARRAY_LEN(rows)};

int provisioner_options_read(const char *path, struct shared_options *shared,
			     struct provisioner_options *options, struct err *err)
{
	return shared_options_read(path, shared, &provisioner_options_table, options, err);
}

static int check_word(const char *key, const char *value, const char *const words[3],
		      struct err *err)
{
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(value, words[i]) == 0)
			return 0;
	}
	return err_set(err, ERR_INVALID, "%s must be %s, %s or %s, not '%s'", key, words[0],
		       words[1], words[2], value);
}

/* Every host of @some is in @others too. */
static int check_pairs(const struct conf_map *some, const struct conf_map *others, const char *has,
		       const char *lacks, struct err *err)
{
	for (size_t i = 0; i < some->count; i++) {
		if (!conf_map_get(others, some->pairs[i].name))
			return err_set(err, ERR_INVALID, "registry.%s has a %s and no %s",
				       some->pairs[i].name, has, lacks);
	}
	return 0;
}

static bool is_between(int64_t value, int64_t first, int64_t count)
{
	return value >= first && value < first + count;
}

int provisioner_options_check(const struct provisioner_options *options, struct err *err)
{
	static const char *const accels[3] = {"auto", "kvm", "tcg"};
	static const char *const modes[3] = {"auto", "bridge", "user"};

	if (check_word("accel", options->accel, accels, err) < 0 ||
	    check_word("network_mode", options->network_mode, modes, err) < 0)
		return -1;
	if (strcmp(options->accel, "tcg") == 0 && !options->allow_tcg)
		return err_set(err, ERR_INVALID, "accel is tcg, and allow_tcg forbids it");
	if (options->ping_ms >= options->silence_ms)
		return err_set(err, ERR_INVALID,
			       "ping_interval must be shorter than silence_timeout");
	if (is_between(options->image_uid, options->uid_first, options->uid_count))
		return err_set(err, ERR_INVALID, "image_uid is a user of machines (uid_first)");
	if (is_between(options->network_uid, options->uid_first, options->uid_count))
		return err_set(err, ERR_INVALID, "network_uid is a user of machines (uid_first)");
	if (check_pairs(&options->registry_users, &options->registry_passwords, "user", "password",
			err) < 0 ||
	    check_pairs(&options->registry_passwords, &options->registry_users, "password", "user",
			err) < 0)
		return -1;
	return image_mirror_check(&options->registry_mirrors, err);
}
