/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and ids as the API makes them (ARNs: arn:aws:SERVICE:REGION:ACCOUNT:REST).
 */
#ifndef SLIPWAY_CORE_IDENT_H
#define SLIPWAY_CORE_IDENT_H

#include "core/err.h"

#define IDENT_HEX32_SIZE 33 /* task ids: 32 lower-case hex digits and the zero */
#define IDENT_UUID_SIZE	 37

void ident_random(void *bytes, size_t len); /* from the kernel; aborts if it cannot */
void ident_hex32(char ret[IDENT_HEX32_SIZE]);
void ident_uuid(char ret[IDENT_UUID_SIZE]); /* random, version 4 */
/* @count random decimal digits and a zero, the first not 0. */
void ident_digits(char *ret, size_t count);
/* @count characters of A-Z and 2-7 (base 32) and a zero: access key ids. */
void ident_base32(char *ret, size_t count);
/* @count characters of A-Z, a-z, 0-9, + and / and a zero: secrets. */
void ident_base64(char *ret, size_t count);

#define IDENT_ARN_MAX 2048

/* The parts of an ARN, borrowed slices of the text that was parsed. */
struct arn {
	const char *partition, *service, *region, *account, *resource;
	size_t partition_len, service_len, region_len, account_len, resource_len;
};
/* ERR_INVALID unless the text begins with "arn:" and has six parts. */
int arn_parse(const char *text, struct arn *ret_arn, struct err *err) MUST_CHECK;
bool text_is(const char *slice, size_t len, const char *text);

/* true if @text has 1..max characters, all letters, digits, '-' or '_'. */
bool ident_is_name(const char *text, size_t max);

#endif
