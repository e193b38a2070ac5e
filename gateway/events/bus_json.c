/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bus is never changed, so it was last changed when it was made.
 */
#include "gateway/events/bus_json.h"

#include "gateway/json_out.h"

json_t *event_bus_json(const struct call *call, const struct event_bus *bus)
{
	json_t *object = out_object();

	out_text(object, "Name", bus->name);
	out_text(object, "Arn", event_bus_arn(call, bus->name).text);
	out_text(object, "Description", bus->description);
	out_time(object, "CreationTime", bus->created_ms);
	out_time(object, "LastModifiedTime", bus->created_ms);
	return object;
}
