/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

#include "gateway/signing_keys.h"

#define SECRET "0123456789abcdefghijABCDEFGHIJ0123456789"
#define OTHER  "9123456789abcdefghijABCDEFGHIJ0123456789"

static struct sigv4_claim claim_of(const char *date, const char *service)
{
	return (struct sigv4_claim){.date = date,
				    .region = "us-east-1",
				    .service = service,
				    .terminator = SIGV4_TERMINATOR};
}

/* What comes out is what deriving gives, whether it was there or not. */
static void check_key(struct signing_keys *keys, const char *secret, const char *date,
		      const char *service)
{
	const struct sigv4_claim claim = claim_of(date, service);
	uint8_t wanted[SHA256_SIZE], found[SHA256_SIZE];

	sigv4_key(secret, &claim, wanted);
	signing_keys_get(keys, secret, &claim, found);
	ck_assert_mem_eq(wanted, found, SHA256_SIZE);
}

START_TEST(a_key_is_derived_once_for_a_secret_a_day_and_a_service)
{
	struct signing_keys *keys = signing_keys_new(8);

	for (int i = 0; i < 5; i++) {
		check_key(keys, SECRET, "20261122", "ecs");
		check_key(keys, SECRET, "20261122", "logs");
		check_key(keys, SECRET, "20261123", "ecs");
		check_key(keys, OTHER, "20261122", "ecs");
	}
	ck_assert_uint_eq(signing_keys_derived(keys), 4);
	signing_keys_free(keys);
}
END_TEST

START_TEST(the_key_that_was_unused_for_longest_makes_room)
{
	struct signing_keys *keys = signing_keys_new(2);

	check_key(keys, SECRET, "20261122", "ecs");
	check_key(keys, SECRET, "20261122", "logs");
	check_key(keys, SECRET, "20261122", "ecs");
	check_key(keys, SECRET, "20261122", "sts"); /* puts "logs" out */
	ck_assert_uint_eq(signing_keys_derived(keys), 3);
	check_key(keys, SECRET, "20261122", "ecs");
	ck_assert_uint_eq(signing_keys_derived(keys), 3);
	check_key(keys, SECRET, "20261122", "logs");
	ck_assert_uint_eq(signing_keys_derived(keys), 4);
	signing_keys_free(keys);
}
END_TEST

START_TEST(a_flood_of_scopes_keeps_no_more_than_allowed_and_stays_right)
{
	struct signing_keys *keys = signing_keys_new(4);
	char date[9];

	for (int i = 0; i < 100; i++) {
		(void)snprintf(date, sizeof(date), "2026%04d", i % 13);
		check_key(keys, i % 3 ? SECRET : OTHER, date, "ecs");
	}
	signing_keys_free(keys);
}
END_TEST

START_TEST(what_does_not_fit_is_derived_each_time)
{
	struct signing_keys *keys = signing_keys_new(4);
	static const char service[] = "a-service-whose-name-is-longer-than-any-scope-that-is-kept-"
				      "in-the-list-of-the-keys-of-a-thread";

	check_key(keys, SECRET, "20261122", service);
	check_key(keys, SECRET "and-more", "20261122", "ecs");
	check_key(NULL, SECRET, "20261122", "ecs");
	ck_assert_uint_eq(signing_keys_derived(keys), 0);
	signing_keys_free(keys);
	signing_keys_free(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_key_is_derived_once_for_a_secret_a_day_and_a_service,
		the_key_that_was_unused_for_longest_makes_room,
		a_flood_of_scopes_keeps_no_more_than_allowed_and_stays_right,
		what_does_not_fit_is_derived_each_time,
	};

	return suite_run("gateway/signing_keys", tests, ARRAY_LEN(tests));
}
