/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the client share: where the server is, and who we are.
 */
#ifndef SLIPWAY_CLI_CLIENT_PRIVATE_H
#define SLIPWAY_CLI_CLIENT_PRIVATE_H

#include <curl/curl.h>

#include "cli/client.h"
#include "core/buf.h"

struct client {
	CURL *curl;
	char *endpoint, *key_id, *secret, *region, *ca_bundle;
	struct buf answer;
	struct err answer_err;
};

#endif
