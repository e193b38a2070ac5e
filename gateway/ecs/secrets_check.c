/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a container names stored secrets: their names beside the other variables, and
 * whether a reference is one. Whether it leads anywhere is found out by each launch, as with
 * the service: secrets may be made after the definitions that name them.
 */
#include "gateway/ecs/secrets_check.h"

#include <string.h>

#include "gateway/ecs/log_check.h"
#include "store/secret_reference.h"

#define REFERENCE_ARENA (16u * 1024) /* some copies of one reference */

static bool is_reference(const char *text, enum secret_service bare, enum secret_service *ret)
{
	AUTO(arena_freep) struct arena *arena = arena_new(REFERENCE_ARENA);
	struct secret_reference reference;
	struct err ignored = ERR_INIT;

	if (secret_reference_parse(text, bare, arena, &reference, &ignored) < 0)
		return false;
	*ret = reference.service;
	return true;
}

static int check_name(const struct container_input *container, size_t index, struct err *err)
{
	const struct name_value *variables = container->environment.items;
	const struct secret_input *secrets = container->secrets.items;
	const char *name = secrets[index].name;

	if (!shape_given(name) || strchr(name, '='))
		return err_set(err, ERR_INVALID,
			       "Secret name should not be null or empty or hold '='. Container: "
			       "'%s', secrets[%zu].name",
			       container->name, index);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(secrets[i].name, name) == 0)
			return err_set(err, ERR_INVALID,
				       "Duplicate secret names found: '%.255s'. Secret names must "
				       "be unique.",
				       name);
	}
	for (size_t i = 0; i < container->environment.count; i++) {
		if (strcmp(variables[i].name, name) == 0)
			return err_set(err, ERR_INVALID,
				       "The secret name must be unique and not shared with any new "
				       "or existing environment variables set on the container, "
				       "such as '%.255s'.",
				       name);
	}
	return 0;
}

static int check_credentials(const struct container_input *container, struct err *err)
{
	const char *parameter = container->credentials.parameter;
	enum secret_service service;

	if (!container->has_credentials)
		return 0;
	if (!shape_given(parameter))
		return err_set(err, ERR_INVALID,
			       "RepositoryCredentials.credentialsParameter should not be null or "
			       "empty. Container: '%s'",
			       container->name);
	if (!is_reference(parameter, SECRET_OF_MANAGER, &service) || service != SECRET_OF_MANAGER)
		return err_set(err, ERR_INVALID,
			       "RepositoryCredentials.credentialsParameter must name a secret of "
			       "Secrets Manager. Container: '%s'",
			       container->name);
	return 0;
}

/* What may be a part of a variable's name. */
static bool is_option(const char *name)
{
	static const char *const allowed =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return shape_given(name) && name[strspn(name, allowed)] == '\0';
}

static int check_log_options(const struct container_input *container, struct err *err)
{
	const struct secret_input *secrets = container->log.secrets.items;
	enum secret_service service;

	if (!container->has_log || container->log.secrets.count == 0)
		return 0;
	if (log_check_is_awslogs(container))
		return err_set(err, ERR_INVALID,
			       "Log driver awslogs does not support secretOptions.");
	for (size_t i = 0; i < container->log.secrets.count; i++) {
		if (!is_option(secrets[i].name))
			return err_set(err, ERR_INVALID,
				       "The name of a secret option must be of letters, digits, "
				       "'_', '.' and '-'. Container: '%s', "
				       "logConfiguration.secretOptions[%zu].name",
				       container->name, i);
		if (!shape_given(secrets[i].value_from) ||
		    !is_reference(secrets[i].value_from, SECRET_OF_SSM, &service))
			return err_set(err, ERR_INVALID,
				       "Secret valueFrom must be a parameter's name or the ARN of "
				       "a parameter or secret. Container: '%s', "
				       "logConfiguration.secretOptions[%zu].valueFrom",
				       container->name, i);
	}
	return 0;
}

int secrets_check(const struct container_input *container, struct err *err)
{
	const struct secret_input *secrets = container->secrets.items;
	enum secret_service service;

	for (size_t i = 0; i < container->secrets.count; i++) {
		if (check_name(container, i, err) < 0)
			return -1;
		if (!shape_given(secrets[i].value_from) ||
		    !is_reference(secrets[i].value_from, SECRET_OF_SSM, &service))
			return err_set(
				err, ERR_INVALID,
				"Secret valueFrom must be a parameter's name or the ARN of a "
				"parameter or secret. Container: '%s', "
				"secrets[%zu].valueFrom",
				container->name, i);
	}
	return check_log_options(container, err) < 0 ? -1 : check_credentials(container, err);
}

int secrets_check_role(const struct definition_input *input,
		       const struct container_input *container, struct err *err)
{
	bool for_log = container->has_log && container->log.secrets.count > 0;

	if (shape_given(input->execution_role))
		return 0;
	if (container->secrets.count > 0 || for_log)
		return err_set(err, ERR_INVALID,
			       "When you are specifying container secrets, you must also specify a "
			       "value for 'executionRoleArn'.");
	if (container->has_credentials)
		return err_set(err, ERR_INVALID,
			       "Private repository authentication requires that the task "
			       "definition specify a value for executionRoleArn.");
	return 0;
}

static void add_services(const struct shape_list *list, bool services[2])
{
	const struct secret_input *secrets = list->items;
	enum secret_service service;

	for (size_t i = 0; i < list->count; i++) {
		if (is_reference(secrets[i].value_from, SECRET_OF_SSM, &service))
			services[service] = true;
	}
}

void secrets_services(const struct container_input *container, bool services[2])
{
	add_services(&container->secrets, services);
	if (container->has_log)
		add_services(&container->log.secrets, services);
}
