/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of webhooks: whatever the header says, nobody gets in without the secret. The first
 * byte is the style, the rest the headers' value.
 */
#include <string.h>

#include "events/webhook_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"authorization",     "x-hub-signature-256", "x-gitlab-token", "stripe-signature",
		"webhook-signature", "webhook-timestamp",   "webhook-id"};
	AUTO(freep) char *value = NULL;
	struct header headers[ARRAY_LEN(names)];
	struct webhook_secret secret = {WEBHOOK_BEARER, "a secret that is in no corpus", 300};
	struct webhook_message message = {headers, ARRAY_LEN(names), NULL, data, size, 1614265330};
	struct err err = ERR_INIT;

	if (size < 1)
		return 0;
	value = xstrndup((const char *)data + 1, size - 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		headers[i] = (struct header){names[i], value};
	headers[5].value = "1614265330";
	secret.style = (enum webhook_style)(data[0] % WEBHOOK_STYLE_COUNT);
	if (webhook_signature_check(&secret, &message, &err) == 0)
		abort();
	return 0;
}
