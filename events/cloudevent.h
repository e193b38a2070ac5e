/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudEvents 1.0 over HTTP: an event with attributes and data, read from a request and written for
 * one, in the three modes of its HTTP binding. Nothing here sends or receives.
 */
#ifndef SLIPWAY_EVENTS_CLOUDEVENT_H
#define SLIPWAY_EVENTS_CLOUDEVENT_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/header.h"

#define CLOUDEVENT_EXTENSIONS_MAX 64	       /* of one event */
#define CLOUDEVENT_NAME_MAX	  64	       /* characters; the specification advises 20 */
#define CLOUDEVENT_VALUE_MAX	  (16u * 1024) /* bytes of one attribute; all headers are 32 KiB */
#define CLOUDEVENT_BATCH_MAX	  1000	       /* events of one batch */
#define CLOUDEVENT_SIZE_MAX	  (1024u * 1024) /* bytes of one event's data and attributes */
/* "ce-" headers of one event, and content-type. */
#define CLOUDEVENT_HEADERS_MAX	  (CLOUDEVENT_EXTENSIONS_MAX + 8)

/* X(attribute that the specification names, required); none of them may be empty. */
#define CLOUDEVENT_ATTRIBUTES(X)                                                                   \
	X(specversion, true)                                                                       \
	X(id, true)                                                                                \
	X(source, true)                                                                            \
	X(type, true)                                                                              \
	X(datacontenttype, false)                                                                  \
	X(dataschema, false)                                                                       \
	X(subject, false)                                                                          \
	X(time, false)

/* JSON says which of three an extension is; in a header all are text. */
enum cloudevent_kind { CLOUDEVENT_STRING, CLOUDEVENT_BOOLEAN, CLOUDEVENT_INTEGER };

struct cloudevent_extension {
	const char *name;  /* a-z and 0-9 */
	const char *value; /* no control characters; "true", "false", "-5" if it is no string */
	enum cloudevent_kind kind;
};

enum cloudevent_data {
	CLOUDEVENT_NO_DATA,
	CLOUDEVENT_JSON, /* one value without blanks */
	CLOUDEVENT_TEXT, /* UTF-8 of a type that is text */
	CLOUDEVENT_BYTES,
};

/* Texts are the arena's that it was read into, or borrowed; NULL is absent. */
struct cloudevent {
#define CLOUDEVENT_AS_MEMBER(name, required) const char *name;
	CLOUDEVENT_ATTRIBUTES(CLOUDEVENT_AS_MEMBER)
	struct cloudevent_extension *extensions;
	size_t extension_count;
	enum cloudevent_data data_kind;
	const char *data;
	size_t data_len;
};

enum cloudevent_mode { CLOUDEVENT_BINARY, CLOUDEVENT_STRUCTURED, CLOUDEVENT_BATCHED };

struct cloudevents {
	struct cloudevent *events;
	size_t count; /* 0 is possible for a batch */
	enum cloudevent_mode mode;
};

/*
 * The events of a request. Header names are lower case. ERR_INVALID names the attribute and, of a
 * batch, the event (all of a batch counts or nothing); ERR_UNSUPPORTED for a format of the family
 * that is not JSON (415); ERR_LIMIT for what is too large (413).
 */
int cloudevents_read(const struct header *headers, size_t header_count, const uint8_t *body,
		     size_t body_len, struct arena *arena, struct cloudevents *ret_events,
		     struct err *err) MUST_CHECK;

/* Append one event in the JSON format: a structured request's body, or an element of a batch. */
int cloudevent_write_json(const struct cloudevent *event, struct buf *out, struct err *err)
	MUST_CHECK;
#define CLOUDEVENT_JSON_TYPE  "application/cloudevents+json; charset=utf-8"
#define CLOUDEVENT_BATCH_TYPE "application/cloudevents-batch+json; charset=utf-8"

/* A binary request: its headers (the arena's) into @ret_headers, its body appended to @body. */
int cloudevent_write_binary(const struct cloudevent *event, struct arena *arena,
			    struct header ret_headers[CLOUDEVENT_HEADERS_MAX],
			    size_t *ret_header_count, struct buf *body, struct err *err) MUST_CHECK;

#endif
