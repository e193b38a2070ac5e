/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a program becomes after it has opened what only its first user may.
 */
#ifndef SLIPWAY_CORE_IDENTITY_H
#define SLIPWAY_CORE_IDENTITY_H

#include "core/err.h"

/* Become @user ("": stay) and @group ("": the user's) for good, without any capability
 * (isolate_drop()). Before threads start. */
int identity_become(const char *user, const char *group, struct err *err) MUST_CHECK;

#endif
