/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/events/room.h"

#include "store/event_held.h"
#include "store/quota.h"

int event_room_find(const struct api_options *options, struct db *db, const char *account,
		    bool *ret_room, struct err *err)
{
	struct quota quota;
	int64_t held;

	if (quota_of(db, account, options->quota, &quota, err) < 0)
		return -1;
	*ret_room = true;
	if (quota.event_bytes == QUOTA_NONE)
		return 0;
	if (event_held_bytes(db, account, &held, err) < 0)
		return -1;
	*ret_room = held < quota.event_bytes;
	return 0;
}
