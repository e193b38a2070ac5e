/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities, kernel settings and the words of tmpfs are read by the tables that the
 * provisioner reads them by again, so nothing is registered that could not be run.
 */
#include "gateway/ecs/linux_input.h"

#include <string.h>

#include "gateway/ecs/container_input.h"
#include "store/capability.h"
#include "store/kernel_setting.h"
#include "store/tmpfs_option.h"

#define SIZE_MIB_MAX (1 << 20) /* far more than a task's memory */

static const struct shape_field capabilities_fields[] = {
	TEXTS(struct capabilities_input, add, "add", 0, 0, 0),
	TEXTS(struct capabilities_input, drop, "drop", 0, 0, 0),
};
static const struct shape capabilities_shape =
	SHAPE_OF(struct capabilities_input, capabilities_fields);

static const struct shape_field tmpfs_fields[] = {
	TEXT(struct tmpfs_input, path, "containerPath", 0, 4095, SHAPE_REQUIRED),
	INT(struct tmpfs_input, size_mib, "size", 1, SIZE_MIB_MAX, SHAPE_REQUIRED),
	TEXTS(struct tmpfs_input, options, "mountOptions", 0, 0, 0),
};
static const struct shape tmpfs_shape = SHAPE_OF(struct tmpfs_input, tmpfs_fields);

struct nothing {
	char unused;
};
static const struct shape anything_shape = {NULL, 0, sizeof(struct nothing)};

static const struct shape_field linux_fields[] = {
	OBJECT(struct linux_input, capabilities, "capabilities", &capabilities_shape, 0),
	BOOL(struct linux_input, init_process, "initProcessEnabled", 0),
	LIST(struct linux_input, tmpfs, "tmpfs", &tmpfs_shape, 0, 0, 0),
	LIST(struct linux_input, devices, "devices", &anything_shape, 0, 0, 0),
	INT_SEEN(struct linux_input, shared_memory_mib, has_shared_memory, "sharedMemorySize", 0,
		 0),
	INT_SEEN(struct linux_input, max_swap_mib, has_max_swap, "maxSwap", 0, 0),
	INT_SEEN(struct linux_input, swappiness, has_swappiness, "swappiness", 0, 0),
};
const struct shape linux_shape = SHAPE_OF(struct linux_input, linux_fields);

static const struct shape_field control_fields[] = {
	TEXT(struct control_input, name, "namespace", 0, 0, 0),
	TEXT(struct control_input, value, "value", 0, 0, 0),
};
const struct shape control_shape = SHAPE_OF(struct control_input, control_fields);

static int check_capabilities(const struct container_input *container,
			      const struct shape_list *names, struct err *err)
{
	const char *const *items = names->items;

	for (size_t i = 0; i < names->count; i++) {
		if (capability_bits(items[i]) == 0)
			return err_set(err, ERR_INVALID,
				       "%.64s is not a Linux capability. Container: '%s'", items[i],
				       container->name);
	}
	return 0;
}

static int check_controls(const struct container_input *container, struct err *err)
{
	const struct control_input *controls = container->controls.items;

	for (size_t i = 0; i < container->controls.count; i++) {
		if (!shape_given(controls[i].name) || !shape_given(controls[i].value))
			return err_set(err, ERR_INVALID,
				       "SystemControl.namespace and SystemControl.value should not "
				       "be null or empty. Container: '%s'",
				       container->name);
		if (!kernel_setting_is_namespaced(controls[i].name))
			return err_set(err, ERR_INVALID,
				       "System control '%.128s' is not a namespaced kernel "
				       "parameter. Container: '%s'",
				       controls[i].name, container->name);
		if (!kernel_setting_value_ok(controls[i].value))
			return err_set(err, ERR_INVALID,
				       "The value of system control '%.128s' is not one line of at "
				       "most %d bytes. Container: '%s'",
				       controls[i].name, KERNEL_SETTING_VALUE_MAX, container->name);
	}
	return 0;
}

static int check_tmpfs(const struct container_input *container, struct err *err)
{
	const struct tmpfs_input *tmpfs = container->linux_parameters.tmpfs.items;

	for (size_t i = 0; i < container->linux_parameters.tmpfs.count; i++) {
		const char *const *options = tmpfs[i].options.items;

		for (size_t j = 0; j < tmpfs[i].options.count; j++) {
			if (tmpfs_option_kind(options[j]) == TMPFS_OPTION_UNKNOWN)
				return err_set(err, ERR_INVALID,
					       "Invalid tmpfs mount option '%.64s'. Container: "
					       "'%s'",
					       options[j], container->name);
		}
	}
	return 0;
}

int linux_check(const struct container_input *container, struct err *err)
{
	const struct capabilities_input *capabilities = &container->linux_parameters.capabilities;

	if (check_capabilities(container, &capabilities->add, err) < 0 ||
	    check_capabilities(container, &capabilities->drop, err) < 0 ||
	    check_tmpfs(container, err) < 0)
		return -1;
	return check_controls(container, err);
}

int linux_check_fargate(const struct linux_input *linux_parameters, struct err *err)
{
	const char *const *added = linux_parameters->capabilities.add.items;
	const char *what = NULL;

	for (size_t i = 0; i < linux_parameters->capabilities.add.count; i++) {
		if (strcmp(added[i], "SYS_PTRACE") != 0)
			return err_set(err, ERR_INVALID, "%.64s is not allowed on Fargate.",
				       added[i]);
	}
	if (linux_parameters->devices.count > 0)
		what = "devices";
	else if (linux_parameters->has_shared_memory)
		what = "sharedMemorySize";
	else if (linux_parameters->has_max_swap)
		what = "maxSwap";
	else if (linux_parameters->has_swappiness)
		what = "swappiness";
	if (what)
		return err_set(err, ERR_INVALID,
			       "Fargate compatible task definitions do not support %s", what);
	return 0;
}

int linux_check_supported(const struct linux_input *linux_parameters, size_t container_index,
			  struct err *err)
{
	const struct tmpfs_input *tmpfs = linux_parameters->tmpfs.items;

	for (size_t i = 0; i < linux_parameters->tmpfs.count; i++) {
		const char *const *options = tmpfs[i].options.items;

		for (size_t j = 0; j < tmpfs[i].options.count; j++) {
			if (tmpfs_option_kind(options[j]) == TMPFS_OPTION_REFUSED)
				return err_set(
					err, ERR_UNSUPPORTED,
					"containerDefinitions[%zu].linuxParameters.tmpfs[%zu]"
					".mountOptions '%.64s' is not supported",
					container_index, i, options[j]);
		}
	}
	return 0;
}
