/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles of tasks are names in the configuration (role.NAME = patterns of actions), and
 * what a role may do: "ecs:Describe*, ecs:List*, logs:*".
 */
#ifndef SLIPWAY_STORE_ROLE_POLICY_H
#define SLIPWAY_STORE_ROLE_POLICY_H

#include "core/conf.h"

#define ROLE_NAME_SIZE 65 /* 64 letters, digits, - and _ */

/* The name in a role's ARN or path, borrowed from it; "" for "" and NULL. */
const char *role_name(const char *arn);

/* Each name and each pattern is well-formed. */
int role_policies_check(const struct conf_map *roles, struct err *err) MUST_CHECK;

/* Whether @patterns (NULL: none) allow @action of @service, "ecs" and "ListTasks". */
bool role_policy_allows(const char *patterns, const char *service, const char *action);

#endif
