/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A header field of HTTP (RFC 9110, section 5), which whoever reads or writes messages shares.
 */
#ifndef SLIPWAY_CORE_HEADER_H
#define SLIPWAY_CORE_HEADER_H

struct header {
	const char *name; /* lower case */
	const char *value;
};

#endif
