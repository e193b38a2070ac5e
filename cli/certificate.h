/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of a first start: an own authority (DIR/ca.pem) and a server
 * certificate for localhost, the loopback addresses and this host's name
 * (DIR/server.pem, DIR/server.key), made by the openssl command. Renewed when it ends
 * within 30 days.
 */
#ifndef SLIPWAY_CLI_CERTIFICATE_H
#define SLIPWAY_CLI_CERTIFICATE_H

#include "core/err.h"

/* Make what is missing in @dir. *ret_made says whether anything was made. */
int certificate_ensure(const char *dir, bool *ret_made, struct err *err) MUST_CHECK;

#endif
