/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How answers and errors are written, for each protocol of gateway/api_table.h.
 */
#ifndef SLIPWAY_GATEWAY_API_ANSWER_H
#define SLIPWAY_GATEWAY_API_ANSWER_H

#include "gateway/api_table.h"

/* Status, headers and body (begun by the caller) of a success. @service NULL: JSON.
 * @output NULL: {}. */
void api_answer(const struct service *service, const char *operation, const struct request *request,
		const json_t *output, struct response *response);
/* The same for an error; @extra: further members of the body, or NULL. */
void api_answer_error(const struct service *service, const struct request *request,
		      const struct api_error *error, const json_t *extra,
		      struct response *response);

#endif
