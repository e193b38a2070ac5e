/* SPDX-License-Identifier: Apache-2.0 */
/* See export_event.h. */
#include "cli/export_event.h"

#include <jansson.h>
#include <string.h>

#include "core/clock.h"

#define SOURCE_PREFIX "/slipway/"

int export_event_write(const struct outbox_event *event, struct buf *out, struct err *err)
{
	AUTO(json_decrefp)
	json_t *data = json_loads(event->data_json, JSON_REJECT_DUPLICATES, NULL);
	AUTO(json_decrefp) json_t *object = NULL;
	AUTO(freep) char *text = NULL;
	char time[CLOCK_ISO_SIZE];

	if (data)
		object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "specversion", "1.0",
				   "id", event->id, "source", event->source, "type", event->type,
				   "subject", event->subject, "time",
				   clock_iso(event->time_ms, time), "datacontenttype",
				   "application/json", "data", data);
	text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	if (!text)
		return err_set(err, ERR_CORRUPT, "event %.100s cannot be written as JSON",
			       event->id);
	return buf_append_text(out, text, err) < 0 ? -1 : buf_append_text(out, "\n", err);
}

bool export_event_is_of(const struct outbox_event *event, const char *account)
{
	return strncmp(event->source, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) == 0 &&
	       strcmp(event->source + strlen(SOURCE_PREFIX), account) == 0;
}
