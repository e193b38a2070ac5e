/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking HTTP/1.1 to a probe: bytes in, in pieces of any size, and the statuses that
 * come back.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_HTTP1_TALK_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_HTTP1_TALK_H

#include "gateway/http1.h"
#include "tests/unit/gateway/probe.h"

#define HOST "Host: a.example\r\n"

static inline void start(struct probe *probe)
{
	probe_init(probe);
	probe->protocol = http1_new(&probe->host);
}

/* Feed @len bytes, at most @step at a time; every request is answered with its path. */
static inline void converse(struct probe *probe, const char *bytes, size_t len, size_t step)
{
	size_t at = 0;

	while (at < len) {
		size_t run = len - at < step ? len - at : step;
		size_t taken = protocol_receive(probe->protocol, (const uint8_t *)bytes + at, run);

		at += taken;
		probe_drain(probe);
		for (size_t i = 0; i < probe->asked_count; i++) {
			if (!probe->asked[i])
				continue;
			probe_answer(probe, i, probe->asked[i]->request.path);
			taken = 1;
		}
		if (taken == 0)
			return;
	}
}

/* The status of the last answer in @text; 0 for none. */
static inline int last_status(const char *text)
{
	int status = 0;

	for (; (text = strstr(text, "HTTP/1.1 ")); text += 9)
		status = (int)strtol(text + 9, NULL, 10);
	return status;
}

#endif
