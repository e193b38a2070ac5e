/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /healthz is for whoever watches over the gateway, so its status code speaks of
 * the gateway alone: 200 when it reaches the store, 503 when it does not. What is
 * known of the provisioner stands in the body; its status file is a JSON object
 * that is written every few seconds, so its age tells whether it lives.
 *
 * /metrics counts nothing that is secret, but it is nobody's business either:
 * unless the configuration says otherwise, only loopback may read it. The gateway's
 * own counters come first, then the provisioner's, as its file has them.
 */
#include "gateway/pages.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "core/shape.h"
#include "gateway/exchange.h"
#include "gateway/metrics.h"

/* The provisioner writes every 3 s by default; a minute at the most. */
#define STATUS_FRESH_MS	 120000
#define STATUS_FILE_MAX	 65536
#define METRICS_FILE_MAX 65536

static bool store_is_reachable(struct db *state, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	return db_query(state, "SELECT 1", &query, err) == 0 && db_step(query, err) == 1;
}

/* What the provisioner last said of itself, and how long ago; NULL if never. */
static json_t *read_status(const char *path, int64_t *ret_age_ms)
{
	AUTO(buf_done) struct buf text;
	struct err err;
	struct stat st;
	json_t *status;

	buf_init(&text, STATUS_FILE_MAX);
	if (stat(path, &st) < 0 || file_read(path, &text, &err) < 0 || !buf_text(&text) ||
	    shape_parse((const char *)text.data, text.len, &status, &err) < 0)
		return NULL;
	*ret_age_ms = clock_wall_ms() -
		      ((int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
	return status;
}

static void put(json_t *object, const char *name, json_t *value)
{
	/* Fails for want of memory only: the page lacks a member then. */
	(void)json_object_set_new(object, name, value);
}

static void put_provisioner(json_t *page, const char *path)
{
	int64_t age_ms = 0;
	AUTO(json_decrefp) json_t *status = read_status(path, &age_ms);
	const char *accel;

	if (!status) {
		put(page, "provisioner", json_string("unknown"));
		return;
	}
	put(page, "provisioner", json_string(age_ms < STATUS_FRESH_MS ? "up" : "silent"));
	put(page, "provisionerAgeSeconds", json_integer(age_ms < 0 ? 0 : age_ms / 1000));
	accel = json_string_value(json_object_get(status, "accel"));
	if (!accel)
		return;
	put(page, "acceleration", json_string(accel));
	if (strcmp(accel, "tcg") == 0)
		put(page, "warning",
		    json_string("microVMs run under TCG: QEMU promises no isolation without KVM"));
}

static void answer_json(struct response *response, int status, const json_t *page)
{
	size_t len = json_dumpb(page, NULL, 0, JSON_COMPACT);
	uint8_t *room;
	struct err err;

	response->status = status;
	response->content_type = "application/json";
	response->headers[response->header_count++] = (struct header){"cache-control", "no-store"};
	if (len == 0 || buf_reserve(&response->body, len, &room, &err) < 0) {
		response_fail(response, 500, "ServerException", "The page cannot be printed.");
		return;
	}
	(void)json_dumpb(page, (char *)room, len, JSON_COMPACT);
	buf_added(&response->body, len);
}

static void answer_health(const struct pages_options *options, struct db *state,
			  const struct request *request, struct response *response)
{
	AUTO(json_decrefp) json_t *page = json_object();
	struct err err = ERR_INIT;
	bool reachable = store_is_reachable(state, &err);

	if (!reachable)
		log_error("request=%s store is not reachable: %s", request->id, err.text);
	put(page, "status", json_string(reachable ? "ok" : "failing"));
	put(page, "version", json_string(SLIPWAY_VERSION));
	put(page, "store", json_string(reachable ? "reachable" : "unreachable"));
	put_provisioner(page, options->status_file);
	answer_json(response, reachable ? 200 : 503, page);
}

static bool is_loopback(const char *peer)
{
	return strncmp(peer, "127.", 4) == 0 || strncmp(peer, "[::1]:", 6) == 0 ||
	       strncmp(peer, "[::ffff:127.", 12) == 0;
}

/* What the provisioner counts, as it wrote it; nothing if it has not yet. */
static int print_provisioner(const char *path, struct buf *out, struct err *err)
{
	AUTO(buf_done) struct buf text;
	struct err unread = ERR_INIT;

	buf_init(&text, METRICS_FILE_MAX);
	if (file_read(path, &text, &unread) < 0) {
		if (unread.code != ERR_NOT_FOUND)
			log_warn("/metrics lacks the provisioner's: %s", unread.text);
		return 0;
	}
	return buf_append(out, text.data, text.len, err);
}

static void answer_metrics(const struct pages_options *options, const struct request *request,
			   struct response *response)
{
	struct err err;

	if (options->metrics != PAGES_METRICS_ALL && !is_loopback(request->peer)) {
		response_fail(response, 403, "AccessDeniedException",
			      "Metrics are for loopback only.");
		return;
	}
	response->status = 200;
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	if (metrics_print(&response->body, &err) < 0 ||
	    print_provisioner(options->metrics_file, &response->body, &err) < 0)
		response_fail(response, 500, "ServerException", "Metrics cannot be printed.");
}

bool pages_answer(const struct pages_options *options, struct db *state,
		  const struct request *request, struct response *response)
{
	bool health = strcmp(request->path, "/healthz") == 0;

	if (!health &&
	    (strcmp(request->path, "/metrics") != 0 || options->metrics == PAGES_METRICS_OFF))
		return false;
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		response_fail(response, 405, "MethodNotAllowedException",
			      "This page answers GET and HEAD only.");
	else if (health)
		answer_health(options, state, request, response);
	else
		answer_metrics(options, request, response);
	return true;
}
