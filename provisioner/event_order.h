/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container gets of the event that its task was launched for: where the file is, and the
 * variables that name it. Pure.
 */
#ifndef SLIPWAY_PROVISIONER_EVENT_ORDER_H
#define SLIPWAY_PROVISIONER_EVENT_ORDER_H

#include "microvm/wire/message.h"
#include "store/task_payload.h"

#define EVENT_ORDER_PATH      "/run/slipway/event.json"
/* Where a volume lies at /run: what is made there would stay in it, if it can be made at all. */
#define EVENT_ORDER_PATH_ELSE "/dev/slipway/event.json"
#define EVENT_ORDER_WORD_MAX  1024 /* bytes of a variable's value; what is longer is in the file */

/* The path in a container with these mounts: a literal. */
const char *event_order_path(const struct shape_list *mounts);

#define EVENT_ORDER_COUNT_ONE(name, variable) +1
#define EVENT_ORDER_VARIABLES_MAX	      (1 + 0 TASK_PAYLOAD_WORDS(EVENT_ORDER_COUNT_ONE))
/* "NAME=VALUE", the arena's; those that are empty or too long are left out. */
int event_order_variables(const struct task_payload *event, const char *path, struct arena *arena,
			  const char *ret_texts[EVENT_ORDER_VARIABLES_MAX], size_t *ret_count,
			  struct err *err) MUST_CHECK;

#endif
