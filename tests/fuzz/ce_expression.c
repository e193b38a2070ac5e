/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters of clients: whatever is sent ends with a verdict, and what is taken matches a charge or
 * not, its Not the other way round.
 */
#include "gateway/ce/ce_expression.h"
#include "core/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct charge charge = {
	.task = {.task = "0123456789abcdef0123456789abcdef",
		 .account = "123456789012",
		 .cluster = "batch",
		 .family = "web",
		 .group = "family:web",
		 .started_by = "ci",
		 .architecture = "ARM64"},
	.quantity = {250, 512, 0},
};

static bool matches(const struct ce_expression *expression, struct arena *arena)
{
	static const struct ce_viewer viewer = {"123456789012", "us-east-1"};
	static const struct charge_tag tags[] = {{"Team", "Blue"},
						 {"aws:ecs:clusterName", "batch"}};
	const struct ce_subject subject = {
		&viewer, &charge, METER_MEMORY, tags, sizeof(tags) / sizeof(tags[0]), arena};

	return ce_expression_matches(expression, &subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 22);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(json_decrefp) json_t *negated = NULL;
	const struct ce_expression *expression, *other;
	struct err err = ERR_INIT;

	if (shape_parse((const char *)data, size, &json, &err) < 0 ||
	    ce_expression_parse(json, "Filter", arena, &expression, &err) < 0)
		return 0;
	negated = json_pack("{s:O}", "Not", json);
	if (ce_expression_parse(negated, "Filter", arena, &other, &err) < 0)
		return 0; /* it has become too deep, or too large */
	if (matches(expression, arena) == matches(other, arena))
		abort();
	return 0;
}
