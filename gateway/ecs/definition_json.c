/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The normal form of a definition: CPU and memory in units, as texts; every
 * container with its lists, even empty ones, and with `cpu` and `essential`; ports
 * with protocol and host port. Deploy tools compare what they sent with what they
 * read back, so these defaults are the API's.
 */
#include "gateway/ecs/definition_json.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/ecs/kept_json.h"
#include "gateway/ecs/log_check.h"
#include "gateway/ecs/secrets_check.h"
#include "gateway/json_out.h"
#include "store/secret_reference.h"
#include "store/task_spec.h"

static void put_default(json_t *object, const char *name, json_t *value)
{
	if (json_object_get(object, name))
		json_decref(value);
	else
		out_put(object, name, value);
}

static void normalise_ports(json_t *container, bool is_awsvpc)
{
	const json_t *ports = json_object_get(container, "portMappings");
	json_t *port;
	size_t index;

	json_array_foreach (ports, index, port) {
		json_t *own = json_object_get(port, "containerPort");

		if (own)
			put_default(port, "hostPort",
				    is_awsvpc ? json_incref(own) : json_integer(0));
		put_default(port, "protocol", out_string("tcp"));
	}
}

static void normalise_environment(json_t *container)
{
	json_t *variable;
	size_t index;

	json_array_foreach (json_object_get(container, "environment"), index, variable)
		put_default(variable, "value", out_string(""));
}

static void normalise_health(json_t *container)
{
	json_t *health = json_object_get(container, "healthCheck");

	if (!health)
		return;
	put_default(health, "interval", json_integer(30));
	put_default(health, "timeout", json_integer(5));
	put_default(health, "retries", json_integer(3));
}

static void normalise_container(json_t *container, bool is_awsvpc)
{
	static const char *const lists[] = {"portMappings", "environment", "mountPoints",
					    "volumesFrom", "systemControls"};
	static const char *const optional[] = {"secrets", "environmentFiles"};

	put_default(container, "cpu", json_integer(0));
	put_default(container, "essential", json_true());
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		put_default(container, lists[i], out_list());
	for (size_t i = 0; i < ARRAY_LEN(optional); i++) {
		if (json_array_size(json_object_get(container, optional[i])) == 0)
			(void)json_object_del(container, optional[i]); /* absent is as good */
	}
	normalise_environment(container);
	normalise_ports(container, is_awsvpc);
	normalise_health(container);
}

static void push_name(json_t *list, const char *name)
{
	json_t *attribute = out_object();

	out_text(attribute, "name", name);
	out_push(list, attribute);
}

