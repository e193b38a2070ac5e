/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an image could not be had, in the words that clients of the API know. They
 * match on beginnings and phrases, so those are exact; what a registry or a socket
 * said stands at the end, as it was said.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_FAULT_H
#define SLIPWAY_PROVISIONER_IMAGE_FAULT_H

#include "provisioner/image/image_http.h"
#include "provisioner/image/image_reference.h"

/*
 * What a registry means that answered for @reference with any status but 200; -1 and in
 * @err: ERR_NOT_FOUND ("...: not found"), ERR_DENIED ("pull access denied, ..."), or
 * ERR_UNAVAILABLE. *ret_transient: trying again may help.
 */
int image_fault_read(const struct image_http_answer *answer,
		     const struct image_reference *reference, bool *ret_transient, struct err *err);

enum image_stage { IMAGE_STAGE_RESOLVE, IMAGE_STAGE_PULL };

/*
 * Make of @err the text of the whole failure: "CannotPullContainerError: pull image
 * manifest has been retried 1 time(s): failed to resolve ref ...: not found".
 * @tries: how often a registry was asked.
 */
void image_fault_finish(enum image_stage stage, const struct image_reference *reference,
			unsigned tries, struct err *err);

#endif
