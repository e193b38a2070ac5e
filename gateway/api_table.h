/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the API can do: its services and, sorted by service and name, its
 * operations. An operation is one file, gateway/op/<service>/<operation>.c, that
 * ends in
 *
 *     const struct operation op_ecs_run_task = {
 *             .service = "ecs", .name = "RunTask", .shape = &shape,
 *             .handler = run_task, .shape_error = "InvalidParameterException",
 *     };
 *
 * and one row here: X(ecs_run_task). A test checks the order.
 */
#ifndef SLIPWAY_GATEWAY_API_TABLE_H
#define SLIPWAY_GATEWAY_API_TABLE_H

#include "gateway/api.h"

/* How a service's requests and answers look. */
enum api_protocol {
	API_JSON_11, /* X-Amz-Target and a JSON object, answered by a JSON object */
	API_QUERY,   /* Action= in a form or query string, answered by XML */
	API_REST,    /* restJson1: method and path, and a JSON object; see rest.h */
};

struct service {
	const char *name; /* in signatures and in struct operation */
	enum api_protocol protocol;
	const char *prefix;	   /* JSON_11: of X-Amz-Target; QUERY: the Version parameter */
	const char *xml_namespace; /* QUERY only */
};

#define API_OPERATIONS(X)                                                                          \
	X(ce_get_cost_and_usage)                                                                   \
	X(ce_get_cost_and_usage_with_resources)                                                    \
	X(ce_get_cost_forecast)                                                                    \
	X(ce_get_dimension_values)                                                                 \
	X(ce_get_tags)                                                                             \
	X(ecs_create_cluster)                                                                      \
	X(ecs_delete_account_setting)                                                              \
	X(ecs_delete_attributes)                                                                   \
	X(ecs_delete_cluster)                                                                      \
	X(ecs_delete_task_definitions)                                                             \
	X(ecs_deregister_task_definition)                                                          \
	X(ecs_describe_capacity_providers)                                                         \
	X(ecs_describe_clusters)                                                                   \
	X(ecs_describe_container_instances)                                                        \
	X(ecs_describe_services)                                                                   \
	X(ecs_describe_task_definition)                                                            \
	X(ecs_describe_tasks)                                                                      \
	X(ecs_execute_command)                                                                     \
	X(ecs_get_task_protection)                                                                 \
	X(ecs_list_account_settings)                                                               \
	X(ecs_list_attributes)                                                                     \
	X(ecs_list_clusters)                                                                       \
	X(ecs_list_container_instances)                                                            \
	X(ecs_list_services)                                                                       \
	X(ecs_list_tags_for_resource)                                                              \
	X(ecs_list_task_definition_families)                                                       \
	X(ecs_list_task_definitions)                                                               \
	X(ecs_list_tasks)                                                                          \
	X(ecs_put_account_setting)                                                                 \
	X(ecs_put_account_setting_default)                                                         \
	X(ecs_put_attributes)                                                                      \
	X(ecs_put_cluster_capacity_providers)                                                      \
	X(ecs_register_container_instance)                                                         \
	X(ecs_register_task_definition)                                                            \
	X(ecs_run_task)                                                                            \
	X(ecs_start_task)                                                                          \
	X(ecs_stop_task)                                                                           \
	X(ecs_tag_resource)                                                                        \
	X(ecs_untag_resource)                                                                      \
	X(ecs_update_cluster)                                                                      \
	X(ecs_update_cluster_settings)                                                             \
	X(ecs_update_task_protection)                                                              \
	X(events_cancel_replay)                                                                    \
	X(events_create_api_destination)                                                           \
	X(events_create_archive)                                                                   \
	X(events_create_connection)                                                                \
	X(events_create_event_bus)                                                                 \
	X(events_deauthorize_connection)                                                           \
	X(events_delete_api_destination)                                                           \
	X(events_delete_archive)                                                                   \
	X(events_delete_connection)                                                                \
	X(events_delete_event_bus)                                                                 \
	X(events_delete_rule)                                                                      \
	X(events_describe_api_destination)                                                         \
	X(events_describe_archive)                                                                 \
	X(events_describe_connection)                                                              \
	X(events_describe_event_bus)                                                               \
	X(events_describe_replay)                                                                  \
	X(events_describe_rule)                                                                    \
	X(events_disable_rule)                                                                     \
	X(events_enable_rule)                                                                      \
	X(events_list_api_destinations)                                                            \
	X(events_list_archives)                                                                    \
	X(events_list_connections)                                                                 \
	X(events_list_event_buses)                                                                 \
	X(events_list_replays)                                                                     \
	X(events_list_rule_names_by_target)                                                        \
	X(events_list_rules)                                                                       \
	X(events_list_tags_for_resource)                                                           \
	X(events_list_targets_by_rule)                                                             \
	X(events_put_events)                                                                       \
	X(events_put_rule)                                                                         \
	X(events_put_targets)                                                                      \
	X(events_remove_targets)                                                                   \
	X(events_start_replay)                                                                     \
	X(events_tag_resource)                                                                     \
	X(events_test_event_pattern)                                                               \
	X(events_untag_resource)                                                                   \
	X(events_update_api_destination)                                                           \
	X(events_update_archive)                                                                   \
	X(events_update_connection)                                                                \
	X(logs_create_log_group)                                                                   \
	X(logs_create_log_stream)                                                                  \
	X(logs_delete_log_group)                                                                   \
	X(logs_delete_retention_policy)                                                            \
	X(logs_describe_log_groups)                                                                \
	X(logs_describe_log_streams)                                                               \
	X(logs_filter_log_events)                                                                  \
	X(logs_get_log_events)                                                                     \
	X(logs_put_log_events)                                                                     \
	X(logs_put_retention_policy)                                                               \
	X(scheduler_create_schedule)                                                               \
	X(scheduler_create_schedule_group)                                                         \
	X(scheduler_delete_schedule)                                                               \
	X(scheduler_delete_schedule_group)                                                         \
	X(scheduler_get_schedule)                                                                  \
	X(scheduler_get_schedule_group)                                                            \
	X(scheduler_list_schedule_groups)                                                          \
	X(scheduler_list_schedules)                                                                \
	X(scheduler_list_tags_for_resource)                                                        \
	X(scheduler_tag_resource)                                                                  \
	X(scheduler_untag_resource)                                                                \
	X(scheduler_update_schedule)                                                               \
	X(secretsmanager_create_secret)                                                            \
	X(secretsmanager_delete_secret)                                                            \
	X(secretsmanager_describe_secret)                                                          \
	X(secretsmanager_get_secret_value)                                                         \
	X(secretsmanager_list_secrets)                                                             \
	X(secretsmanager_put_secret_value)                                                         \
	X(secretsmanager_restore_secret)                                                           \
	X(secretsmanager_update_secret)                                                            \
	X(ssm_delete_parameter)                                                                    \
	X(ssm_delete_parameters)                                                                   \
	X(ssm_describe_parameters)                                                                 \
	X(ssm_get_parameter)                                                                       \
	X(ssm_get_parameters)                                                                      \
	X(ssm_get_parameters_by_path)                                                              \
	X(ssm_put_parameter)                                                                       \
	X(sts_get_caller_identity)

#define API_AS_EXTERN(symbol) extern const struct operation op_##symbol;
API_OPERATIONS(API_AS_EXTERN)

extern const struct operation *const api_operations[];
extern const size_t api_operation_count;

/* NULL for one that is not there. @name may be any bytes of a client. */
const struct operation *api_operation_find(const char *service, const char *name);
/* The service of "PREFIX.Operation"; *ret_operation points behind the dot. NULL: unknown. */
const struct service *api_service_of_target(const char *target, const char **ret_operation);
/* The REST service that has a path like this one, and its operation for @method (NULL: none);
 * NULL: no service has. */
const struct service *api_service_of_path(const char *method, const char *path,
					  const struct operation **ret_operation);
/* The QUERY service that has @action, or that of Version @version; NULL: unknown. */
const struct service *api_service_of_query(const char *action, const char *version);

#endif
