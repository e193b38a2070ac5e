/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log event's bytes as JSON text. The store keeps what a container wrote, byte by
 * byte; JSON holds UTF-8 only, so here, and nowhere else, each byte that is not
 * part of valid UTF-8 becomes U+FFFD.
 */
#ifndef SLIPWAY_GATEWAY_LOGS_LOG_TEXT_H
#define SLIPWAY_GATEWAY_LOGS_LOG_TEXT_H

#include <jansson.h>

#include "store/logs.h"

json_t *log_text_json(const char *bytes, size_t len);

/* "eventId": unique, and in the order of the events. In @ret (LOG_EVENT_ID_SIZE). */
#define LOG_EVENT_ID_SIZE 57
char *log_event_id(const struct log_event *event, char *ret);

#endif
