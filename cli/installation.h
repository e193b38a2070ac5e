/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `slipway up` lays down before anything starts: folders with their owners,
 * programs and guest where unprivileged users can reach them, the certificate, the
 * first account and its key, the configuration and the environment file.
 */
#ifndef SLIPWAY_CLI_INSTALLATION_H
#define SLIPWAY_CLI_INSTALLATION_H

#include <sys/types.h>

#include "core/err.h"

#define INSTALLATION_ENDPOINT_SIZE 64

struct installation {
	char *share;		     /* where kernel, image and scripts come from */
	char *programs;		     /* folder of the programs */
	char *state, *run;	     /* folders */
	int64_t port, registry_port; /* on 127.0.0.1 */
	bool privileged;	     /* we are root */
	/* System users slipway and slipway-image; ours as a plain user. */
	uid_t gateway_uid, image_uid;
	gid_t gateway_gid, image_gid;
	char endpoint[INSTALLATION_ENDPOINT_SIZE]; /* "https://localhost:8443" */
	char *configuration;			   /* path of slipway.conf */
};

/* Fill the struct: folders from the options (NULL: the defaults), users from the
 * system. Does nothing yet. */
int installation_init(struct installation *installation, const char *share, const char *state,
		      int64_t port, struct err *err) MUST_CHECK;
void installation_done(struct installation *installation);

/* Lay down everything; what stands already is kept. */
int installation_make(const struct installation *installation, struct err *err) MUST_CHECK;

#endif
