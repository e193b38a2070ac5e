/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of webhooks; those of GitHub and Standard Webhooks are their documents' own examples.
 */
#include "tests/support/suite.h"

#include "core/digest.h"
#include "events/webhook_signature.h"

static const struct webhook_secret github = {WEBHOOK_GITHUB, "It's a Secret to Everybody", 0};
#define GITHUB_BODY	 "Hello, World!"
#define GITHUB_SIGNATURE "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

static struct webhook_message message_of(const struct header *headers, size_t count,
					 const char *body)
{
	return (struct webhook_message){.headers = headers,
					.header_count = count,
					.body = (const uint8_t *)body,
					.body_len = strlen(body),
					.now_s = 1614265330};
}

static bool fits(const struct webhook_secret *secret, const struct webhook_message *message)
{
	struct err err = ERR_INIT;

	if (webhook_signature_check(secret, message, &err) == 0)
		return true;
	ck_assert_int_eq(err.code, ERR_DENIED);
	ck_assert(!strstr(err.text, secret->secret));
	return false;
}

/* With one header. */
static bool one_fits(const struct webhook_secret *secret, const char *name, const char *value,
		     const char *body)
{
	struct header header = {name, value};
	struct webhook_message message = message_of(&header, 1, body);

	return fits(secret, &message);
}

START_TEST(github_signs_the_body)
{
	ck_assert(one_fits(&github, "x-hub-signature-256", GITHUB_SIGNATURE, GITHUB_BODY));
	ck_assert(!one_fits(&github, "x-hub-signature-256", GITHUB_SIGNATURE, "Hello, World"));
	ck_assert(!one_fits(&github, "x-hub-signature-256", GITHUB_SIGNATURE + 7, GITHUB_BODY));
	ck_assert(!one_fits(&github, "x-hub-signature-256", "sha256=", GITHUB_BODY));
	ck_assert(!one_fits(&github, "x-hub-signature-256", GITHUB_SIGNATURE "00", GITHUB_BODY));
	ck_assert(!one_fits(&github, "x-hub-signature", GITHUB_SIGNATURE, GITHUB_BODY));
}
END_TEST

START_TEST(a_header_that_comes_twice_is_no_signature)
{
	struct header headers[] = {{"x-hub-signature-256", GITHUB_SIGNATURE},
				   {"x-hub-signature-256", GITHUB_SIGNATURE}};
	struct webhook_message message = message_of(headers, 2, GITHUB_BODY);

	ck_assert(!fits(&github, &message));
	message.header_count = 1;
	ck_assert(fits(&github, &message));
}
END_TEST

START_TEST(gitlab_sends_the_secret)
{
	static const struct webhook_secret secret = {WEBHOOK_GITLAB, "0123456789abcdef", 0};

	ck_assert(one_fits(&secret, "x-gitlab-token", "0123456789abcdef", ""));
	ck_assert(!one_fits(&secret, "x-gitlab-token", "0123456789abcdeF", ""));
	ck_assert(!one_fits(&secret, "x-gitlab-token", "0123456789abcde", ""));
	ck_assert(!one_fits(&secret, "x-gitlab-token", "", ""));
	ck_assert(!one_fits(&secret, "authorization", "0123456789abcdef", ""));
}
END_TEST

START_TEST(a_bearer_token_is_in_one_place)
{
	static const struct webhook_secret secret = {WEBHOOK_BEARER, "0123456789abcdef", 0};
	struct header header = {"authorization", "Bearer 0123456789abcdef"};
	struct webhook_message message = message_of(&header, 0, "");

	ck_assert(one_fits(&secret, "authorization", "Bearer 0123456789abcdef", ""));
	ck_assert(one_fits(&secret, "authorization", "bearer  0123456789abcdef", ""));
	ck_assert(!one_fits(&secret, "authorization", "Basic 0123456789abcdef", ""));
	ck_assert(!one_fits(&secret, "authorization", "0123456789abcdef", ""));
	ck_assert(!one_fits(&secret, "authorization", "Bearer 0123456789abcdeg", ""));
	ck_assert(!fits(&secret, &message));
	message.access_token = "0123456789abcdef";
	ck_assert(fits(&secret, &message));
	message.access_token = "0123456789abcdeg";
	ck_assert(!fits(&secret, &message));
	message.access_token = "0123456789abcdef";
	message.header_count = 1;
	ck_assert(!fits(&secret, &message));
}
END_TEST

static char stripe_text[512];

