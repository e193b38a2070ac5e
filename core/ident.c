/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids from the kernel's random numbers, and the names that carry them. Alphabets
 * whose size divides 256 take a random byte each; decimal digits throw away the
 * few bytes that would make some digits likelier than others.
 */
#include "core/ident.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void ident_random(void *bytes, size_t len)
{
	uint8_t *to = bytes;

	while (len > 0) {
		ssize_t got = getrandom(to, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* An id or a secret that is not random is worse than none. */
		if (got <= 0)
			abort();
		to += got;
		len -= (size_t)got;
	}
}

/* @count bytes as lower-case hex, without a zero. */
static void put_hex(const uint8_t *bytes, size_t count, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 0xf];
	}
}

void ident_hex32(char ret[IDENT_HEX32_SIZE])
{
	uint8_t random[(IDENT_HEX32_SIZE - 1) / 2];

	ident_random(random, sizeof(random));
	put_hex(random, sizeof(random), ret);
	ret[IDENT_HEX32_SIZE - 1] = '\0';
}

void ident_uuid(char ret[IDENT_UUID_SIZE])
{
	static const size_t group_bytes[] = {4, 2, 2, 2, 6};
	uint8_t random[16];
	const uint8_t *from = random;
	char *to = ret;

	ident_random(random, sizeof(random));
	random[6] = (uint8_t)((random[6] & 0x0fu) | 0x40u); /* version 4 */
	random[8] = (uint8_t)((random[8] & 0x3fu) | 0x80u); /* the variant of RFC 4122 */
	for (size_t i = 0; i < ARRAY_LEN(group_bytes); i++) {
		if (i > 0)
			*to++ = '-';
		put_hex(from, group_bytes[i], to);
		from += group_bytes[i];
		to += 2 * group_bytes[i];
	}
	*to = '\0';
}

/* A random number below @bound (2..256), all equally likely. */
static unsigned random_below(unsigned bound)
{
	unsigned usable = 256 - 256 % bound;
	uint8_t byte;

	do {
		ident_random(&byte, 1);
	} while (byte >= usable);
	return byte % bound;
}

void ident_digits(char *ret, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ret[i] = (char)(i == 0 ? '1' + random_below(9) : '0' + random_below(10));
	ret[count] = '\0';
}

/* @count characters of @alphabet, whose @size divides 256, and a zero. */
static void put_random(const char *alphabet, unsigned size, char *ret, size_t count)
{
	ident_random(ret, count);
	for (size_t i = 0; i < count; i++)
		ret[i] = alphabet[(uint8_t)ret[i] % size];
	ret[count] = '\0';
}

void ident_base32(char *ret, size_t count)
{
	put_random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32, ret, count);
}

void ident_base64(char *ret, size_t count)
{
	put_random("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 64, ret,
		   count);
}

int arn_parse(const char *text, struct arn *ret_arn, struct err *err)
{
	const char *parts[6];
	size_t lens[6];
	const char *at = text;

	if (strnlen(text, IDENT_ARN_MAX + 1) > IDENT_ARN_MAX)
		return err_set(err, ERR_INVALID, "an ARN has at most %d characters", IDENT_ARN_MAX);
	if (strncmp(text, "arn:", 4) != 0)
		return err_set(err, ERR_INVALID, "an ARN begins with \"arn:\"");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		/* The last part, the resource, may hold colons of its own. */
		bool last = i == ARRAY_LEN(parts) - 1;
		const char *colon = last ? at + strlen(at) : strchr(at, ':');

		if (!colon)
			return err_set(err, ERR_INVALID, "an ARN has six parts");
		parts[i] = at;
		lens[i] = (size_t)(colon - at);
		at = last ? colon : colon + 1;
	}
	*ret_arn = (struct arn){
		.partition = parts[1],
		.service = parts[2],
		.region = parts[3],
		.account = parts[4],
		.resource = parts[5],
		.partition_len = lens[1],
		.service_len = lens[2],
		.region_len = lens[3],
		.account_len = lens[4],
		.resource_len = lens[5],
	};
	return 0;
}

bool text_is(const char *slice, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(slice, text, len) == 0;
}

bool ident_is_name(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len == 0 || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return true;
}
