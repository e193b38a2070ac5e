/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which charges are asked for, beyond what a scan filters by itself: clusters, families, tags.
 * Of several clusters (families, values of one tag) a charge needs one; of different
 * kinds (and tags) all.
 */
#ifndef SLIPWAY_BILLING_SELECTION_H
#define SLIPWAY_BILLING_SELECTION_H

#include "billing/summary.h"

#define SELECTION_MAX 64 /* of each kind: as many as a command's option may stand for */

struct selection_texts {
	const char *items[SELECTION_MAX];
	size_t count;
};

struct selection_tag {
	const char *key, *value; /* "": what has no such tag */
};

/* Texts are borrowed. */
struct selection {
	struct selection_texts clusters, families;
	struct selection_tag tags[SELECTION_MAX];
	size_t tag_count;
	/* the selection's own: the charge that was looked at last */
	int64_t last_task;
	bool last_wanted;
};

bool selection_is_all(const struct selection *selection);
/* A summary_wanted_fn; @selection: struct selection. */
bool selection_wants(void *selection, const struct charge *charge, enum meter meter);

#endif
