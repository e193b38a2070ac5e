/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of services and operations. Both are short enough to be walked (forty
 * comparisons are nothing beside a signature); the rows are made from the list in the
 * header, so the list is the only place that an operation is added to.
 */
#include "gateway/api_table.h"

#include <string.h>

#include "gateway/rest.h"

static const struct service services[] = {
	{.name = "ce", .protocol = API_JSON_11, .prefix = "AWSInsightsIndexService"},
	{.name = "ecs", .protocol = API_JSON_11, .prefix = "AmazonEC2ContainerServiceV20141113"},
	{.name = "events", .protocol = API_JSON_11, .prefix = "AWSEvents"},
	{.name = "logs", .protocol = API_JSON_11, .prefix = "Logs_20140328"},
	{.name = "scheduler", .protocol = API_REST, .prefix = ""},
	{.name = "secretsmanager", .protocol = API_JSON_11, .prefix = "secretsmanager"},
	{.name = "ssm", .protocol = API_JSON_11, .prefix = "AmazonSSM"},
	{.name = "sts",
	 .protocol = API_QUERY,
	 .prefix = "2011-06-15",
	 .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/"},
};

#define AS_ROW(symbol) &op_##symbol,
const struct operation *const api_operations[] = {API_OPERATIONS(AS_ROW)};
const size_t api_operation_count = ARRAY_LEN(api_operations);

const struct operation *api_operation_find(const char *service, const char *name)
{
	for (size_t i = 0; i < api_operation_count; i++) {
		const struct operation *operation = api_operations[i];

		if (strcmp(operation->name, name) == 0 && strcmp(operation->service, service) == 0)
			return operation;
	}
	return NULL;
}

const struct service *api_service_of_target(const char *target, const char **ret_operation)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		size_t len = strlen(services[i].prefix);

		if (services[i].protocol == API_JSON_11 &&
		    strncmp(target, services[i].prefix, len) == 0 && target[len] == '.') {
			*ret_operation = target + len + 1;
			return &services[i];
		}
	}
	return NULL;
}

static const struct service *find_service(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	}
	return NULL;
}

const struct service *api_service_of_path(const char *method, const char *path,
					  const struct operation **ret_operation)
{
	const struct service *service = NULL;

	*ret_operation = NULL;
	for (size_t i = 0; i < api_operation_count && !*ret_operation; i++) {
		const struct operation *operation = api_operations[i];

		if (!operation->route || !rest_path_fits(operation->route, path))
			continue;
		service = find_service(operation->service);
		if (strcmp(operation->route->method, method) == 0)
			*ret_operation = operation;
	}
	return service;
}

const struct service *api_service_of_query(const char *action, const char *version)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (services[i].protocol == API_QUERY &&
		    (strcmp(version, services[i].prefix) == 0 ||
		     api_operation_find(services[i].name, action)))
			return &services[i];
	}
	return NULL;
}
