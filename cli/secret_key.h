/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of stored secrets, where it is gone. A new one would open nothing of what lies in the
 * store, so none is made in its place unless its operator asks for it by name.
 */
#ifndef SLIPWAY_CLI_SECRET_KEY_H
#define SLIPWAY_CLI_SECRET_KEY_H

#include "core/err.h"

/* ERR_NOT_FOUND, with what to do, if there is no key at @path and values lie sealed in the
 * database of the state folder @state. */
int secret_key_check(const char *path, const char *state, struct err *err) MUST_CHECK;

#endif
