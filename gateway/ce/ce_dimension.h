/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dimensions of Cost Explorer: those of AWS that mean something here, one row each.
 */
#ifndef SLIPWAY_GATEWAY_CE_DIMENSION_H
#define SLIPWAY_GATEWAY_CE_DIMENSION_H

#include "billing/summary.h"

/* Whose costs are looked at; texts borrowed. */
struct ce_viewer {
	const char *account; /* id */
	const char *region;
};

struct ce_dimension {
	const char *name; /* "USAGE_TYPE" */
	/* What sums are kept by; SUMMARY_KEY_COUNT: it is the same for all that a viewer sees. */
	enum summary_key key;
	const char *constant; /* then; NULL: the viewer's account or region */
};

extern const struct ce_dimension ce_dimensions[];
extern const size_t ce_dimension_count;

/* ERR_INVALID names @name and says which there are. */
int ce_dimension_find(const char *name, const struct ce_dimension **ret_dimension, struct err *err)
	MUST_CHECK;

/* The value of one that is the same for all. */
const char *ce_dimension_constant(const struct ce_dimension *dimension,
				  const struct ce_viewer *viewer);
/* The value for a charge's meter: for ever, borrowed from the charge, or in the arena. */
const char *ce_dimension_value(const struct ce_dimension *dimension, const struct ce_viewer *viewer,
			       const struct charge *charge, enum meter meter, struct arena *arena);

/* How a value is shown that sums are kept by as @key: RESOURCE_ID is the task's ARN. In the arena
 * or @key itself. */
int ce_dimension_shown(const struct ce_dimension *dimension, const struct ce_viewer *viewer,
		       struct db *db, const char *key, struct arena *arena, const char **ret_text,
		       struct err *err) MUST_CHECK;

#endif
