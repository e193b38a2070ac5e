/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table says what each answer leads to. A batch that is too large, or that holds something
 * that the server has already without it saying what, is sent event by event.
 */
#include "cli/export_webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/lago_answer.h"
#include "core/clock.h"
#include "core/ident.h"

#define PAUSE_FIRST_MS	   500
#define PAUSE_MAX_MS	   60000
#define RETRY_AFTER_MAX_MS 3600000 /* nobody knows better for longer than an hour */
#define BODY_MAX	   (64u * 1024 * 1024)
#define BODY_SHOWN	   300

enum outcome { DELIVERED, AGAIN, LESS, ALONE, REFUSED };

struct line {
	const uint8_t *bytes;
	size_t len; /* without its newline */
};

struct batch {
	struct line lines[USAGE_SHAPE_BATCH_MAX];
	size_t count;
};

struct delivery {
	struct client_webhook *webhook;
	const struct usage_shape *shape;
	bool patient;
};

int64_t export_webhook_pause_ms(int tries, int64_t retry_after_ms, uint32_t lot)
{
	int64_t pause_ms = PAUSE_FIRST_MS;

	for (int i = 1; i < tries && pause_ms < PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > PAUSE_MAX_MS)
		pause_ms = PAUSE_MAX_MS;
	pause_ms = pause_ms / 2 + lot % (pause_ms / 2 + 1);
	if (retry_after_ms > RETRY_AFTER_MAX_MS)
		retry_after_ms = RETRY_AFTER_MAX_MS;
	return retry_after_ms > pause_ms ? retry_after_ms : pause_ms;
}

/* --- batches --- */

static void split(const struct buf *lines, struct batch *ret_batch)
{
	const uint8_t *at = lines->data, *end = lines->data + lines->len;

	ret_batch->count = 0;
	while (at < end && ret_batch->count < USAGE_SHAPE_BATCH_MAX) {
		const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline)
			return;
		ret_batch->lines[ret_batch->count++] =
			(struct line){.bytes = at, .len = (size_t)(newline - at)};
		at = newline + 1;
	}
}

static int make_body(const struct usage_shape *shape, const struct batch *batch, struct buf *body,
		     struct err *err)
{
	if (buf_append_text(body, shape->open, err) < 0)
		return -1;
	for (size_t i = 0; i < batch->count; i++) {
		if ((i > 0 && buf_append_text(body, ",", err) < 0) ||
		    buf_append(body, batch->lines[i].bytes, batch->lines[i].len, err) < 0)
			return -1;
	}
	return buf_append_text(body, shape->close, err);
}

/* --- answers --- */

static enum outcome judge_lago(const struct client_webhook_answer *answer, struct batch *batch)
{
	bool known[USAGE_SHAPE_BATCH_MAX];
	size_t kept = 0;

	switch (lago_answer_read(answer->body, answer->body_len, batch->count, known)) {
	case LAGO_SOME_KNOWN:
		return batch->count > 1 ? ALONE : DELIVERED;
	case LAGO_KNOWN:
		break;
	case LAGO_REFUSED:
	default:
		return REFUSED;
	}
	for (size_t i = 0; i < batch->count; i++) {
		if (!known[i])
			batch->lines[kept++] = batch->lines[i];
	}
	batch->count = kept;
	return kept > 0 ? LESS : DELIVERED;
}

/* LESS: @batch is what is left of it. */
static enum outcome judge(const struct usage_shape *shape,
			  const struct client_webhook_answer *answer, struct batch *batch)
{
	if (answer->status >= 200 && answer->status < 300)
		return DELIVERED;
	if (answer->status == 408 || answer->status == 429 || answer->status >= 500)
		return AGAIN;
	if (answer->status == 413 && batch->count > 1)
		return ALONE;
	if (answer->status == 422 && shape->refuses_known)
		return judge_lago(answer, batch);
	return REFUSED;
}

