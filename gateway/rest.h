/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that are named by method and path (restJson1), and where in such a request the
 * members of their input stand: a label of the path, a parameter of the query, or else the body.
 */
#ifndef SLIPWAY_GATEWAY_REST_H
#define SLIPWAY_GATEWAY_REST_H

#include <jansson.h>

#include "gateway/request.h"

enum rest_kind {
	REST_TEXT,
	REST_INT,   /* what is none stays a text, for the shape to refuse */
	REST_TEXTS, /* a parameter that may come more than once */
};

/* A parameter of the query, and the member that it fills. */
struct rest_parameter {
	const char *name, *member;
	enum rest_kind kind;
};

struct rest_route {
	const char *method;
	const char *path; /* "/schedules/{Name}": each label is a whole segment and a member */
	const struct rest_parameter *parameters;
	size_t parameter_count;
};

/* @path, as sent and without its query, is one of the route's. */
bool rest_path_fits(const struct rest_route *route, const char *path);

/* Put what path and query of @request say into @body, over what it says itself. ERR_INVALID for a
 * broken percent-encoding, a NUL, text that is not UTF-8, a parameter that is given twice. */
int rest_input(const struct rest_route *route, const struct request *request, json_t *body,
	       struct err *err) MUST_CHECK;

#endif
