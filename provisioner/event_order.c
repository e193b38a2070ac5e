/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ten containers have all of the variables, and a description has one frame: so a word of the
 * event that is long is in the file alone.
 */
#include "provisioner/event_order.h"

#include <assert.h>
#include <string.h>

#include "microvm/wire/event_part.h"

static_assert(TASK_PAYLOAD_MAX <= WIRE_EVENT_SIZE_MAX, "an event fits its frames");

/* Whether a mount at @path hides what lies at @place. */
static bool hides(const char *path, const char *place)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	return strncmp(place, path, len) == 0 && (place[len] == '/' || place[len] == '\0');
}

const char *event_order_path(const struct shape_list *mounts)
{
	const struct wire_mount *items = mounts->items;

	for (size_t i = 0; i < mounts->count; i++) {
		if (items[i].volume >= 0 && hides(items[i].path, EVENT_ORDER_PATH))
			return EVENT_ORDER_PATH_ELSE;
	}
	return EVENT_ORDER_PATH;
}

int event_order_variables(const struct task_payload *event, const char *path, struct arena *arena,
			  const char *ret_texts[EVENT_ORDER_VARIABLES_MAX], size_t *ret_count,
			  struct err *err)
{
#define AS_PAIR(name, variable) {variable, event->name},
	const struct {
		const char *name, *value;
	} pairs[] = {{"SLIPWAY_EVENT_FILE", path}, TASK_PAYLOAD_WORDS(AS_PAIR)};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (pairs[i].value[0] == '\0' || strlen(pairs[i].value) > EVENT_ORDER_WORD_MAX)
			continue;
		ret_texts[count] = arena_printf(arena, "%s=%s", pairs[i].name, pairs[i].value);
		if (!ret_texts[count++])
			return err_set(err, ERR_LIMIT, "the task's description is too large");
	}
	*ret_count = count;
	return 0;
}
