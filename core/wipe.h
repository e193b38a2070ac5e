/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that held a secret is wiped before it is given back, so that neither a later
 * allocation nor a dump of the process finds it there. buf and arena have secret forms
 * of their own.
 */
#ifndef SLIPWAY_CORE_WIPE_H
#define SLIPWAY_CORE_WIPE_H

#include "core/common.h"

/* free() of malloc()'s memory; takes NULL. */
void wipe_free(void *memory);
/* For AUTO. */
void wipe_freep(void *pointer);
/* From here on all documents of this process are wiped when they are freed. Before the
 * first document. */
void wipe_documents(void);

#endif
