/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See extensions.h.
 */
#include "store/extensions.h"

#define MIB (INT64_C(1024) * 1024)

bool extensions_permit_size(const struct extensions *extensions, int64_t cpu_units,
			    int64_t memory_mib)
{
	return extensions->custom_sizes && cpu_units >= CUSTOM_CPU_MIN &&
	       cpu_units <= extensions->custom_cpu_limit && memory_mib >= CUSTOM_MEMORY_MIN &&
	       memory_mib <= extensions->custom_memory_limit_bytes / MIB;
}