/* What an instance would have to be able to do; clients only read it. */
static json_t *required_attributes(const struct definition_input *input)
{
	const struct container_input *containers = input->containers.items;
	const struct volume_input *volumes = input->volumes.items;
	json_t *list = out_list();
	const struct container_input *router = NULL;
	bool has_log = false;
	bool has_efs = false;
	bool has_order = false;
	bool has_health = false;
	bool has_restart = false;
	bool has_files = false;
	bool has_login = false;
	bool has_secret[2] = {false, false}; /* by enum secret_service */

	for (size_t i = 0; i < input->containers.count; i++) {
		has_log |= log_check_is_awslogs(&containers[i]);
		has_files |= containers[i].env_files.count > 0;
		if (containers[i].has_firelens)
			router = &containers[i];
		has_login |= shape_given(containers[i].credentials.parameter);
		secrets_services(&containers[i], has_secret);
		has_order |= containers[i].has_start_timeout || containers[i].has_stop_timeout ||
			     containers[i].dependencies.count > 0;
		has_health |= containers[i].has_health;
		has_restart |= containers[i].has_restart;
	}
	if (has_log) {
		push_name(list, "com.amazonaws.ecs.capability.logging-driver.awslogs");
		push_name(list, "com.amazonaws.ecs.capability.docker-remote-api.1.19");
	}
	if (router) {
		push_name(list, "com.amazonaws.ecs.capability.logging-driver.awsfirelens");
		push_name(list, router->firelens.type == SPEC_FLUENTD
					? "ecs.capability.firelens.fluentd"
					: "ecs.capability.firelens.fluentbit");
	}
	if (shape_given(input->execution_role) && has_log)
		push_name(list, "ecs.capability.execution-role-awslogs");
	if (has_login)
		push_name(list, "ecs.capability.private-registry-authentication.secretsmanager");
	if (has_secret[SECRET_OF_MANAGER])
		push_name(list, "ecs.capability.secrets.asm.environment-variables");
	if (has_secret[SECRET_OF_SSM])
		push_name(list, "ecs.capability.secrets.ssm.environment-variables");
	for (size_t i = 0; i < input->volumes.count; i++)
		has_efs |= volumes[i].has_efs;
	if (has_efs)
		push_name(list, "ecs.capability.efsAuth");
	if (has_files)
		push_name(list, "ecs.capability.env-files.s3");
	if (shape_given(input->task_role))
		push_name(list, "com.amazonaws.ecs.capability.task-iam-role");
	if (has_order)
		push_name(list, "ecs.capability.container-ordering");
	if (has_health)
		push_name(list, "ecs.capability.container-health-check");
	if (has_restart)
		push_name(list, "ecs.capability.container-restart-policy");
	push_name(list, "com.amazonaws.ecs.capability.docker-remote-api.1.18");
	if (input->network_mode && strcmp(input->network_mode, "awsvpc") == 0)
		push_name(list, "ecs.capability.task-eni");
	return list;
}

json_t *definition_make_body(const struct definition_input *input, const json_t *given,
			     bool fits_fargate)
{
	json_t *body = kept_json(&definition_shape, given);
	bool is_awsvpc = input->network_mode && strcmp(input->network_mode, "awsvpc") == 0;
	json_t *compatibilities = out_list();
	json_t *container;
	size_t index;

	(void)json_object_del(body, "tags"); /* kept with the ARN; absent is as good */
	if (input->cpu_units > 0)
		out_textf(body, "cpu", "%" PRId64, input->cpu_units);
	if (input->memory_mib > 0)
		out_textf(body, "memory", "%" PRId64, input->memory_mib);
	json_array_foreach (json_object_get(body, "containerDefinitions"), index, container)
		normalise_container(container, is_awsvpc);
	put_default(body, "volumes", out_list());
	put_default(body, "placementConstraints", out_list());
	out_push(compatibilities, out_string("EC2"));
	if (fits_fargate)
		out_push(compatibilities, out_string("FARGATE"));
	out_put(body, "compatibilities", compatibilities);
	out_put(body, "requiresAttributes", required_attributes(input));
	return body;
}

bool definition_body_fits_fargate(const json_t *body)
{
	const json_t *word;
	size_t index;

	json_array_foreach (json_object_get(body, "compatibilities"), index, word) {
		if (strcmp(json_string_value(word), "FARGATE") == 0)
			return true;
	}
	return false;
}

json_t *definition_json(const struct call *call, const struct definition *definition)
{
	json_t *object = out_object();
	AUTO(json_decrefp) json_t *body = out_stored_object(definition->body_json);

	out_text(object, "taskDefinitionArn",
		 ecs_definition_arn(call, definition->family, definition->revision).text);
	if (json_object_update(object, body) < 0)
		abort();
	out_int(object, "revision", definition->revision);
	out_text(object, "status", definition_status_name(definition->status));
	out_time(object, "registeredAt", definition->registered_ms);
	out_time(object, "deregisteredAt", definition->deregistered_ms);
	out_time(object, "deleteRequestedAt", definition->delete_requested_ms);
	out_text(object, "registeredBy", definition->registered_by);
	return object;
}

int definition_require(struct call *call, const struct ecs_definition_name *name,
		       const char *missing, struct definition *ret_definition)
{
	struct err err = ERR_INIT;

	if (definition_find(call->state, call->caller.account, name->family, name->revision,
			    call->arena, ret_definition, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, "ClientException", "%s", missing);
}