static const char *stripe(const char *secret, int64_t time_s, const char *body, const char *extra)
{
	AUTO(freep) char *text = xasprintf("%lld.%s", (long long)time_s, body);
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	hmac_sha256(secret, strlen(secret), text, strlen(text), digest);
	hex_encode(digest, sizeof(digest), hex);
	(void)snprintf(stripe_text, sizeof(stripe_text), "t=%lld,%sv1=%s", (long long)time_s, extra,
		       hex);
	return stripe_text;
}

START_TEST(stripe_signs_the_time_as_well)
{
	static const char name[] = "stripe-signature", body[] = "{\"id\":1}";
	static const struct webhook_secret secret = {WEBHOOK_STRIPE, "whsec_test_secret_1",
						     WEBHOOK_TOLERANCE_S};
	const int64_t now_s = 1614265330;
	const char *key = secret.secret;
	static const char zeros[] =
		"v1=0000000000000000000000000000000000000000000000000000000000000000,";
	char *other;

	ck_assert(one_fits(&secret, name, stripe(key, now_s, body, ""), body));
	ck_assert(one_fits(&secret, name, stripe(key, now_s - 300, body, ""), body));
	ck_assert(one_fits(&secret, name, stripe(key, now_s + 300, body, ""), body));
	ck_assert(!one_fits(&secret, name, stripe(key, now_s - 301, body, ""), body));
	ck_assert(!one_fits(&secret, name, stripe(key, now_s + 301, body, ""), body));
	ck_assert(one_fits(&secret, name, stripe(key, now_s, body, "v0=12,"), body));
	ck_assert(one_fits(&secret, name, stripe(key, now_s, body, zeros), body));
	ck_assert(!one_fits(&secret, name, stripe("another secret", now_s, body, ""), body));
	ck_assert(!one_fits(&secret, name, stripe(key, now_s, "{}", ""), body));
	/* The time that is said is the one that is signed. */
	other = strchr(stripe(key, now_s, body, ""), ',') - 1;
	*other = *other == '9' ? '8' : '9';
	ck_assert(!one_fits(&secret, name, stripe_text, body));
	ck_assert(!one_fits(&secret, name, "v1=00", body));
	ck_assert(!one_fits(&secret, name, "t=,v1=00", body));
	ck_assert(!one_fits(&secret, name, "t=99999999999999999999,v1=00", body));
	ck_assert(!one_fits(&secret, name, "", body));
}
END_TEST

START_TEST(standard_webhooks_sign_id_time_and_body)
{
	static const struct webhook_secret secret = {
		WEBHOOK_STANDARD, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", WEBHOOK_TOLERANCE_S};
	static const char body[] = "{\"test\": 2432232314}";
	struct header headers[] = {
		{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
		{"webhook-timestamp", "1614265330"},
		{"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	};
	struct webhook_message message = message_of(headers, 3, body);

	ck_assert(fits(&secret, &message));
	headers[2].value = "v2,xx v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
	ck_assert(fits(&secret, &message));
	headers[2].value = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=";
	ck_assert(!fits(&secret, &message));
	headers[2].value = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
	message.now_s += 301;
	ck_assert(!fits(&secret, &message));
	message.now_s -= 301;
	headers[0].value = "msg_other";
	ck_assert(!fits(&secret, &message));
	message.header_count = 2;
	ck_assert(!fits(&secret, &message));
}
END_TEST

START_TEST(secrets_that_can_be_guessed_are_refused)
{
	struct webhook_secret secret = {WEBHOOK_GITHUB, "0123456789abcde", 0};
	struct err err = ERR_INIT;

	ck_assert_int_lt(webhook_secret_check(&secret, &err), 0);
	secret.secret = "0123456789abcdef";
	ASSERT_OK(webhook_secret_check(&secret, &err), &err);
	secret.style = WEBHOOK_STANDARD;
	secret.secret = "whsec_not base64 at all";
	ck_assert_int_lt(webhook_secret_check(&secret, &err), 0);
	ck_assert_int_eq(err.code, ERR_INVALID);
}
END_TEST

START_TEST(styles_have_names)
{
	enum webhook_style style;

	for (int i = 0; i < WEBHOOK_STYLE_COUNT; i++) {
		ck_assert(webhook_style_find(webhook_style_name((enum webhook_style)i), &style));
		ck_assert_int_eq((int)style, i);
	}
	ck_assert(!webhook_style_find("none", &style));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		github_signs_the_body,
		a_header_that_comes_twice_is_no_signature,
		gitlab_sends_the_secret,
		a_bearer_token_is_in_one_place,
		stripe_signs_the_time_as_well,
		standard_webhooks_sign_id_time_and_body,
		secrets_that_can_be_guessed_are_refused,
		styles_have_names,
	};

	return suite_run("gateway/webhook_signature", tests, ARRAY_LEN(tests));
}
