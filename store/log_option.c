/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployment tools write what they leave out as an empty text, so that is not given.
 */
#include "store/log_option.h"

#include <string.h>

const char *log_option(const struct shape_list *options, const char *name)
{
	const struct shape_pair *pairs = options->items;

	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(pairs[i].key, name) == 0 && shape_given(pairs[i].value))
			return pairs[i].value;
	}
	return NULL;
}
