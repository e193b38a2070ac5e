/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tasks cost so far, for those who describe them: prices and closed months are read once a
 * request.
 */
#ifndef SLIPWAY_GATEWAY_ECS_BILL_DESK_H
#define SLIPWAY_GATEWAY_ECS_BILL_DESK_H

#include "billing/cost.h"
#include "gateway/api.h"

struct bill_desk {
	struct tariff tariff;
	struct invoices *invoices;
};

/* Fails the call where there is no price list. */
int bill_desk_open(struct call *call, struct bill_desk *ret_desk) MUST_CHECK;
void bill_desk_done(struct bill_desk *desk);
/* Of one task (billing/task_bill.h says what is in it); *ret_bill is NULL if it never began to
 * pull. The caller lets it go. In a snapshot of the call. */
int bill_desk_json(struct call *call, const struct bill_desk *desk, const char *task,
		   json_t **ret_bill) MUST_CHECK;

#endif
