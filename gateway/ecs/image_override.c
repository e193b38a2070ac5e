/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image is put into the definition before that is read and checked, so a start
 * can ask for nothing that a definition could not. Who acts in a role must be allowed
 * to register definitions, since the image runs with all that the definition gives.
 */
#include "gateway/ecs/image_override.h"

#include <string.h>

#include "gateway/json_out.h"
#include "store/tag.h"

#define TYPE	   "InvalidParameterException"
#define PREFIX_LEN (sizeof(IMAGE_OVERRIDE_PREFIX) - 1)

bool image_override_is_tag(const char *key)
{
	return strncmp(key, IMAGE_OVERRIDE_PREFIX, PREFIX_LEN) == 0;
}

static json_t *find_container(const json_t *body, const char *name)
{
	json_t *container;
	size_t index;

	json_array_foreach (json_object_get(body, "containerDefinitions"), index, container) {
		if (strcmp(json_string_value(json_object_get(container, "name")), name) == 0)
			return container;
	}
	return NULL;
}

static int apply(struct call *call, const struct tag *tag, size_t index, json_t *body)
{
	const char *name = tag->key + PREFIX_LEN;
	json_t *container;

	if (!call->options->extensions.image_overrides)
		return call_fail(call, TYPE,
				 "tags[%zu].key '%.128s' asks for another image, which the "
				 "configuration does not permit (image_overrides).",
				 index, tag->key);
	container = find_container(body, name);
	if (!container)
		return call_fail(call, TYPE,
				 "Override for container named %.255s is not a container in the "
				 "TaskDefinition.",
				 name);
	if (!tag->value || tag->value[strspn(tag->value, " ")] == '\0')
		return call_fail(call, TYPE, "tags[%zu].value must name an image.", index);
	if (call_check_role(call, "ecs", "RegisterTaskDefinition", "*") < 0)
		return -1;
	out_put(container, "image", out_string(tag->value));
	return 0;
}

int image_overrides_apply(struct call *call, const struct shape_list *tags, json_t *body)
{
	const struct tag *items = tags->items;

	for (size_t i = 0; i < tags->count; i++) {
		if (image_override_is_tag(items[i].key) && apply(call, &items[i], i, body) < 0)
			return -1;
	}
	return 0;
}
