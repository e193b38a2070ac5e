/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operations on parameters share: names as requests write them, answers, errors.
 */
#ifndef SLIPWAY_GATEWAY_SSM_PARAMETER_CALL_H
#define SLIPWAY_GATEWAY_SSM_PARAMETER_CALL_H

#include "gateway/api.h"
#include "store/parameter.h"

#define PARAMETER_NAME_MAX 1011 /* the API's */
#define PARAMETER_NAMES	   10	/* of GetParameters and DeleteParameters */

/* A name that a parameter may be given; fails as the API does. */
int parameter_name_check(struct call *call, const char *name) MUST_CHECK;
/* By name, NAME:VERSION or ARN. 0 and *ret_found: false: there is none. */
int parameter_look_up(struct call *call, const char *text, bool decrypt,
		      struct parameter *ret_parameter, bool *ret_found) MUST_CHECK;
/* The caller's: arn:aws:ssm:REGION:ACCOUNT:parameter/NAME, in the call's arena. */
const char *parameter_arn(const struct call *call, const char *name);
/* With its value. */
json_t *parameter_json(const struct call *call, const struct parameter *parameter);
int parameter_fail_missing(struct call *call, const char *name);

#endif
