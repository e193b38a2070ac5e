/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same numbers as `slipway bill task`: both are made by billing/task_bill.c.
 */
#include "gateway/ecs/bill_desk.h"

#include "billing/task_bill.h"
#include "gateway/billing_state.h"

int bill_desk_open(struct call *call, struct bill_desk *ret_desk)
{
	struct billing_state *billing = call->options->billing;
	struct err err = ERR_INIT;

	if (!billing || !billing_state_prices(billing))
		return call_fail(call, "InvalidParameterException",
				 "include: BILL cannot be answered, as there is no price list.");
	*ret_desk = (struct bill_desk){.tariff = {.prices = billing_state_prices(billing)}};
	if (invoices_read(call->state, &ret_desk->invoices, &err) < 0)
		return call_fail_server(call, &err);
	ret_desk->tariff.invoices = ret_desk->invoices;
	return 0;
}

void bill_desk_done(struct bill_desk *desk)
{
	invoices_free(desk->invoices);
	*desk = (struct bill_desk){0};
}

static int make(struct call *call, const struct bill_desk *desk, const struct charge_filter *filter,
		json_t **ret_bill, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct task_bill bill;
	struct charge charge;
	int rc;

	if (charge_scan_open(call->state, filter, &scan, err) < 0)
		return -1;
	rc = charge_scan_next(scan, &charge, err);
	if (rc != 1)
		return rc;
	if (task_bill_make(call->state, &desk->tariff, &charge, &bill, err) < 0)
		return -1;
	*ret_bill = task_bill_json(&bill, price_list_currency(desk->tariff.prices));
	return 0;
}

int bill_desk_json(struct call *call, const struct bill_desk *desk, const char *task,
		   json_t **ret_bill)
{
	const struct charge_filter filter = {.account = call->caller.account, .task = task};
	json_t *bill = NULL;
	struct err err = ERR_INIT;

	if (make(call, desk, &filter, &bill, &err) == 0) {
		*ret_bill = bill;
		return 0;
	}
	if (err.code == ERR_NOT_FOUND)
		return call_fail(call, "InvalidParameterException", "include: BILL: %s.", err.text);
	return call_fail_server(call, &err);
}
