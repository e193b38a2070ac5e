/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The task metadata endpoint, version 4: what a container may know about itself and its
 * task, at http://169.254.170.2 and nowhere else.
 */
#ifndef SLIPWAY_MICROVM_AGENT_METADATA_H
#define SLIPWAY_MICROVM_AGENT_METADATA_H

#include "core/loop.h"
#include "microvm/agent/metadata_json.h"

struct metadata;

/* Where answers come from. */
struct metadata_source {
	const struct wire_task *task; /* borrowed for ever */
	void (*look)(void *ctx, struct metadata_facts *ret_facts);
	void *ctx;
};

/* Listen; until there is a source, nothing is known. Lives as long as the machine. */
int metadata_open(struct loop *loop, struct metadata **ret_metadata, struct err *err) MUST_CHECK;
void metadata_serve(struct metadata *metadata, const struct metadata_source *source);

#endif
