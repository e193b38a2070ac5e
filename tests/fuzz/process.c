/* SPDX-License-Identifier: Apache-2.0 */
/* Texts about processes: the kernel's line, and the notes of their ends. */
#include <assert.h>
#include <string.h>

#include "core/process_end.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	struct process_stat stat = {.state = 0};
	struct process_id id = {.pid = 7, .start_ticks = 70};
	int64_t boot_ns = -1, watched_by = -1;

	if (process_stat_parse(text, &stat))
		assert(stat.state != '\0' && stat.cpu_ns >= 0 && stat.start_ticks >= 0);
	if (process_end_parse(text, "a", id, &boot_ns))
		assert(boot_ns >= 0 && strstr(text, "a 7 70 "));
	boot_ns = 0;
	process_end_parse_beats(text, "a", id, &watched_by, &boot_ns);
	assert(boot_ns >= 0 && watched_by >= -1);
	return 0;
}
