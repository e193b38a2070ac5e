/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task definitions of clients: whatever is sent, checking ends with a verdict; and
 * the normal form of what is accepted is accepted again and is its own normal form,
 * because RunTask reads stored definitions by the same shape.
 */
#include "core/arena.h"
#include "gateway/ecs/definition_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The normal form of @json, or NULL if it is refused. */
static json_t *normalise(const json_t *json, struct arena *arena)
{
	static const struct extensions none = {.custom_sizes = false};
	struct definition_input input;
	struct err err = ERR_INIT;
	bool fits;

	if (shape_fill(&definition_shape, json, arena, &input, &err) < 0 ||
	    definition_read_size(&input, &err) < 0 || definition_check(&input, &err) < 0)
		return NULL;
	fits = definition_check_fargate(&input, &none, &err) == 0;
	if (fits && definition_check_supported(&input, "us-east-1", &err) < 0)
		return NULL;
	return definition_make_body(&input, json, fits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 22);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(json_decrefp) json_t *body = NULL;
	AUTO(json_decrefp) json_t *again = NULL;
	struct err err = ERR_INIT;

	if (shape_parse((const char *)data, size, &json, &err) < 0)
		return 0;
	body = normalise(json, arena);
	if (!body)
		return 0;
	again = normalise(body, arena);
	if (!again || !json_equal(body, again))
		abort();
	return 0;
}
