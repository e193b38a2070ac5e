/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where jansson's memory comes from. Texts of json_dumps() come from there as well and are
 * not for free(): nobody uses it, but json_dumpb(), json_dump_callback() or json_write().
 */
#ifndef SLIPWAY_GATEWAY_JSON_MEMORY_H
#define SLIPWAY_GATEWAY_JSON_MEMORY_H

#include <stddef.h>

/* From here on jansson allocates by the two below. Before any other use of it. */
void json_memory_use(void);

void *json_memory_take(size_t size); /* NULL: memory is gone */
void json_memory_give(void *memory); /* takes NULL; from any thread */

#endif
