/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MaxResults and NextToken of the List operations. A list is asked for one item more than fits,
 * and that item decides whether there is a next page.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_PAGE_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_PAGE_H

#include "gateway/events/events_page.h"
#include "gateway/rest.h"

#define SCHEDULE_PAGE_FIELDS(s, f)                                                                 \
	INT_SEEN(s, f.limit, f.limited, "MaxResults", 1, EVENTS_PAGE_MAX),                         \
		TEXT(s, f.token, "NextToken", 1, 2048, 0)
#define SCHEDULE_PAGE_PARAMETERS                                                                   \
	{"MaxResults", "MaxResults", REST_INT},                                                    \
	{                                                                                          \
		"NextToken", "NextToken", REST_TEXT                                                \
	}

#endif
