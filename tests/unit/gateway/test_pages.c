/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <jansson.h>
#include <utime.h>

#include "core/clock.h"
#include "core/file.h"
#include "gateway/exchange.h"
#include "gateway/metrics.h"
#include "gateway/pages.h"

struct site {
	char folder[64], database[96], status[96], metrics[96];
	struct db *db;
	struct pages_options options;
};

static void site_init(struct site *site)
{
	struct err err = ERR_INIT;

	(void)suite_folder(site->folder, sizeof(site->folder));
	(void)snprintf(site->database, sizeof(site->database), "%s/state.db", site->folder);
	(void)snprintf(site->status, sizeof(site->status), "%s/provisioner.status", site->folder);
	(void)snprintf(site->metrics, sizeof(site->metrics), "%s/provisioner.metrics",
		       site->folder);
	ASSERT_OK(db_open_state(site->database, &site->db, &err), &err);
	site->options = (struct pages_options){
		.metrics = PAGES_METRICS_LOOPBACK,
		.status_file = site->status,
		.metrics_file = site->metrics,
	};
}

static void site_done(struct site *site)
{
	struct err err = ERR_INIT;

	db_free(site->db);
	ASSERT_OK(file_remove_tree(site->folder, &err), &err);
}

struct asked {
	struct request request;
	struct response response;
};

static bool ask(const struct site *site, const char *method, const char *path, const char *peer,
		struct asked *asked)
{
	*asked = (struct asked){.request = {.method = method, .path = path, .query = ""}};
	(void)snprintf(asked->request.peer, sizeof(asked->request.peer), "%s", peer);
	buf_init(&asked->response.body, RESPONSE_BODY_MAX);
	return pages_answer(&site->options, site->db, &asked->request, &asked->response);
}

#define LOCAL "127.0.0.1:4000"

static json_t *health(const struct site *site, int status)
{
	struct asked asked;
	json_t *page;

	ck_assert(ask(site, "GET", "/healthz", "203.0.113.9:1", &asked));
	ck_assert_int_eq(asked.response.status, status);
	page = json_loadb((const char *)asked.response.body.data, asked.response.body.len, 0, NULL);
	ck_assert_ptr_nonnull(page);
	buf_done(&asked.response.body);
	return page;
}

static const char *word(const json_t *page, const char *name)
{
	const char *text = json_string_value(json_object_get(page, name));

	return text ? text : "";
}

START_TEST(health_tells_of_store_and_provisioner)
{
	struct site site;
	json_t *page;
	struct utimbuf old = {.actime = 1000000, .modtime = 1000000};

	site_init(&site);
	page = health(&site, 200);
	ck_assert_str_eq(word(page, "status"), "ok");
	ck_assert_str_eq(word(page, "version"), SLIPWAY_VERSION);
	ck_assert_str_eq(word(page, "store"), "reachable");
	ck_assert_str_eq(word(page, "provisioner"), "unknown");
	json_decref(page);

	suite_write(site.status, "{\"accel\":\"kvm\"}");
	page = health(&site, 200);
	ck_assert_str_eq(word(page, "provisioner"), "up");
	ck_assert_str_eq(word(page, "acceleration"), "kvm");
	ck_assert_ptr_null(json_object_get(page, "warning"));
	json_decref(page);

	suite_write(site.status, "{\"accel\":\"tcg\"}");
	ck_assert_int_eq(utime(site.status, &old), 0);
	page = health(&site, 200);
	ck_assert_str_eq(word(page, "provisioner"), "silent");
	ck_assert_ptr_nonnull(strstr(word(page, "warning"), "TCG"));
	json_decref(page);

	suite_write(site.status, "half a wri");
	page = health(&site, 200);
	ck_assert_str_eq(word(page, "provisioner"), "unknown");
	json_decref(page);
	site_done(&site);
}
END_TEST

static const struct {
	const char *method, *path, *peer;
	enum pages_metrics metrics;
	bool ours;
	int status;
} asks[] = {
	{"GET", "/metrics", LOCAL, PAGES_METRICS_LOOPBACK, true, 200},
	{"HEAD", "/metrics", LOCAL, PAGES_METRICS_LOOPBACK, true, 200},
	{"GET", "/metrics", "[::1]:4000", PAGES_METRICS_LOOPBACK, true, 200},
	{"GET", "/metrics", "[::ffff:127.0.0.1]:4000", PAGES_METRICS_LOOPBACK, true, 200},
	{"GET", "/metrics", "192.0.2.1:4000", PAGES_METRICS_LOOPBACK, true, 403},
	{"GET", "/metrics", "[2001:db8::1]:4000", PAGES_METRICS_LOOPBACK, true, 403},
	{"GET", "/metrics", "192.0.2.1:4000", PAGES_METRICS_ALL, true, 200},
	{"GET", "/metrics", LOCAL, PAGES_METRICS_OFF, false, 0},
	{"POST", "/metrics", LOCAL, PAGES_METRICS_LOOPBACK, true, 405},
	{"POST", "/healthz", LOCAL, PAGES_METRICS_LOOPBACK, true, 405},
	{"HEAD", "/healthz", LOCAL, PAGES_METRICS_OFF, true, 200},
	{"GET", "/", LOCAL, PAGES_METRICS_ALL, false, 0},
	{"GET", "/healthz/", LOCAL, PAGES_METRICS_ALL, false, 0},
	{"GET", "/metricsx", LOCAL, PAGES_METRICS_ALL, false, 0},
};

START_TEST(pages_are_for_whom_they_are_meant)
{
	struct site site;

	site_init(&site);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		struct asked asked;

		site.options.metrics = asks[i].metrics;
		ck_assert_msg(ask(&site, asks[i].method, asks[i].path, asks[i].peer, &asked) ==
				      asks[i].ours,
			      "%s", asks[i].path);
		ck_assert_msg(asked.response.status == asks[i].status, "%s %s: %d", asks[i].path,
			      asks[i].peer, asked.response.status);
		buf_done(&asked.response.body);
	}
	site_done(&site);
}
END_TEST

START_TEST(metrics_are_printed_with_their_values)
{
	struct asked asked;
	struct site site;

	site_init(&site);
	metric_add(METRIC_requests_http2_total, 41);
	metric_add(METRIC_requests_http2_total, 1);
	ck_assert(ask(&site, "GET", "/metrics", LOCAL, &asked));
	ck_assert_ptr_nonnull(strstr(buf_text(&asked.response.body),
				     "# TYPE slipway_gateway_requests_http2_total counter\n"
				     "slipway_gateway_requests_http2_total 42\n"));
	buf_done(&asked.response.body);
	site_done(&site);
}
END_TEST

START_TEST(what_the_provisioner_counts_is_printed_behind_our_own)
{
	static const char text[] = "# TYPE x_seconds histogram\nx_seconds_count 3\n";
	struct asked asked;
	struct site site;
	const char *body;

	site_init(&site);
	suite_write(site.metrics, text);
	ck_assert(ask(&site, "GET", "/metrics", LOCAL, &asked));
	body = buf_text(&asked.response.body);
	ck_assert_ptr_nonnull(strstr(body, "slipway_gateway_info"));
	ck_assert_str_eq(body + strlen(body) - strlen(text), text);
	buf_done(&asked.response.body);
	site_done(&site);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		health_tells_of_store_and_provisioner,
		pages_are_for_whom_they_are_meant,
		metrics_are_printed_with_their_values,
		what_the_provisioner_counts_is_printed_behind_our_own,
	};

	return suite_run("gateway/pages", tests, ARRAY_LEN(tests));
}
