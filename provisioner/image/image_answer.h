/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What slipway-image says when it is done: one JSON object on standard output.
 * The program that reads it has power and the one that writes it has read the
 * internet, so the reader believes nothing but what passes the shape, the
 * digest's grammar and the limits here. Both sides live in this file.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_ANSWER_H
#define SLIPWAY_PROVISIONER_IMAGE_ANSWER_H

#include "core/buf.h"
#include "core/shape.h"
#include "provisioner/image/image_reference.h"

/* An answer travels on to a guest within one frame of 256 KiB, beside others. */
#define IMAGE_ANSWER_MAX    (64u * 1024)
#define IMAGE_ARGUMENTS_MAX 1024 /* of Entrypoint and of Cmd */
#define IMAGE_VARIABLES_MAX 1024
#define IMAGE_TEXT_MAX	    4096 /* WorkingDir: a path; User and StopSignal are shorter still */
#define IMAGE_ERROR_MAX	    1024 /* stoppedReason is cut there by the API */
#define IMAGE_ERROR_PREFIX  "CannotPullContainerError: "

/* How the image wants to be run. Lists of const char *; texts are NULL if absent. */
struct image_settings {
	struct shape_list entrypoint, command, environment;
	const char *working_dir, *user, *stop_signal;
	json_t *volumes; /* object whose names are paths; NULL if it does not say */
};
extern const struct shape image_settings_shape;

struct image_phases {
	int64_t resolve_ms, fetch_ms, flatten_ms;
};

struct image_answer {
	const char *digest; /* of what the reference names: an index or a manifest */
	struct image_settings settings;
	const char *platform; /* "linux/amd64"; NULL if it does not say */
	const char *path;     /* of the squashfs file */
	int64_t size_bytes;   /* of that file */
	bool cached;	      /* nothing had to be fetched */
	struct image_phases phases;
};

/* The answer as one line of JSON with a newline, appended to @out. */
int image_answer_write(const struct image_answer *answer, struct buf *out, struct err *err)
	MUST_CHECK;
/* {"error":"CannotPullContainerError: ..."}, cut at IMAGE_ERROR_MAX and free of control
 * characters. */
int image_answer_write_error(const char *text, struct buf *out, struct err *err) MUST_CHECK;

/*
 * Read what a worker printed that ended with @exit_code. 0 and *ret_answer, whose
 * texts are borrowed from *ret_json (the caller's) and lists from @arena. A
 * refusal by the worker is ERR_UNAVAILABLE with its own text ("CannotPullContainerError:
 * ..."); an answer that breaks the rules is ERR_CORRUPT.
 */
int image_answer_read(const char *text, size_t len, int exit_code, struct arena *arena,
		      json_t **ret_json, struct image_answer *ret_answer, struct err *err)
	MUST_CHECK;

#endif
