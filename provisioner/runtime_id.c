/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digits are made from the task's id and the container's place in it, so the machine
 * is told the same as the store, whichever life of the provisioner does which.
 */
#include "provisioner/runtime_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"

#define LEAST UINT64_C(1000000000) /* of ten digits, the first not 0 */

void runtime_id(const char *task, size_t container, char ret[RUNTIME_ID_SIZE])
{
	AUTO(freep) char *text = xasprintf("%s-%zu", task, container);
	uint8_t digest[SHA256_SIZE];
	uint64_t number;

	sha256(text, strlen(text), digest);
	memcpy(&number, digest, sizeof(number));
	(void)snprintf(ret, RUNTIME_ID_SIZE, "%.32s-%" PRIu64, task, LEAST + number % (9 * LEAST));
}
