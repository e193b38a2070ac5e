/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Families that could be smaller: of each family and size, the most that any of its tasks used, and
 * the size that would have held all of them.
 */
#ifndef SLIPWAY_BILLING_HTML_HINTS_H
#define SLIPWAY_BILLING_HTML_HINTS_H

#include <stdio.h>

#include "billing/task_bill.h"

#define HINTS_FAMILIES_MAX 1024 /* families and sizes that are looked at: the first ones */

struct html_hints;

struct html_hints *html_hints_new(void);
void html_hints_free(struct html_hints *hints); /* takes NULL */
void html_hints_freep(struct html_hints **hints);
/* A task with what it used; of those that were too short to be judged nothing is kept. */
void html_hints_add(struct html_hints *hints, const struct task_bill *bill);
/* The largest saving first; nothing where there is none. */
void html_hints(FILE *out, struct html_hints *hints);

#endif
