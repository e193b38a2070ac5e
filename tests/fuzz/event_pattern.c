/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a pattern: refused with the service's words, or made, and then a machine can be
 * made of it.
 */
#include <assert.h>
#include <string.h>

#include "events/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char reason[] = "Event pattern is not valid. Reason: ";
	AUTO(event_pattern_freep) struct event_pattern *pattern = NULL;
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(freep) char *text = xcalloc(1, size ? size : 1); /* no zero behind it */
	struct event_rule rule = {"rule", NULL};
	struct err err = ERR_INIT;

	if (size)
		memcpy(text, data, size);
	if (event_pattern_new(text, size, &pattern, &err) < 0) {
		assert(err.code == ERR_INVALID &&
		       strncmp(err.text, reason, sizeof(reason) - 1) == 0);
		return 0;
	}
	rule.pattern = pattern;
	assert(event_machine_new(&rule, 1, &machine, &err) == 0);
	return 0;
}
