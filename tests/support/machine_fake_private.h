/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the hypervisor in memory (machine_fake.c) and its agents (agent_fake.c).
 */
#ifndef SLIPWAY_TESTS_SUPPORT_MACHINE_FAKE_PRIVATE_H
#define SLIPWAY_TESTS_SUPPORT_MACHINE_FAKE_PRIVATE_H

#include <stdio.h>

#include "microvm/wire/message.h"
#include "tests/support/machine_fake.h"

#define FAKE_OUT_MAX (8u * 1024 * 1024)

struct machine_host {
	struct machine_host_options options;
	struct machine_channel *channels; /* that live, closed ones with posts included */
};

struct machine_channel {
	struct machine_channel *next;
	struct machine_host *host;
	struct fake_machine *machine;
	machine_bytes_fn *on_bytes;
	void *ctx;
	struct frame_decoder decoder;
	struct buf out;	   /* for the host */
	size_t references; /* posts under way, and the owner */
	bool closed, posted, paused;
	pthread_mutex_t lock;
};

/* What cannot fail in a test that is right. */
static inline void fake_must(int result, const struct err *err)
{
	if (result < 0) {
		(void)fprintf(stderr, "fake agent: %s\n", err->text);
		abort();
	}
}

/* The world's lock; a thread may take it again. */
void fake_lock(void);
void fake_unlock(void);

/* Bytes for the host; they come on the loop's thread, later. */
void fake_channel_put(struct machine_channel *channel, const void *bytes, size_t len);

void fake_agent_hello(struct machine_channel *channel);
/* What the host has said. */
void fake_agent_frame(struct machine_channel *channel, const struct frame *frame);

#endif