static int refused(const struct delivery *delivery, const struct client_webhook_answer *answer,
		   struct err *err)
{
	char shown[BODY_SHOWN + 1];
	size_t len = answer->body_len < BODY_SHOWN ? answer->body_len : BODY_SHOWN;

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)answer->body[i];

		shown[i] = (char)(byte >= ' ' && byte < 0x7f ? byte : ' ');
	}
	shown[len] = '\0';
	return err_set(err, ERR_INVALID, "%s refuses the events with HTTP %ld: %s",
		       client_webhook_url(delivery->webhook), answer->status,
		       len > 0 ? shown : "it does not say why");
}

/* Say why, and wait. -1: it was tried often enough. */
static int wait_for_next(const struct delivery *delivery, int tries, int64_t retry_after_ms,
			 const char *why, struct err *err)
{
	uint32_t lot;
	int64_t pause_ms;

	if (!delivery->patient && tries >= EXPORT_TRIES_MAX)
		return err_set(err, ERR_UNAVAILABLE,
			       "%s (%d tries): the next export goes on with the same events", why,
			       tries);
	ident_random(&lot, sizeof(lot));
	pause_ms = export_webhook_pause_ms(tries, retry_after_ms, lot);
	fprintf(stderr, "slipway bill export: %s: again in %" PRId64 " ms\n", why, pause_ms);
	clock_pause_ms(pause_ms);
	return 0;
}

/* --- delivering --- */

/* One request. *ret_outcome: AGAIN with *ret_why (the caller frees it). */
static int try_once(const struct delivery *delivery, struct batch *batch, enum outcome *ret_outcome,
		    int64_t *ret_retry_after_ms, char **ret_why, struct err *err)
{
	AUTO(buf_done) struct buf body;
	struct client_webhook_answer answer;
	struct err failure = ERR_INIT;

	buf_init(&body, BODY_MAX);
	*ret_retry_after_ms = 0;
	if (make_body(delivery->shape, batch, &body, err) < 0)
		return -1;
	if (client_webhook_post(delivery->webhook, delivery->shape->content_type, &body, &answer,
				&failure) < 0) {
		if (failure.code != ERR_UNAVAILABLE) {
			*err = failure;
			return -1;
		}
		*ret_outcome = AGAIN;
		*ret_why = xstrdup(failure.text);
		return 0;
	}
	*ret_outcome = judge(delivery->shape, &answer, batch);
	*ret_retry_after_ms = answer.retry_after_ms;
	if (*ret_outcome == AGAIN)
		*ret_why = xasprintf("%s answers HTTP %ld", client_webhook_url(delivery->webhook),
				     answer.status);
	return *ret_outcome == REFUSED ? refused(delivery, &answer, err) : 0;
}

static int deliver(const struct delivery *delivery, struct batch *batch, struct err *err);

static int deliver_alone(const struct delivery *delivery, const struct batch *batch,
			 struct err *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct batch one = {.count = 1};

		one.lines[0] = batch->lines[i];
		if (deliver(delivery, &one, err) < 0)
			return -1;
	}
	return 0;
}

static int deliver(const struct delivery *delivery, struct batch *batch, struct err *err)
{
	enum outcome outcome = LESS;
	int tries = 0;

	while (outcome == AGAIN || outcome == LESS) {
		AUTO(freep) char *why = NULL;
		int64_t retry_after_ms;

		if (try_once(delivery, batch, &outcome, &retry_after_ms, &why, err) < 0)
			return -1;
		if (outcome == AGAIN &&
		    wait_for_next(delivery, ++tries, retry_after_ms, why, err) < 0)
			return -1;
	}
	return outcome == ALONE ? deliver_alone(delivery, batch, err) : 0;
}

int export_webhook_deliver(struct client_webhook *webhook, const struct usage_shape *shape,
			   bool patient, const struct buf *lines, struct err *err)
{
	const struct delivery delivery = {.webhook = webhook, .shape = shape, .patient = patient};
	struct batch batch;

	split(lines, &batch);
	return deliver(&delivery, &batch, err);
}
