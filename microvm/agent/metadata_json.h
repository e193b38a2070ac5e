/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the metadata endpoint tells: the host's part, which stands still (wire_task.metadata),
 * and over it what only the machine knows.
 */
#ifndef SLIPWAY_MICROVM_AGENT_METADATA_JSON_H
#define SLIPWAY_MICROVM_AGENT_METADATA_JSON_H

#include "microvm/agent/container.h"
#include "microvm/wire/message.h"

struct metadata_facts {
	bool stopping; /* the task */
	int64_t storage_used_bytes;
	struct container_view containers[WIRE_CONTAINERS_MAX];
};

/* New documents; NULL when memory is gone. */
json_t *metadata_json_container(const struct wire_task *task, const struct metadata_facts *facts,
				unsigned index);
json_t *metadata_json_task(const struct wire_task *task, const struct metadata_facts *facts);

/* The keys of its role, as SDKs read them. */
json_t *metadata_json_credentials(const struct wire_task *task);

/* A text of the host's part of a container; "" if there is none. */
const char *metadata_json_text(const struct wire_task *task, unsigned index, const char *member);

#endif
