/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of members that name stored secrets: secrets, repositoryCredentials,
 * secretOptions.
 */
#ifndef SLIPWAY_GATEWAY_ECS_SECRETS_CHECK_H
#define SLIPWAY_GATEWAY_ECS_SECRETS_CHECK_H

#include "gateway/ecs/definition_input.h"

/* ERR_INVALID with the API's message. After the container's environment was checked. */
int secrets_check(const struct container_input *container, struct err *err) MUST_CHECK;
/* Fargate: whose tasks are given secrets or a login names the execution role that reads them, which
 * is what a caller must be allowed to pass. */
int secrets_check_role(const struct definition_input *input,
		       const struct container_input *container, struct err *err) MUST_CHECK;
/* Sets those of @services (by enum secret_service) that its secrets are of. */
void secrets_services(const struct container_input *container, bool services[2]);

#endif
